import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { loadSigner } from '#src/engines/audit/keys.ts';
import { emptyFrontier, type Frontier, restoreFrontier, serialiseFrontier } from '#src/engines/audit/merkle.ts';
import { openCommitter } from '#src/store/committer.ts';
import { LogConflict } from '#src/store/log-conflict.ts';
import type { StoreLocation } from '#src/store/store.ts';
import { sealGroup } from './log-writer.ts';
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
const committer = openCommitter(options.store);
const stored = await committer.readLog(signer.name);
let frontier: Frontier = stored === undefined ? emptyFrontier : restoreFrontier(stored.frontier);

const waiting: Waiting[] = [];
let working = false;
let closing = false;

const send = (message: FromRecorder): void => port.postMessage(message);

const commitGroup = async (group: readonly Waiting[]): Promise<void> => {
  const first = frontier.size;
  try {
    const { rows, after } = sealGroup(
      signer,
      frontier,
      group.map(({ entry }) => entry),
    );
    const committed = committer.commit(rows);
    if (committed !== undefined) await committed;
    frontier = after;
    send({ committed: group.map(({ seq }) => seq), first, edge: rows.log.frontier });
  } catch (error) {
    // A log that grew behind our back cannot be extended: the thread ends, and with it the node.
    if (error instanceof LogConflict) throw error;
    // One bad entry must not take the others of its group with it.
    if (group.length > 1) for (const one of group) await commitGroup([one]);
    else send({ failed: group[0]!.seq, message: error instanceof Error ? error.message : String(error) });
  }
};

const work = async (): Promise<void> => {
  if (working) return;
  working = true;
  while (waiting.length > 0) await commitGroup(waiting.splice(0, GROUP));
  working = false;
  if (closing) {
    await committer.close();
    port.close();
  }
};

const take = (message: ToRecorder): void => {
  if ('close' in message) {
    closing = true;
    return;
  }
  if ('tidy' in message) {
    committer.tidy?.();
    return;
  }
  // The near writer has been at work since; it and we never are at the same time.
  if (message.edge !== undefined) frontier = restoreFrontier(message.edge);
  waiting.push(...message.entries);
};

port.on('message', (message: ToRecorder) => {
  take(message);
  // What has arrived by now goes into the same group.
  for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
    take(more.message as ToRecorder);
  }
  void work();
});
send({ ready: serialiseFrontier(frontier) });
