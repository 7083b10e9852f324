import type { Signer } from '#src/engines/audit/keys.ts';
import { restoreFrontier } from '#src/engines/audit/merkle.ts';
import { isBusy, openSqliteCommitter } from '#src/store/commit-sqlite.ts';
import { sealGroup } from './log-writer.ts';
import type { Committed, RecordEntry } from './record-entry.ts';

/** Where commits take longer than this on average, in milliseconds, they are not for the gateway's thread: the disk is slow or busy. */
const SLOW = 8;
/** Milliseconds for which the recorder's thread then has all commits. */
const REST = 10_000;
/** How much the newest commit counts in the average. */
const SHARE = 0.1;
/** Commits after which somebody should move pages from the write-ahead log to the database: about 8 MiB. */
const TIDY = 150;

/** Commits a lone entry at once, in the thread that asks. */
export interface NearWriter {
  /** Whether it would be quick. */
  readonly ready: boolean;
  /**
   * Durable when it returns; undefined where somebody else writes to the database, and nothing was done.
   *
   * @param edge serialised right edge of the log as committed so far
   * @throws LogConflict where the log grew behind our back; otherwise what kept the entry from being stored
   */
  commit(entry: RecordEntry, edge: Uint8Array): (Committed & { edge: Uint8Array }) | undefined;
  /** Signs with another key from now on. */
  use(signer: Signer): void;
  /** Whether this commit was one of many since the other thread last tidied up behind them. */
  readonly untidy: boolean;
  close(): void;
}

export const openNearWriter = (file: string, first: Signer): NearWriter => {
  let signer = first;
  const committer = openSqliteCommitter(file, { busyMs: 0, checkpointAfter: 0 });
  let restUntil = 0;
  let average = 0;
  let commits = 0;
  return {
    get ready() {
      return performance.now() >= restUntil;
    },
    commit: (entry, edge) => {
      const { rows, after } = sealGroup(signer, restoreFrontier(edge), [entry]);
      const before = performance.now();
      try {
        committer.commit(rows);
      } catch (error) {
        if (isBusy(error)) return undefined;
        throw error;
      }
      const now = performance.now();
      average += SHARE * (now - before - average);
      if (average > SLOW) {
        restUntil = now + REST;
        average = 0;
      }
      commits++;
      return { index: after.size - 1, size: after.size, edge: rows.log.frontier };
    },
    use: (next) => {
      signer = next;
    },
    get untidy() {
      return commits % TIDY === 0;
    },
    close: committer.close,
  };
};
