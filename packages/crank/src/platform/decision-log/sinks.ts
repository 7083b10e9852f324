import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Where events go. */
export interface Sink {
  name: string;
  /** @param events JSON texts @throws Error where they did not arrive */
  write(events: readonly string[]): Promise<void>;
}

/** It is too much at once: fewer may pass. */
export class TooLarge extends Error {}

/** A line of JSON for each event, in a file for each day of UTC, for the node alone. */
export const fileSink = (folder: string, now: () => Date = () => new Date()): Sink => ({
  name: folder,
  write: async (events) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${now().toISOString().slice(0, 10)}.jsonl`);
    await appendFile(path, `${events.join('\n')}\n`, { mode: 0o600 });
  },
});

const ANSWER_MS = 30_000;

/** As OPA posts them: a JSON array, compressed, to `URL/logs` (openpolicyagent.org, "Decision Log Service API"). */
export const httpSink = (url: string, token: string | undefined): Sink => ({
  name: url,
  write: async (events) => {
    const answer = await fetch(`${url}/logs`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: await compress(`[${events.join(',')}]`),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body?.cancel();
    if (answer.status === 413) throw new TooLarge('it answered 413');
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  },
});
