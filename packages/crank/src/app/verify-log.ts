import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followHandovers, type Vkey, VkeyError } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import type { LogVerdict } from '#src/doors/cli/commands/log.ts';
import { loadVkey } from '#src/engines/audit/keys.ts';
import { folderLog, httpLog } from '#src/engines/audit/log-reader.ts';
import { type LogToVerify, verifyLog } from '#src/engines/audit/verify-log.ts';
import { readEntries, readLog } from '#src/store/log-store.ts';
import { openStore } from '#src/store/store.ts';
import { dataFolder, loadConfig } from './config.ts';
import { openPublishedLog } from './published-log.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Verifies the log of the node on this machine from its database and files, stored envelopes included; without one, that
 * of the node at a URL from what it publishes. What was verified last is remembered, and must be continued next time.
 */
export const verifyNodeLog = async (
  env: Env,
  url: string,
  vkey: string | undefined,
  progress: (text: string) => void,
): Promise<LogVerdict> => {
  const data = dataFolder(env);
  const local = loadVkey(join(data, 'keys'));
  const onProgress = (done: number, of: number): void => progress(`${done} of ${of} entries`);
  if (local === undefined) {
    const key = vkey ?? (await askedKey(url));
    const trust = await keysOf(env, key, (await asked(url, 'handovers')) ?? '');
    return judge(trust, url, { vkeys: trust.vkeys, published: httpLog(`${url}/log`), onProgress });
  }
  const key = vkey ?? local;
  const origin = key.split('+')[0]!;
  const database = env['CRANK_DATABASE_URL'];
  const store = await openStore(database ? { postgres: database } : { sqlite: join(data, 'crank.db') }, {
    migrate: false,
  });
  try {
    const committed = await readLog(store.db, origin);
    if (committed === undefined) throw new CrankError('not-found', `The database of ${data} has no log ${origin}.`);
    const place = { folder: join(data, 'log'), bucket: loadConfig(env).logBucket };
    const files = await openPublishedLog(place, origin, { readOnly: true });
    const trust = await keysOf(env, key, (await files.readHandovers()) ?? '');
    return await judge(trust, data, {
      vkeys: trust.vkeys,
      published: folderLog(files),
      committed: {
        // Asked again after the files were read: a running node may have grown the log meanwhile.
        checkpoint: async () => (await readLog(store.db, origin))?.checkpoint ?? committed.checkpoint,
        entries: { read: (from, to) => readEntries(store.db, origin, from, to) },
      },
      envelopes: async (from, to) => {
        const rows = await store.db
          .selectFrom('receipts')
          .select(['idx', 'envelope'])
          .where('log', '=', origin)
          .where('idx', '>=', from)
          .where('idx', '<', to)
          .execute();
        const byIndex = new Map(rows.map((row) => [row.idx, row.envelope]));
        return Array.from({ length: to - from }, (_, at) => byIndex.get(from + at));
      },
      onProgress,
    });
  } finally {
    await store.close();
  }
};

interface Trust {
  vkeys: readonly Vkey[];
  /** Heads that were verified before under one of the keys. */
  seen: readonly string[];
  /** Where the next one is remembered. */
  file: string;
}

/** The keys that a pinned one vouches for, and what was seen of their log. */
const keysOf = async (env: Env, pinned: string, handovers: string): Promise<Trust> => {
  let vkeys: readonly Vkey[];
  try {
    vkeys = await followHandovers(handovers, [pinned]);
  } catch (error) {
    if (error instanceof VkeyError) throw new CrankError('invalid-input', error.message);
    throw error;
  }
  const files = vkeys.map(({ text }) => seenFile(env, text)).filter((path) => existsSync(path));
  return { vkeys, seen: files.map((path) => readFileSync(path, 'utf8')), file: seenFile(env, pinned) };
};

const judge = async ({ seen, file }: Trust, from: string, log: LogToVerify): Promise<LogVerdict> => {
  const report = await verifyLog({ ...log, seen });
  if (!report.ok) return { ...report, from };
  writeFileSync(file, report.checkpoint, { mode: 0o600 });
  return {
    ok: true,
    origin: report.origin,
    size: report.size,
    root: Buffer.from(report.root).toString('hex'),
    envelopes: report.envelopes,
    from,
  };
};

/** Where the newest head verified of a log is remembered. */
const seenFile = (env: Env, vkey: string): string => {
  const state = env['XDG_STATE_HOME'] || join(env['HOME'] || dataFolder(env), '.local/state');
  const folder = join(state, 'crank', 'seen');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, encodeURIComponent(vkey.split('+').slice(0, 2).join('+')));
};

/** What a node serves of its log; undefined where it serves no such thing. */
const asked = async (url: string, name: string): Promise<string | undefined> => {
  const answer = await fetch(`${url}/log/${name}`);
  return answer.ok ? await answer.text() : undefined;
};

const askedKey = async (url: string): Promise<string> => {
  try {
    const vkey = await asked(url, 'vkey');
    if (vkey !== undefined) return vkey.trim();
    throw new Error('it serves none');
  } catch (error) {
    throw new CrankError(
      'unavailable',
      `No verifier key from ${url} (${(error as Error).message}): give it with --vkey, or start the node.`,
    );
  }
};
