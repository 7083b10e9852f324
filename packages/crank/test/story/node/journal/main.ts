/** Access logs in the Common Log Format, line by line. */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { type Entry, parseLine } from './line.ts';

/** Entries as they are read. A line that is none is left out, and said on stderr. */
export async function* entries(log: File, status?: number): AsyncGenerator<Entry> {
  const lines = createInterface({ input: Readable.fromWeb(log.stream() as NodeStream) });
  for await (const line of lines) {
    const entry = parseLine(line);
    if (entry === undefined) console.error('no entry:', line);
    else if (status === undefined || entry.status === status) yield entry;
  }
}

/** The paths that were asked for most, as CSV. */
export async function top(log: File, count = 3): Promise<File> {
  const counts = new Map<string, number>();
  for await (const { path } of entries(log)) counts.set(path, (counts.get(path) ?? 0) + 1);
  const rows = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, count);
  console.log(`${counts.size} paths`);
  return new File(['path,count\n', ...rows.map((row) => `${row.join(',')}\n`)], 'top.csv', { type: 'text/csv' });
}

/**
 * The log compressed, chunk by chunk.
 * @contentType application/gzip
 */
export const compressed = (log: Blob): ReadableStream<Uint8Array> =>
  log.stream().pipeThrough(new CompressionStream('gzip'));

/** Numbers without an end: whoever has enough hangs up. */
export async function* endless(size: number): AsyncGenerator<{ at: number; fill: string }> {
  for (let at = 0; ; at++) yield { at, fill: 'x'.repeat(size) };
}
