import { sha256 } from '#src/core/digest.ts';
import { checkpointNote, checkpointText, signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import { encodeStatement, envelopeOf } from '#src/engines/audit/dsse.ts';
import type { Signer } from '#src/engines/audit/keys.ts';
import { extend, type Frontier, serialiseFrontier } from '#src/engines/audit/merkle.ts';
import { type SignedReceipt, signReceipt } from '#src/engines/audit/receipt-statement.ts';
import type { RemoteSigner } from '#src/engines/audit/remote-signer.ts';
import type { CommitGroup } from '#src/store/committer.ts';
import type { RecordEntry } from './record-entry.ts';

/** A group's one transaction, and the log's edge once that is committed. */
export interface SealedGroup {
  rows: CommitGroup;
  after: Frontier;
}

/** Signs a group of entries and makes the rows of its transaction. */
export const sealGroup = (signer: Signer, before: Frontier, group: readonly RecordEntry[]): SealedGroup => {
  const signed = group.map(({ statement }) => signReceipt(signer, statement));
  const after = extend(
    before,
    signed.map(({ entry }) => entry),
  );
  return { rows: rowsOf(signer.name, before, after, signCheckpoint(signer, after), group, signed), after };
};

/**
 * The same where the key is elsewhere: one round trip for all statements, and one for the head, which depends on them.
 *
 * @throws SignerGone
 */
export const sealGroupRemotely = async (
  signer: RemoteSigner,
  before: Frontier,
  group: readonly RecordEntry[],
): Promise<SealedGroup> => {
  const encoded = group.map(({ statement }) => encodeStatement(statement));
  const signatures = await signer.signAll(encoded);
  const signed = group.map(({ statement }, at): SignedReceipt => {
    const envelope = envelopeOf(signer, statement, encoded[at]!, signatures[at]!);
    return { envelope, entry: sha256(envelope) };
  });
  const after = extend(
    before,
    signed.map(({ entry }) => entry),
  );
  const text = checkpointText(signer, after);
  const [signature] = await signer.signAll([Buffer.from(text)]);
  return { rows: rowsOf(signer.name, before, after, checkpointNote(signer, text, signature!), group, signed), after };
};

const rowsOf = (
  log: string,
  before: Frontier,
  after: Frontier,
  checkpoint: string,
  group: readonly RecordEntry[],
  signed: readonly SignedReceipt[],
): CommitGroup => {
  const rows: CommitGroup = {
    calls: [],
    usage: [],
    charges: [],
    egress: [],
    kept: [],
    idempotency: [],
    queries: [],
    receipts: [],
    log_entries: [],
    log: { id: log, size: after.size, frontier: serialiseFrontier(after), checkpoint },
    previousSize: before.size,
  };
  const created_at = Date.now();
  group.forEach((entry, at) => {
    const idx = before.size + at;
    const { envelope, entry: leaf } = signed[at]!;
    rows.log_entries.push({ log, idx, entry: leaf });
    rows.receipts.push({
      id: entry.id,
      account: entry.account,
      principal: entry.principal,
      kind: entry.kind,
      envelope,
      openings: entry.openings === undefined ? null : JSON.stringify(entry.openings),
      subject: entry.subject ?? null,
      log,
      idx,
      created_at,
    });
    if (entry.rows !== undefined) {
      rows.calls.push(entry.rows.call);
      rows.usage.push(entry.rows.usage);
      rows.charges.push(...entry.rows.charges);
      rows.egress.push(...entry.rows.egress);
      if (entry.rows.kept !== undefined) rows.kept.push(...entry.rows.kept);
      if (entry.rows.idempotency !== undefined) rows.idempotency.push(entry.rows.idempotency);
    }
    if (entry.queries !== undefined) rows.queries.push(...entry.queries);
  });
  return rows;
};
