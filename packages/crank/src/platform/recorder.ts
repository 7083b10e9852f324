import { Worker } from 'node:worker_threads';
import { CrankError } from '#src/core/error.ts';
import type { StoreLocation } from '#src/store/store.ts';
import type { Committed, RecordEntry } from './record-entry.ts';

export interface RecorderOptions {
  store: StoreLocation;
  /** Folder with the node's signing key. */
  keys: string;
  /** Origin of the log: the name in checkpoints and verifier key. */
  origin: string;
  /** Called with the log's size after each commit. */
  onGrown?: (size: number) => void;
  /** Called where the recorder ends by itself: nothing can be recorded any more. */
  onFailed: (error: Error) => void;
}

export type ToRecorder = { entries: { entry: RecordEntry; seq: number }[] } | { close: true };
export type FromRecorder =
  | { ready: true }
  | { committed: { seq: number; index: number }[]; size: number }
  | { failed: { seq: number }[]; message: string };

/**
 * The node's one writer of receipts, in a thread of its own: signing and the database's fsync never hold up the gateway.
 * What arrives while a commit is under way goes into the next one together; an idle recorder commits at once.
 */
export class Recorder {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (at: Committed) => void; reject: (error: Error) => void }>();
  #seq = 0;
  #outbox: { entry: RecordEntry; seq: number }[] = [];
  #dead: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** @throws Error where the worker cannot open the store, the keys or the log */
  static start(options: RecorderOptions): Promise<Recorder> {
    const worker = new Worker(new URL('./recorder-worker.ts', import.meta.url), {
      workerData: { store: options.store, keys: options.keys, origin: options.origin },
      name: 'recorder',
    });
    const recorder = new Recorder(worker);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromRecorder) => {
        if ('ready' in message) resolve(recorder);
        else if ('committed' in message) {
          for (const { seq, index } of message.committed) recorder.#settle(seq)?.resolve({ index, size: message.size });
          options.onGrown?.(message.size);
        } else {
          for (const { seq } of message.failed) {
            recorder
              .#settle(seq)
              ?.reject(
                new CrankError(
                  'internal',
                  `The receipt could not be stored, so nothing was charged: ${message.message}`,
                ),
              );
          }
        }
      });
      const fail = (error: Error): void => {
        recorder.#dead = error;
        for (const seq of [...recorder.#waiting.keys()]) recorder.#settle(seq)?.reject(recorder.#unavailable());
        reject(error);
        options.onFailed(error);
      };
      worker.on('error', fail);
      worker.on('exit', (code) => {
        if (code !== 0 && recorder.#dead === undefined) fail(new Error(`the recorder ended with code ${code}`));
      });
    });
  }

  /**
   * Resolves once the receipt, its rows and a signed checkpoint over it are durable.
   *
   * @throws CrankError `internal` where the commit failed (nothing was written), `unavailable` where the recorder is gone
   */
  commit(entry: RecordEntry): Promise<Committed> {
    if (this.#dead !== undefined) return Promise.reject(this.#unavailable());
    const seq = this.#seq++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { resolve, reject });
      // One message for all that is ready in this turn of the loop: waking the thread costs more than what is sent.
      if (this.#outbox.push({ entry, seq }) === 1) setImmediate(() => this.#send());
    });
  }

  /** Commits what is waiting, then ends the thread. */
  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    this.#send();
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.postMessage({ close: true } satisfies ToRecorder);
    await ended;
    this.#dead = new Error('the node is stopping');
  }

  #send(): void {
    if (this.#outbox.length === 0) return;
    this.#worker.postMessage({ entries: this.#outbox } satisfies ToRecorder);
    this.#outbox = [];
  }

  #settle(seq: number) {
    const waiting = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    return waiting;
  }

  #unavailable(): CrankError {
    return new CrankError('unavailable', `No receipt can be recorded: ${this.#dead?.message}. Restart the node.`, {
      retryAfter: 5,
    });
  }
}
