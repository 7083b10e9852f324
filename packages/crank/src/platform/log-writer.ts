import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import type { Signer } from '#src/engines/audit/keys.ts';
import { extend, type Frontier, serialiseFrontier } from '#src/engines/audit/merkle.ts';
import { signReceipt } from '#src/engines/audit/receipt-statement.ts';
import type { CommitGroup } from '#src/store/committer.ts';
import type { RecordEntry } from './record-entry.ts';

/** Signs a group of entries and makes the rows of its one transaction. `after` is the log's edge once that is committed. */
export const sealGroup = (
  signer: Signer,
  before: Frontier,
  group: readonly RecordEntry[],
): { rows: CommitGroup; after: Frontier } => {
  const signed = group.map(({ statement }) => signReceipt(signer, statement));
  const after = extend(
    before,
    signed.map(({ entry }) => entry),
  );
  const log = signer.name;
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
    log: { id: log, size: after.size, frontier: serialiseFrontier(after), checkpoint: signCheckpoint(signer, after) },
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
  return { rows, after };
};
