import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { loadSigner, type Signer } from '#src/engines/audit/keys.ts';
import type { KeyLocation } from '#src/engines/audit/log-key.ts';
import { emptyFrontier, type Frontier, restoreFrontier, serialiseFrontier } from '#src/engines/audit/merkle.ts';
import { openRemoteSigner, type RemoteSigner, SignerGone } from '#src/engines/audit/remote-signer.ts';
import { openCommitter } from '#src/store/committer.ts';
import { LogConflict } from '#src/store/log-conflict.ts';
import { isStorageFault } from '#src/store/storage-fault.ts';
import type { StoreLocation } from '#src/store/store.ts';
import { sealGroup, sealGroupRemotely } from './log-writer.ts';
import type { RecordEntry } from './record-entry.ts';
import type { FromRecorder, ToRecorder } from './recorder.ts';

/** Entries of one transaction at most: bounds what one commit holds in memory and how long it takes. */
const GROUP = 512;
/** Groups of so many entries are added to usage in their own commit; what smaller ones leave is derived from the rows later. */
const LARGE = 16;
/** Entries that are added to usage at one time, once there are so many: a commit waits for that for milliseconds at most, and pages are written once for all of them. */
const SUM = 250;

interface Waiting {
  entry: RecordEntry;
  seq: number;
}

const port = parentPort!;
const options = workerData as { store: StoreLocation; key: KeyLocation; origin: string };
const openSigner = async (): Promise<Signer | RemoteSigner> =>
  options.key.socket === undefined
    ? loadSigner(options.key.folder, options.origin)
    : openRemoteSigner(options.key.socket, options.origin);
let signer = await openSigner();
const committer = await openCommitter(options.store);
/** Loaded when it is first needed: the query builder is half of what a node starts with. */
const openSums = async () => {
  const [{ openStore }, { sumLog }] = await Promise.all([
    import('#src/store/store.ts'),
    import('#src/store/sum-usage.ts'),
  ]);
  return { sumLog, store: await openStore(options.store, { migrate: false }) };
};
let sums: Awaited<ReturnType<typeof openSums>> | undefined;
const stored = await committer.readLog(signer.name);
let frontier: Frontier = stored === undefined ? emptyFrontier : restoreFrontier(stored.frontier);

const waiting: Waiting[] = [];
let working = false;
let closing = false;
let rekey = false;
/** Size of the log up to which calls are in usage, as far as this thread knows; what the near writer committed it does not count. */
let summed = 0;
let behind = false;

const send = (message: FromRecorder): void => port.postMessage(message);

const fail = (group: readonly Waiting[], error: unknown): void => {
  const message = error instanceof Error ? error.message : String(error);
  const away = error instanceof SignerGone ? 'signer' : isStorageFault(error) ? 'storage' : undefined;
  send({ failed: group.map(({ seq }) => seq), message, away });
};

/** Tells when the signing process is back: until then the node refuses what it could not record. */
const awaitSigner = (): void => {
  if (!('back' in signer)) return;
  signer.back().then(
    () => send({ back: true }),
    // It is there and refuses: the next commit says why.
    () => send({ back: true }),
  );
};

const commitGroup = async (group: readonly Waiting[]): Promise<void> => {
  const first = frontier.size;
  const entries = group.map(({ entry }) => entry);
  try {
    const sealed =
      'sign' in signer ? sealGroup(signer, frontier, entries) : await sealGroupRemotely(signer, frontier, entries);
    const isLarge = group.length >= LARGE;
    if (isLarge) {
      sealed.rows.sums = true;
      if (summed < first && first - summed <= SUM) await sumNext();
    }
    const committed = committer.commit(sealed.rows);
    const isSummed = typeof committed === 'boolean' ? committed : await committed;
    frontier = sealed.after;
    if (isSummed) summed = frontier.size;
    else if (isLarge) behind = true;
    send({ committed: group.map(({ seq }) => seq), first, edge: sealed.rows.log.frontier });
  } catch (error) {
    // A log that grew behind our back cannot be extended: the thread ends, and with it the node.
    if (error instanceof LogConflict) throw error;
    if (error instanceof SignerGone) {
      fail([...group, ...waiting.splice(0)], error);
      awaitSigner();
    } else if (group.length === 1 || isStorageFault(error)) fail(group, error);
    // One bad entry must not take the others of its group with it.
    else for (const one of group) await commitGroup([one]);
  }
};

/** Adds the next calls to usage. */
const sumNext = async (): Promise<void> => {
  try {
    sums ??= await openSums();
    const left = await sums.sumLog(sums.store, signer.name, SUM);
    summed = frontier.size - left;
  } catch (error) {
    // Reports do it themselves, or say why they cannot.
    summed = frontier.size;
    send({ unsummed: error instanceof Error ? error.message : String(error) });
  }
};

/** Adds calls to usage where enough have come together; all that is left over from before, while nothing is to be committed. */
const sumDue = async (): Promise<void> => {
  while (!closing && (behind || frontier.size - summed >= SUM)) {
    behind = false;
    await sumNext();
    await turn();
    if (waiting.length > 0) return;
  }
};

const work = async (): Promise<void> => {
  if (working) return;
  working = true;
  if (rekey) {
    // Sent only while nothing waits: no group is signed by two keys.
    rekey = false;
    if ('close' in signer) signer.close();
    signer = await openSigner();
    send({ rekeyed: signer.vkey });
  }
  while (waiting.length > 0) {
    await commitGroup(waiting.splice(0, GROUP));
    await sumDue();
  }
  await sumDue();
  working = false;
  if (waiting.length > 0) return work();
  if (closing) {
    await committer.close();
    await sums?.store.close();
    if ('close' in signer) signer.close();
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
    behind = true;
    return;
  }
  if ('rekey' in message) {
    rekey = true;
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
