import { Worker } from 'node:worker_threads';
import { CrankError } from '#src/core/error.ts';
import { loadSigner } from '#src/engines/audit/keys.ts';
import { LogConflict } from '#src/store/log-conflict.ts';
import type { StoreLocation } from '#src/store/store.ts';
import { type NearWriter, openNearWriter } from './near-writer.ts';
import type { Committed, RecordEntry } from './record-entry.ts';

export interface RecorderOptions {
  store: StoreLocation;
  /** Folder with the node's signing key. */
  keys: string;
  /** Origin of the log: the name in checkpoints and verifier key. */
  origin: string;
  /** Whether nobody waits for the gateway's thread but who commits, so that it may commit by itself. */
  alone?: () => boolean;
  /** Whether so many calls run that the machine's processors are busy and more entries will follow within milliseconds. */
  crowded?: () => boolean;
  /** Called with the log's size after each commit. */
  onGrown?: (size: number) => void;
  /** Called where the recorder ends by itself: nothing can be recorded any more. */
  onFailed: (error: Error) => void;
}

/** Milliseconds for which entries wait for company while the processors are busy anyway. */
const HOLD = 8;
/** A group of so many is not worth waiting any longer. */
const FULL = 32;

/** `edge`: the log's serialised right edge, where it moved since the recorder's thread last had it. */
export type ToRecorder =
  | { entries: { entry: RecordEntry; seq: number }[]; edge: Uint8Array | undefined }
  | { tidy: true }
  | { close: true };
export type FromRecorder =
  | { ready: Uint8Array }
  | { committed: number[]; first: number; edge: Uint8Array }
  | { failed: number; message: string };

/**
 * The node's one writer of receipts: a thread of its own, where signing and the database's fsync hold up nobody. What
 * arrives while a commit is under way goes into the next one together; an idle recorder commits at once, unless the
 * processors are busy with calls: a commit costs a group little more than one entry, and what it costs they would lack,
 * so entries then wait a moment for others. A lone entry, with nothing in that thread's hands and nobody else waiting, is committed in the gateway's thread, which saves two
 * hand-overs. Of the two only one ever has work, and it is handed the log's edge with it.
 */
export class Recorder {
  readonly #worker: Worker;
  readonly #near: NearWriter | undefined;
  readonly #alone: () => boolean;
  readonly #crowded: () => boolean;
  readonly #onGrown: (size: number) => void;
  readonly #onFailed: (error: Error) => void;
  /** With the worker, or about to be. */
  readonly #waiting = new Map<number, { resolve: (at: Committed) => void; reject: (error: Error) => void }>();
  #seq = 0;
  #outbox: { entry: RecordEntry; seq: number }[] = [];
  #hold: NodeJS.Timeout | undefined;
  #sending = false;
  #edge: Uint8Array = new Uint8Array();
  /** The worker's edge is an older one. */
  #moved = false;
  #dead: Error | undefined;

  private constructor(worker: Worker, near: NearWriter | undefined, options: RecorderOptions) {
    this.#worker = worker;
    this.#near = near;
    this.#alone = options.alone ?? (() => false);
    this.#crowded = options.crowded ?? (() => false);
    this.#onGrown = options.onGrown ?? (() => undefined);
    this.#onFailed = options.onFailed;
  }

  /** @throws Error where the store, the keys or the log cannot be opened */
  static start(options: RecorderOptions): Promise<Recorder> {
    const { store, keys, origin } = options;
    const worker = new Worker(new URL('./recorder-worker.ts', import.meta.url), {
      workerData: { store, keys, origin },
      name: 'recorder',
    });
    const near = 'sqlite' in store ? openNearWriter(store.sqlite, loadSigner(keys, origin)) : undefined;
    const recorder = new Recorder(worker, near, options);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromRecorder) => {
        if (!('ready' in message)) return recorder.#heard(message);
        recorder.#edge = message.ready;
        resolve(recorder);
      });
      const fail = (error: Error): void => {
        reject(error);
        recorder.#fail(error);
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
    if (this.#near?.ready && this.#waiting.size === 0 && this.#alone()) {
      try {
        const at = this.#commitHere(this.#near, entry);
        if (at !== undefined) return Promise.resolve(at);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const seq = this.#seq++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { resolve, reject });
      if (this.#outbox.push({ entry, seq }) < FULL && this.#crowded())
        this.#hold ??= setTimeout(() => this.#send(), HOLD);
      else this.#sendSoon();
    });
  }

  /** Commits what is waiting, then ends the thread. */
  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    this.#send();
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.postMessage({ close: true } satisfies ToRecorder);
    await ended;
    this.#near?.close();
    this.#dead = new Error('the node is stopping');
  }

  /** @returns undefined where the database is busy, so that the other thread should wait for it */
  #commitHere(near: NearWriter, entry: RecordEntry): Committed | undefined {
    let at: ReturnType<NearWriter['commit']>;
    try {
      at = near.commit(entry, this.#edge);
    } catch (error) {
      // A log that grew behind our back cannot be extended: the node ends.
      if (!(error instanceof LogConflict)) throw notStored(error instanceof Error ? error.message : String(error));
      this.#fail(error);
      throw this.#unavailable();
    }
    if (at === undefined) return undefined;
    this.#edge = at.edge;
    this.#moved = true;
    this.#onGrown(at.size);
    if (near.untidy) this.#worker.postMessage({ tidy: true } satisfies ToRecorder);
    return at;
  }

  /** One message for all that is ready in this turn of the loop: waking the thread costs more than what is sent. */
  #sendSoon(): void {
    if (this.#sending) return;
    this.#sending = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    this.#sending = false;
    if (this.#outbox.length === 0) return;
    const edge = this.#moved ? this.#edge : undefined;
    this.#moved = false;
    this.#worker.postMessage({ entries: this.#outbox, edge } satisfies ToRecorder);
    this.#outbox = [];
  }

  #heard(message: Exclude<FromRecorder, { ready: Uint8Array }>): void {
    if ('failed' in message) {
      this.#settle(message.failed)?.reject(notStored(message.message));
      return;
    }
    const { committed, first } = message;
    const size = first + committed.length;
    this.#edge = message.edge;
    for (const [at, seq] of committed.entries()) this.#settle(seq)?.resolve({ index: first + at, size });
    this.#onGrown(size);
  }

  #settle(seq: number) {
    const waiting = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    return waiting;
  }

  #fail(error: Error): void {
    this.#dead = error;
    clearTimeout(this.#hold);
    void this.#worker.terminate();
    this.#near?.close();
    for (const seq of [...this.#waiting.keys()]) this.#settle(seq)?.reject(this.#unavailable());
    this.#onFailed(error);
  }

  #unavailable(): CrankError {
    return new CrankError('unavailable', `No receipt can be recorded: ${this.#dead?.message}. Restart the node.`, {
      retryAfter: 5,
    });
  }
}

const notStored = (why: string): CrankError =>
  new CrankError('internal', `The receipt could not be stored, so nothing was charged: ${why}`);
