import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { signCheckpoint } from '#src/engines/audit/checkpoint.ts';
import { loadSigner } from '#src/engines/audit/keys.ts';
import { emptyFrontier, extend, type Frontier, restoreFrontier, serialiseFrontier } from '#src/engines/audit/merkle.ts';
import { signReceipt } from '#src/engines/audit/receipt-statement.ts';
import { type CommitGroup, commit, LogConflict } from '#src/store/commit.ts';
import { readLog } from '#src/store/log-store.ts';
import { openStore, type StoreLocation } from '#src/store/store.ts';
import type { RecordEntry } from './record-entry.ts';
import type { FromRecorder, ToRecorder } from './recorder.ts';

/** Entries of one transaction at most: bounds what one commit holds in memory and how long it takes. */
const GROUP = 512;

interface Waiting {
  entry: RecordEntry;
  seq: number;
}

const port = parentPort!;
const options = workerData as { store: StoreLocation; keys: string; origin: string };
const signer = loadSigner(options.keys, options.origin);
const store = await openStore(options.store, { migrate: false });
const stored = await readLog(store.db, signer.name);
let frontier: Frontier = stored === undefined ? emptyFrontier : restoreFrontier(stored.frontier);

const waiting: Waiting[] = [];
let working = false;
let closing = false;

const send = (message: FromRecorder): void => port.postMessage(message);

/** Signs a group and makes the rows of its one transaction. The frontier moves only once that is committed. */
const build = (group: readonly Waiting[]): { rows: CommitGroup; after: Frontier } => {
  const signed = group.map(({ entry }) => signReceipt(signer, entry));
  const after = extend(
    frontier,
    signed.map(({ entry }) => entry),
  );
  const log = signer.name;
  const rows: CommitGroup = {
    calls: [],
    usage: [],
    charges: [],
    idempotency: [],
    queries: [],
    receipts: [],
    entries: [],
    log: { id: log, size: after.size, frontier: serialiseFrontier(after), checkpoint: signCheckpoint(signer, after) },
    previousSize: frontier.size,
  };
  group.forEach(({ entry }, at) => {
    const idx = frontier.size + at;
    const { envelope, entry: leaf } = signed[at]!;
    rows.entries.push({ log, idx, entry: leaf });
    rows.receipts.push({
      id: entry.id,
      account: entry.account,
      principal: entry.principal,
      kind: entry.kind,
      envelope,
      openings: JSON.stringify(entry.openings),
      log,
      idx,
      created_at: Date.now(),
    });
    if (entry.rows !== undefined) {
      rows.calls.push(entry.rows.call);
      rows.usage.push(entry.rows.usage);
      rows.charges.push(...entry.rows.charges);
      if (entry.rows.idempotency !== undefined) rows.idempotency.push(entry.rows.idempotency);
    }
    if (entry.queries !== undefined) rows.queries.push(...entry.queries);
  });
  return { rows, after };
};

const commitGroup = async (group: readonly Waiting[]): Promise<void> => {
  const first = frontier.size;
  try {
    const { rows, after } = build(group);
    await commit(store.db, rows);
    frontier = after;
    send({ committed: group.map(({ seq }, at) => ({ seq, index: first + at })), size: after.size });
  } catch (error) {
    // A log that grew behind our back cannot be extended: the thread ends, and with it the node.
    if (error instanceof LogConflict) throw error;
    // One bad entry must not take the others of its group with it.
    if (group.length > 1) for (const one of group) await commitGroup([one]);
    else send({ failed: [{ seq: group[0]!.seq }], message: error instanceof Error ? error.message : String(error) });
  }
};

const work = async (): Promise<void> => {
  if (working) return;
  working = true;
  while (waiting.length > 0) await commitGroup(waiting.splice(0, GROUP));
  working = false;
  if (closing) {
    await store.close();
    port.close();
  }
};

const take = (message: ToRecorder): void => {
  if ('close' in message) closing = true;
  else waiting.push(...message.entries);
};

port.on('message', (message: ToRecorder) => {
  take(message);
  // What has arrived by now goes into the same group.
  for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
    take(more.message as ToRecorder);
  }
  void work();
});
send({ ready: true });
