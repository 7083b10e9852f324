/** Port: where the log's entries come from, the truth that tiles are derived from. */
export interface LeafSource {
  /** Entries `from` (inclusive) to `to` (exclusive), 32 bytes each, in order; fewer only where they do not exist. */
  read(from: number, to: number): Promise<Uint8Array[]>;
}

/** Entries read at a time: 4096 are 128 KiB and 16 full tiles. */
export const CHUNK = 4096;

/**
 * Reads entries that must exist.
 *
 * @throws Error where the source has fewer, or one is not 32 bytes long
 */
export const readEntries = async (source: LeafSource, from: number, to: number): Promise<Uint8Array[]> => {
  if (from >= to) return [];
  const entries = await source.read(from, to);
  if (entries.length !== to - from) {
    throw new Error(
      `the log should have entries ${from} to ${to - 1}, but ${entries.length} of ${to - from} were found`,
    );
  }
  const odd = entries.findIndex((entry) => entry.length !== 32);
  if (odd >= 0) throw new Error(`log entry ${from + odd} has ${entries[odd]!.length} bytes instead of 32`);
  return entries;
};
