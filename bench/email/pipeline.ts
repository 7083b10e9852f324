import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { classify } from '../../packages/services/email/analysis/classify.ts';
import { formats } from '../../packages/services/email/archive/formats.ts';
import { openToRead } from '../../packages/services/email/index/catalog.ts';
import { ingest } from '../../packages/services/email/index/ingest.ts';
import { parseMessage } from '../../packages/services/email/mime/message.ts';

// In a process of its own, so that its memory is its own: `node pipeline.ts parse|index FILE` prints a line of JSON.
const [mode, path] = process.argv.slice(2) as [string, string];
const start = performance.now();
let messages = 0;
let threads = 0;
if (mode === 'parse') {
  for (const found of formats.mbox.read(path, 0)) {
    if ('bytes' in found) parseMessage(found.bytes);
    messages++;
  }
} else {
  const index = mkdtempSync(join(tmpdir(), 'email-index-'));
  messages = ingest({
    base: dirname(path),
    index,
    path: basename(path),
    limit: Number.POSITIVE_INFINITY,
    classify,
    progress: () => undefined,
  }).added;
  const db = openToRead(index);
  threads = db.prepare('select count(distinct thread) as n from messages').get()?.['n'] as number;
  db.close();
  rmSync(index, { recursive: true });
}
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    messages,
    threads,
    wallMs: performance.now() - start,
    cpuMs: (user + system) / 1000,
    rss: process.resourceUsage().maxRSS * 1024,
  }),
);
