import type { CompiledQuery } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import type { Principal } from '#src/core/service.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

export interface Erasure {
  /** Id of the key that was destroyed: what the log calls the subject. */
  subject: string;
  calls: number;
  /** Inputs and outputs that had been kept. */
  kept: number;
  receipt: string;
}

/**
 * Erases what this node holds about a subject of the caller's account: destroys its key, and with it the salts of its
 * receipts and all that was kept of its calls. Receipts and their proofs stay and verify. The log says that it was done,
 * without the subject's name.
 *
 * @param name as calls named it (`Crank-Subject`), or the id of a principal whose calls named nobody
 * @throws CrankError `not-found` where this node has no key for it
 */
export const eraseSubject = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<Erasure> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'subject.erase', { type: 'subject', account });
  const erased = await platform.subjects.erase(account, name, (id, query) =>
    record(platform, principal, name, id, query),
  );
  if (erased !== undefined) return erased;
  throw new CrankError(
    'not-found',
    `This node keeps nothing about "${name.slice(0, 80)}" in the account ${account}: it was erased before, or no call named it. Every node has keys of its own.`,
  );
};

/** Writes the erasure down, with all that goes in the same commit. */
const record = async (
  platform: Platform,
  principal: Principal,
  name: string,
  id: string,
  query: CompiledQuery,
): Promise<Erasure> => {
  const { account } = principal;
  const { db } = platform.store;
  const named = db.selectFrom('receipts').select('id').where('subject', '=', id);
  const ofPrincipal = db
    .selectFrom('calls')
    .innerJoin('receipts', 'receipts.id', 'calls.id')
    .select('calls.id')
    .where('calls.account', '=', account)
    .where('calls.principal', '=', name)
    .where('receipts.subject', 'is', null);
  const count = async (ids: typeof named | typeof ofPrincipal): Promise<number> => {
    const { n } = await db
      .selectFrom('calls')
      .select((e) => e.fn.countAll().as('n'))
      .where('id', 'in', ids)
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  const calls = (await count(named)) + (await count(ofPrincipal));
  const { kept } = await db
    .selectFrom('kept')
    .select((e) => e.fn.countAll().as('kept'))
    .where('subject', '=', id)
    .executeTakeFirstOrThrow();
  const queries = [
    query,
    db.deleteFrom('kept').where('subject', '=', id).compile(),
    ...[named, ofPrincipal].flatMap((ids) => [
      db.updateTable('calls').set({ stdout: '', stderr: '', problem: null }).where('id', 'in', ids).compile(),
      db.deleteFrom('idempotency').where('call', 'in', ids).compile(),
    ]),
    // Receipts from before salts were derived have them stored.
    db
      .updateTable('receipts')
      .set({ openings: null })
      .where('account', '=', account)
      .where('principal', '=', name)
      .where('subject', 'is', null)
      .where('kind', '!=', 'act')
      .where('openings', 'is not', null)
      .compile(),
  ];
  const object = { subject: id, calls, kept: Number(kept) };
  const receipt = await act(platform, principal, 'subject.erase', object, queries);
  return { ...object, receipt };
};
