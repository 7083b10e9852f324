import { Worker } from 'node:worker_threads';
import { CrankError } from '#src/core/error.ts';
import { loadSigner } from '#src/engines/audit/keys.ts';
import type { KeyLocation } from '#src/engines/audit/log-key.ts';
import { restoreFrontier } from '#src/engines/audit/merkle.ts';
import { LogConflict } from '#src/store/log-conflict.ts';
import { isStorageFault } from '#src/store/storage-fault.ts';
import type { StoreLocation } from '#src/store/store.ts';
import { type NearWriter, openNearWriter } from './near-writer.ts';
import type { Committed, RecordEntry } from './record-entry.ts';

export interface RecorderOptions {
  store: StoreLocation;
  /** Where the log's signing key is. */
  key: KeyLocation;
  /** Origin of the log: the name in checkpoints and verifier key. */
  origin: string;
  /** Whether nobody waits for the gateway's thread but who commits, so that it may commit by itself. */
  alone?: () => boolean;
  /** Whether so many calls of an account run that the processors are busy, and more of its entries will follow within milliseconds. */
  crowded?: (account: string) => boolean;
  /** Called with the log's size after each commit. */
  onGrown?: (size: number) => void;
  /** Called where the recorder ends by itself: nothing can be recorded any more. */
  onFailed: (error: Error) => void;
  /** Told why calls could not be added to usage; they are committed, and it is tried again. */
  onUnsummed?: (message: string) => void;
}

/** Milliseconds for which entries wait for company while the processors are busy anyway. */
const HOLD = 8;
/** A group of so many is not worth waiting any longer. */
const FULL = 32;
/** Milliseconds after which a disk that could not be written is tried again, with whatever comes. */
const RETRY = 1_000;

/** `edge`: the log's serialised right edge, where it moved since the recorder's thread last had it. */
export type ToRecorder =
  | { entries: { entry: RecordEntry; seq: number }[]; edge: Uint8Array | undefined }
  | { tidy: true }
  | { rekey: true }
  | { close: true };
export type FromRecorder =
  | { ready: Uint8Array }
  | { committed: number[]; first: number; edge: Uint8Array }
  | { failed: number[]; message: string; away: Away | undefined }
  /** The signing process answers again. */
  | { back: true }
  | { unsummed: string }
  /** The verifier key in use from now on. */
  | { rekeyed: string };
/** What keeps anything from being recorded, until it is mended. */
type Away = 'signer' | 'storage';

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
  readonly #crowded: (account: string) => boolean;
  readonly #onGrown: (size: number) => void;
  readonly #onFailed: (error: Error) => void;
  readonly #onUnsummed: (message: string) => void;
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
  /** Why nothing can be recorded now, and until when that is not tried (milliseconds). */
  #away: { why: string; until: number } | undefined;
  /** Others' commits wait for its end. */
  #exclusive: Promise<void> | undefined;
  /** Told when nothing waits any more. */
  #idle: (() => void) | undefined;
  #rekeyed: ((vkey: string) => void) | undefined;
  readonly #key: KeyLocation;
  readonly #origin: string;

  private constructor(worker: Worker, near: NearWriter | undefined, options: RecorderOptions) {
    this.#worker = worker;
    this.#near = near;
    this.#alone = options.alone ?? (() => false);
    this.#crowded = options.crowded ?? (() => false);
    this.#onGrown = options.onGrown ?? (() => undefined);
    this.#onFailed = options.onFailed;
    this.#onUnsummed = options.onUnsummed ?? (() => undefined);
    this.#key = options.key;
    this.#origin = options.origin;
  }

  /** @throws Error where the store, the keys or the log cannot be opened */
  static start(options: RecorderOptions): Promise<Recorder> {
    const { store, key, origin } = options;
    const worker = new Worker(new URL('./recorder-worker.ts', import.meta.url), {
      workerData: { store, key, origin },
      name: 'recorder',
    });
    // Where the key is elsewhere, signing means waiting, which is for the other thread.
    const local = 'sqlite' in store && key.socket === undefined;
    const near = local ? openNearWriter(store.sqlite, loadSigner(key.folder, origin)) : undefined;
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
   * @throws CrankError where nothing was written: `internal` where the entry could not be, `unavailable` where nothing
   * can be, because the disk, the signing process or the recorder is gone
   */
  commit(entry: RecordEntry): Promise<Committed> {
    return this.#exclusive === undefined ? this.#commit(entry) : this.#exclusive.then(() => this.commit(entry));
  }

  /** Entries that are not durable yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Why nothing can be recorded now; undefined where nothing is known to stand against it. */
  get refusal(): string | undefined {
    if (this.#dead !== undefined) return this.#dead.message;
    return this.#away !== undefined && performance.now() < this.#away.until ? this.#away.why : undefined;
  }

  /**
   * Lets nobody else commit while something is done to the log itself.
   *
   * @param run is given the size of the log, what commits, and what takes up the key that is now in its place
   */
  async exclusively<T>(
    run: (log: {
      size: number;
      commit: (entry: RecordEntry) => Promise<Committed>;
      rekey: () => Promise<string>;
    }) => Promise<T>,
  ): Promise<T> {
    while (this.#exclusive !== undefined) await this.#exclusive;
    let done: () => void = () => undefined;
    this.#exclusive = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      // What was on its way goes first.
      if (this.#waiting.size > 0)
        await new Promise<void>((resolve) => {
          this.#idle = resolve;
        });
      return await run({
        size: restoreFrontier(this.#edge).size,
        commit: (entry) => this.#commit(entry),
        rekey: () => this.#rekey(),
      });
    } finally {
      this.#exclusive = undefined;
      done();
    }
  }

  #rekey(): Promise<string> {
    if (this.#dead !== undefined) return Promise.reject(this.#unavailable());
    this.#near?.use(loadSigner(this.#key.folder, this.#origin));
    return new Promise((resolve) => {
      this.#rekeyed = resolve;
      this.#worker.postMessage({ rekey: true } satisfies ToRecorder);
    });
  }

  #commit(entry: RecordEntry): Promise<Committed> {
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
      if (this.#outbox.push({ entry, seq }) < FULL && this.#crowded(entry.account))
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
      if (error instanceof LogConflict) {
        this.#fail(error);
        throw this.#unavailable();
      }
      const why = error instanceof Error ? error.message : String(error);
      throw this.#notStored(why, isStorageFault(error) ? 'storage' : undefined);
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
      const error = this.#notStored(message.message, message.away);
      for (const seq of message.failed) this.#settle(seq)?.reject(error);
      return;
    }
    if ('back' in message) {
      this.#away = undefined;
      return;
    }
    if ('unsummed' in message) {
      this.#onUnsummed(message.unsummed);
      return;
    }
    if ('rekeyed' in message) {
      this.#rekeyed?.(message.rekeyed);
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
    if (this.#waiting.size === 0 && this.#idle !== undefined) {
      this.#idle();
      this.#idle = undefined;
    }
    return waiting;
  }

  /** Where the disk or the signer is away, what comes next is refused before it runs. */
  #notStored(why: string, away: Away | undefined): CrankError {
    if (away === undefined)
      return new CrankError('internal', `The receipt could not be stored, so nothing was charged: ${why}`);
    this.#away = { why, until: away === 'signer' ? Number.POSITIVE_INFINITY : performance.now() + RETRY };
    return new CrankError('unavailable', `No receipt can be stored, so nothing is answered or charged: ${why}`, {
      retryAfter: 1,
    });
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
