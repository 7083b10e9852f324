import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import { type Committed, commitTo } from '#src/engines/audit/commitment.ts';
import type { CallPredicate } from '#src/engines/audit/statement.ts';
import { identify } from './admit.ts';
import { call } from './call.ts';
import type { Answer, JobTaken } from './call-answer.ts';
import { commitToFile } from './commitment.ts';
import { unpackInput } from './keeping.ts';
import type { Platform } from './platform.ts';
import { payloadOf } from './receipt-payload.ts';
import { visibleReceipt } from './receipts.ts';
import { type DecisionReplay, replayDecisions } from './replay-decisions.ts';
import { replayedStream } from './replay-stream.ts';
import { removeFiles } from './scratch.ts';

const NOTHING = new Uint8Array();
const BETWEEN =
  'The script told how far it was. Where that was sent between the items, as it is among events, the same bytes do not come twice.';

/** What running a call again showed. */
export interface Replay {
  /** The receipt that was replayed. */
  of: string;
  /** The call that the replay is; its receipt names the other as its predecessor. */
  call: string;
  receipt: string;
  /** Whether the replay came to the same bytes: its output, committed to under the first one's salt, gives the commitment that was signed. */
  sameOutput: boolean;
  /** Why other bytes say little. */
  note?: string;
  outcome: { before: string; now: string };
  /** Limits that today's policy does not grant as they were, by name. */
  limits: Record<string, { before: number; now: number }>;
  decisions: readonly DecisionReplay[];
}

/**
 * Runs a call again: the same version, on the input that was kept, within the same limits; and takes its policy decisions
 * again by the bundles that its receipt names. The replay is itself a call of the caller's: authorised, charged, logged.
 *
 * @throws CrankError `not-found` where nothing was kept, it was erased, or the version is gone; `invalid-input` for what is no call
 */
export const replayReceipt = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
  signal: AbortSignal,
): Promise<Replay> => {
  const principal = await identify(platform, authorization);
  const row = await visibleReceipt(platform, principal, id);
  const payload = payloadOf(row.envelope);
  if (row.kind !== 'call' || !('call' in payload.predicate)) {
    throw new CrankError('invalid-input', `${id} is the receipt of no call: only what ran can be run again.`);
  }
  const then = payload.predicate;
  if (then.parent !== undefined || then.calls !== undefined) {
    throw new CrankError(
      'invalid-input',
      `${id} is one of several calls that belong together, ${then.parent === undefined ? `with ${then.calls!.length} that it asked for` : `asked for by ${then.parent}`}: what they did in each other's company cannot be replayed alone.`,
    );
  }
  const wasKept = then.decisions.some(({ obligations }) => obligations.some((one) => one.startsWith('retain:input')));
  const packed = await keptInput(platform, id, wasKept);
  const { input, value, files } = unpackInput(packed);
  const key = (await platform.subjects.keyOf(row))!;
  const salt = key.salts(id).subject;
  const signed = `sha256:${payload.subject[0]!.digest.sha256}`;
  const stream = replayedStream(salt);
  let progress = false;
  const taken: string[] = [];
  try {
    const again = await call(platform, {
      authorization,
      account: then.account,
      service: then.service,
      version: then.version,
      operation: then.operation,
      ...(row.subject !== null && { subject: key }),
      replays: { id, limits: then.limits },
      signal,
      read: async () => ({
        input,
        value,
        files: await Promise.all(
          files.map(async ({ bytes, ...file }) => {
            const path = join(platform.scratch, newId('in'));
            taken.push(path);
            await writeFile(path, bytes, { mode: 0o600 });
            return { ...file, path };
          }),
        ),
        fingerprint: () => '',
      }),
      open: () => stream.sink,
      onProgress: () => {
        progress = true;
      },
    });
    const { answer } = again;
    const sameOutput =
      answer.type === 'stream' ? stream.gives(signed) : (await commitmentOf(answer, salt)).commitment === signed;
    if (answer.type === 'file') await removeFiles([answer.path]);
    const made = payloadOf((await visibleReceipt(platform, principal, again.id)).envelope).predicate as CallPredicate;
    const names = Object.keys(then.limits) as (keyof CallPredicate['limits'])[];
    return {
      of: id,
      call: again.id,
      receipt: `/v1/receipts/${again.id}`,
      sameOutput,
      ...(answer.type === 'stream' && !sameOutput && progress ? { note: BETWEEN } : {}),
      outcome: { before: then.outcome, now: made.outcome },
      limits: Object.fromEntries(
        names
          .filter((name) => made.limits[name] !== then.limits[name])
          .map((name) => [name, { before: then.limits[name], now: made.limits[name] }]),
      ),
      decisions: await replayDecisions(platform, then, value),
    };
  } finally {
    await removeFiles(taken);
  }
};

const commitmentOf = async (answer: Answer | JobTaken, salt: Buffer): Promise<Committed> => {
  if (answer.type === 'file') return commitToFile(answer.path, salt);
  return commitTo(answer.type === 'json' ? answer.json : answer.type === 'error' ? answer.problem : NOTHING, salt);
};

/** @throws CrankError `not-found` with the reason */
const keptInput = async (platform: Platform, id: string, wasKept: boolean): Promise<Buffer> => {
  const row = await platform.store.db
    .selectFrom('kept')
    .selectAll()
    .where('call', '=', id)
    .where('part', '=', 'input')
    .executeTakeFirst();
  const key = row && (await platform.subjects.byId(row.subject));
  const bytes = key?.open(row!.sealed, `${id} input`);
  if (bytes !== undefined) return bytes;
  throw new CrankError(
    'not-found',
    !wasKept
      ? `The input of ${id} was not kept, so it cannot be replayed. By default no input is kept: a policy with crank.retention.keep says which are, and for how long.`
      : `The input of ${id} was kept, but it was erased since, or its time is over.`,
  );
};
