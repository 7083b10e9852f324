import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { loadSigner } from '../../packages/crank/src/engines/audit/keys.ts';
import { openTileFiles } from '../../packages/crank/src/engines/audit/tile-files.ts';
import { LogFiles } from '../../packages/crank/src/platform/log-files.ts';
import { Recorder } from '../../packages/crank/src/platform/recorder.ts';
import { openStore } from '../../packages/crank/src/store/store.ts';
import { ORIGIN } from './check.ts';

// node writer.ts FOLDER [ENTRIES]: a node's recorder and log files at work, without calls in front of them. Each id is
// printed once it is committed, as a node would answer then; `refused` where nothing can be stored.

const [folder, most = '1000000000'] = process.argv.slice(2) as [string, string?];
// A file above its limit is then an error of the write (EFBIG) rather than the end of the process.
process.on('SIGXFSZ', () => undefined);
const location = { sqlite: join(folder, 'crank.db') };
const store = await openStore(location);
const { vkey } = loadSigner(join(folder, 'keys'), ORIGIN);
const log = { error: () => undefined };
const files = await LogFiles.open({
  vkey,
  origin: ORIGIN,
  files: await openTileFiles(join(folder, 'log')),
  store,
  log,
});
let inFlight = 0;
let left = Number(most);
const recorder = await Recorder.start({
  store: location,
  key: { folder: join(folder, 'keys') },
  origin: ORIGIN,
  // Half of the time lone entries, which the gateway's own thread commits.
  alone: () => inFlight <= 1,
  onGrown: (size) => files.grown(size),
  onFailed: (error) => {
    throw error;
  },
});

/** At once, so that what is said is said before anything else happens; a full pipe is waited for. */
const say = (line: string): void => {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
};

let next = Date.now() * 1000;
const commit = async (): Promise<void> => {
  const id = `e${next++}`;
  inFlight++;
  try {
    await recorder.commit({
      id,
      kind: 'act',
      account: 'crash',
      principal: 'key_1',
      statement: JSON.stringify({ id, filling: 'x'.repeat(1_000) }),
      openings: { subject: 'A' },
    });
    say(id);
  } catch (error) {
    say(`refused ${(error as { code?: string }).code}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    inFlight--;
  }
};
say('ready');
while (left > 0) {
  const together = Math.min(left, left % 2 === 0 ? 1 : 1 + (next % 12));
  left -= together;
  await Promise.all(Array.from({ length: together }, commit));
}
await recorder.close();
await files.close();
await store.close();
