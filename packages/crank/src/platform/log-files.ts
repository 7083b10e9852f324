import { parseTilePath, tilePath } from 'crank-verify';
import type { Logger } from 'pino';
import type { LeafSource } from '#src/engines/audit/leaf-source.ts';
import type { TileFiles } from '#src/engines/audit/tile-files.ts';
import { sourceReader, type TileReader } from '#src/engines/audit/tile-reader.ts';
import { openTiles, type Tiles } from '#src/engines/audit/tiles.ts';
import { readEntries, readLog } from '#src/store/log-store.ts';
import type { Store } from '#src/store/store.ts';

/** The files follow the database within this time, milliseconds; under load one update serves more commits. */
const FOLLOW_MS = 200;
const FOLLOW_LOAD_MS = 1_000;
/** Entries in one update that mean load. */
const LOAD = 100;

/** The log as its readers see it: tiles and checkpoint as files, derived from the database and following it closely. */
export class LogFiles {
  /** Verifier key in use. */
  vkey: string;
  readonly #origin: string;
  readonly #store: Store;
  readonly #tiles: Tiles;
  readonly #log: Pick<Logger, 'error'>;
  #timer: NodeJS.Timeout | undefined;
  #following: Promise<void> = Promise.resolve();
  readonly #followMs: number;
  #pause: number;
  /** Size of the log as committed. */
  size: number;

  private constructor(options: {
    vkey: string;
    origin: string;
    store: Store;
    tiles: Tiles;
    log: Pick<Logger, 'error'>;
    size: number;
    followMs?: number;
  }) {
    this.vkey = options.vkey;
    this.#followMs = options.followMs ?? FOLLOW_MS;
    this.#pause = this.#followMs;
    this.#origin = options.origin;
    this.#store = options.store;
    this.#tiles = options.tiles;
    this.#log = options.log;
    this.size = options.size;
  }

  /** Brings the files up to what is committed. @throws LogForked, see `openTiles` */
  static async open(options: {
    vkey: string;
    origin: string;
    files: TileFiles;
    store: Store;
    log: Pick<Logger, 'error'>;
    /** Milliseconds within which the files follow the database; 200 where absent. */
    followMs?: number;
  }): Promise<LogFiles> {
    const stored = await readLog(options.store.db, options.origin);
    const tiles = await openTiles(options.files, entriesOf(options.store, options.origin), stored?.checkpoint);
    return new LogFiles({ ...options, tiles, size: stored?.size ?? 0 });
  }

  /** Told of every commit. */
  grown(size: number): void {
    this.size = size;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#following = this.#follow();
    }, this.#pause);
  }

  /** Hashes for proofs; of another node's log on the same database straight from its entries. */
  hashes(origin: string): { read: TileReader; source: LeafSource } {
    if (origin === this.#origin) return this.#tiles;
    const source = entriesOf(this.#store, origin);
    return { read: sourceReader(source), source };
  }

  /** A file of the log by its path (`checkpoint`, `tile/...`), or undefined where there is none. */
  async read(path: string): Promise<Buffer | undefined> {
    if (path !== 'checkpoint') {
      const id = parseTilePath(path);
      if (id === undefined || tilePath(id) !== path) return undefined;
      const bytes = await this.#tiles.files.read(id);
      return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const text = await this.#tiles.files.readCheckpoint();
    return text === undefined ? undefined : Buffer.from(text);
  }

  /** Keeps the receipts of hand-overs beside the log, for those who verify. */
  async writeHandovers(text: string): Promise<void> {
    await this.#tiles.files.writeHandovers(text);
  }

  /** Brings the files up to what is committed, and stops following. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#following;
    await this.#follow();
  }

  async #follow(): Promise<void> {
    try {
      const stored = await readLog(this.#store.db, this.#origin);
      if (stored === undefined) return;
      this.#pause = stored.size - this.#tiles.size > LOAD ? Math.max(this.#followMs, FOLLOW_LOAD_MS) : this.#followMs;
      await this.#tiles.update(stored.checkpoint);
    } catch (error) {
      // The database holds the truth, and the next commit tries again.
      this.#log.error({ err: error }, 'the files of the log could not be brought up to date');
    }
  }
}

const entriesOf = (store: Store, origin: string): LeafSource => ({
  read: (from, to) => readEntries(store.db, origin, from, to),
});
