import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CrankError } from '#src/core/error.ts';
import { loadVkey } from '#src/engines/audit/keys.ts';
import { headOf } from '#src/engines/audit/log-fork.ts';
import { openStore } from '#src/store/store.ts';
import type { Config } from './config.ts';
import { type BackupEntry, copyTree, digestFile, syncFolder } from './copy-tree.ts';
import { version } from './version.ts';

export const MANIFEST = 'backup.json';
export const FORMAT = 'crank-backup/v1';

/** What a backup says of itself. Written last: a folder without it is no backup. */
export interface BackupManifest {
  format: typeof FORMAT;
  version: string;
  created: string;
  database: 'sqlite' | 'postgres';
  /** The log that ends here, and its verifier key. */
  origin: string;
  vkey: string;
  /** Its newest head in the backup; null where it is empty. */
  checkpoint: string | null;
  /** Its newest head that witnesses cosigned. */
  witnessed: string | null;
  entries: BackupEntry[];
}

export interface BackupReport {
  folder: string;
  origin: string;
  size: number;
  files: number;
  database: 'sqlite' | 'postgres';
}

/** Signing keys stay behind: a restored node must not be able to carry on the log, nor cosign in a name with a memory that is too old, nor mint tokens in another's name. */
const isOfTheLog = (path: string): boolean =>
  /^keys\/(log\.|witness\.|tokens(?:\/|$)|origin$|predecessor\.json$)/.test(path);

const FOLDERS = ['versions', 'envs', 'workspaces'] as const;

/** A consistent copy of a SQLite file while others write to it; what was deleted is not in it, not even in free pages. */
const snapshot = async (from: string, to: string): Promise<void> => {
  const db = new DatabaseSync(from);
  try {
    db.exec('pragma busy_timeout = 10000');
    db.prepare('vacuum into ?').run(to);
  } finally {
    db.close();
  }
  await using file = await open(to, 'r+');
  await file.chmod(0o600);
  await file.sync();
};

/** Newest heads of a log, from its database. */
export const headsOf = async (database: Config['database'], origin: string) => {
  const store = await openStore(database, { migrate: false });
  try {
    const log = await store.db.selectFrom('logs').select('checkpoint').where('id', '=', origin).executeTakeFirst();
    const cosigned = await store.db.selectFrom('cosigned').select('note').where('log', '=', origin).executeTakeFirst();
    return { checkpoint: log?.checkpoint ?? null, witnessed: cosigned?.note ?? null };
  } finally {
    await store.close();
  }
};

/**
 * Copies a node's data into a folder, while it runs or not: all but what derives from the rest, and but the keys that
 * sign. PostgreSQL is left to its own tools: dump it first, then call this.
 *
 * @throws CrankError `invalid-input` where the folder is not empty; `not-found` where there is no node's data
 */
export const backup = async (
  config: Config,
  folder: string,
  progress: (text: string) => void,
): Promise<BackupReport> => {
  const { data, database } = config;
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new CrankError('invalid-input', `${folder} is not empty: give a new folder.`);
  const originFile = join(data, 'keys', 'origin');
  if (!existsSync(originFile)) throw new CrankError('not-found', `${data} holds no node's data: set CRANK_DATA.`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const origin = readFileSync(originFile, 'utf8').trim();
  const entries: BackupEntry[] = [];
  const copied = new Map<string, BackupEntry>();
  const copy = async (path: string, skip?: (path: string) => boolean): Promise<void> => {
    for (const entry of await copyTree(data, path, folder, skip)) copied.set(entry.path, entry);
  };
  // Versions and objects of workspaces never change, so the database may name none that is not copied: once before its copy, new ones behind it.
  for (const path of FOLDERS) {
    progress(`copying ${path} ...`);
    await copy(path);
  }
  let inBackup = database;
  if ('sqlite' in database) {
    progress('copying the database ...');
    const file = join(folder, 'crank.db');
    await snapshot(database.sqlite, file);
    inBackup = { sqlite: file };
  }
  for (const path of FOLDERS) await copy(path, (at) => copied.get(at)?.sha256 !== undefined);
  await copy('keys', isOfTheLog);
  for (const path of ['owner.key', 'config.json']) await copy(path);
  entries.push(...copied.values());
  const { checkpoint, witnessed } = await headsOf(inBackup, origin);
  if ('sqlite' in inBackup) {
    // Reading it may have left files beside it.
    const sha256 = await digestFile(inBackup.sqlite);
    entries.push({ path: 'crank.db', mode: 0o600, sha256 });
  }
  const manifest: BackupManifest = {
    format: FORMAT,
    version,
    created: new Date().toISOString(),
    database: 'sqlite' in database ? 'sqlite' : 'postgres',
    origin,
    vkey: loadVkey(join(data, 'keys')) ?? '',
    checkpoint,
    witnessed,
    entries,
  };
  await using file = await open(join(folder, MANIFEST), 'wx', 0o600);
  await file.writeFile(`${JSON.stringify(manifest, null, 1)}\n`);
  await file.sync();
  await syncFolder(folder);
  const files = entries.filter(({ sha256 }) => sha256 !== undefined).length;
  return {
    folder,
    origin,
    size: checkpoint === null ? 0 : headOf(checkpoint).size,
    files,
    database: manifest.database,
  };
};
