import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spamAssassin } from './email/corpus.ts';
import { correctness } from './email/correctness.ts';
import { machine, markdown } from './machine.ts';

// `npm run bench -- email [FOLDER]`: CrankEmail beside notmuch and mu on the SpamAssassin corpus, memory on mboxes of 650 MB and
// 1.3 GB, and with a FOLDER of .eml files what four parsers make of them.
const say = (text: string): void => console.error(text);
const folder = mkdtempSync(join(tmpdir(), 'crank-bench-email-'));
const rows: string[][] = [];

interface Ran {
  messages: number;
  threads: number;
  wallMs: number;
  cpuMs: number;
  rss: number;
}
const pipeline = (mode: 'parse' | 'index', path: string): Ran =>
  JSON.parse(
    execFileSync(process.execPath, [fileURLToPath(new URL('email/pipeline.ts', import.meta.url)), mode, path], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );

/** CPU and wall time of another program, in milliseconds; undefined where it is not there. */
const timed = (
  program: string,
  args: string[],
  env: Record<string, string> = {},
): { wallMs: number; cpuMs: number } | undefined => {
  const start = performance.now();
  const ran = spawnSync('sh', ['-c', `"$@" > /dev/null 2>&1; code=$?; times; exit $code`, 'sh', program, ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (ran.status === 127) return undefined;
  const seconds = [
    ...ran.stdout
      .trimEnd()
      .split('\n')
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ].reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return { wallMs: performance.now() - start, cpuMs: seconds * 1000 };
};

try {
  say('corpus');
  const corpus = spamAssassin();
  const maildir = join(folder, 'mail');
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, part), { recursive: true });
  const box = join(folder, 'corpus.mbox');
  const pieces = corpus.map(({ name, bytes }) => {
    const text = bytes.toString('latin1').replace(/^From .*\n/, '');
    writeFileSync(join(maildir, 'cur', `${name}:2,`), text, 'latin1');
    return Buffer.from(`From nobody Mon Jan  1 00:00:00 2001\n${text.replace(/^(>*From )/gm, '>$1')}\n\n`, 'latin1');
  });
  const whole = Buffer.concat(pieces);
  writeFileSync(box, whole);
  const per = (count: number, ms: number): string => (count / (ms / 1000)).toFixed(0);
  const rate = (
    name: string,
    count: number,
    { wallMs, cpuMs }: { wallMs: number; cpuMs: number },
    more: string,
  ): void => {
    rows.push([name, per(count, cpuMs), per(count, wallMs), more]);
  };

  say('index: Crank, notmuch, mu');
  const indexed = pipeline('index', box);
  rate(
    'Crank: parse, decode, thread, dedupe, classify, index',
    indexed.messages,
    indexed,
    `${indexed.threads} threads, ${(indexed.rss / 2 ** 20).toFixed(0)} MiB`,
  );
  const config = join(folder, 'notmuch.conf');
  writeFileSync(
    config,
    `[database]\npath=${maildir}\n[user]\nname=a\nprimary_email=a@example.org\n[new]\ntags=\nignore=\n[search]\nexclude_tags=\n`,
  );
  const notmuch = timed('notmuch', ['new'], { NOTMUCH_CONFIG: config });
  if (notmuch === undefined) say('notmuch is not installed');
  else {
    const threads = execFileSync('notmuch', ['count', '--output=threads', '*'], {
      env: { ...process.env, NOTMUCH_CONFIG: config },
      encoding: 'utf8',
    }).trim();
    rate(
      'notmuch new',
      corpus.length,
      notmuch,
      `${threads} threads: Crank has ${((100 * (indexed.threads - Number(threads))) / Number(threads)).toFixed(2)}% more`,
    );
  }
  const home = join(folder, 'mu');
  if (timed('mu', ['init', `--muhome=${home}`, `--maildir=${maildir}`]) === undefined) say('mu is not installed');
  else rate('mu index', corpus.length, timed('mu', ['index', `--muhome=${home}`])!, '');

  for (const megabytes of [650, 1300]) {
    say(`parse ${megabytes} MB`);
    const large = join(folder, 'large.mbox');
    const fd = openSync(large, 'w');
    let bytes = 0;
    while (bytes < megabytes * 1e6) bytes += writeSync(fd, whole);
    closeSync(fd);
    const ran = pipeline('parse', large);
    rate(
      `Crank: parse only, ${(bytes / 1e6).toFixed(0)} MB`,
      ran.messages,
      ran,
      `${(ran.wallMs / 1000).toFixed(1)} s (${(ran.cpuMs / 1000).toFixed(1)} s of CPU), ${(ran.rss / 2 ** 20).toFixed(0)} MiB`,
    );
    rmSync(large);
  }
  console.log(`\n${machine()}\n\n${markdown(['what', 'messages per second of CPU', 'per second', ''], rows)}`);

  const [fixtures] = process.argv.slice(2);
  if (fixtures !== undefined) {
    say('correctness');
    const { files, values, right, failed, wrong } = await correctness(fixtures);
    console.log(`\n${files} files, ${values} values of which three parsers agree or that were decided by hand\n`);
    console.log(
      markdown(
        ['parser', 'right', 'failed files'],
        Object.entries(right).map(([name, count]) => [
          name,
          `${count} (${((100 * count) / values).toFixed(1)}%)`,
          String(failed[name as keyof typeof failed]),
        ]),
      ),
    );
    if (wrong.length > 0) console.log(`\nwrong by Crank: ${wrong.join('; ')}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
