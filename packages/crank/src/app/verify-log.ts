import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import type { LogVerdict } from '#src/doors/cli/commands/log.ts';
import { loadVkey } from '#src/engines/audit/keys.ts';
import { folderLog, httpLog } from '#src/engines/audit/log-reader.ts';
import { openTileFiles } from '#src/engines/audit/tile-files.ts';
import { type LogToVerify, verifyLog } from '#src/engines/audit/verify-log.ts';
import { readEntries, readLog } from '#src/store/log-store.ts';
import { openStore } from '#src/store/store.ts';
import { dataFolder } from './config.ts';

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
    return judge(env, key, url, { vkeys: [key], published: httpLog(`${url}/log`), onProgress });
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
    return await judge(env, key, data, {
      vkeys: [key],
      published: folderLog(await openTileFiles(join(data, 'log'), { readOnly: true })),
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

const judge = async (env: Env, vkey: string, from: string, log: LogToVerify): Promise<LogVerdict> => {
  const seen = seenFile(env, vkey);
  const before = existsSync(seen) ? [readFileSync(seen, 'utf8')] : [];
  const report = await verifyLog({ ...log, seen: before });
  if (!report.ok) return { ...report, from };
  writeFileSync(seen, report.checkpoint, { mode: 0o600 });
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

const askedKey = async (url: string): Promise<string> => {
  try {
    const answer = await fetch(`${url}/log/vkey`);
    if (answer.ok) return (await answer.text()).trim();
    throw new Error(`it answers ${answer.status}`);
  } catch (error) {
    throw new CrankError(
      'unavailable',
      `No verifier key from ${url} (${(error as Error).message}): give it with --vkey, or start the node.`,
    );
  }
};
