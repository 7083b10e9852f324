import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, open, readlink, symlink } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { VerificationError, verifyCheckpoint } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import { headOf } from '#src/engines/audit/log-fork.ts';
import type { Predecessor } from '#src/platform/predecessor.ts';
import { openStore } from '#src/store/store.ts';
import { type BackupManifest, FORMAT, headsOf, MANIFEST } from './backup.ts';
import type { Config } from './config.ts';
import { copyDigested, syncFolder } from './copy-tree.ts';
import { prepareDataFolder, RESTORING } from './data-folder.ts';

export interface RestoreReport {
  data: string;
  /** The new log. */
  origin: string;
  predecessor: { origin: string; size: number; witnessed: number };
  files: number;
}

const damaged = (why: string): CrankError =>
  new CrankError('invalid-input', `The backup is not whole: ${why}. Take another one.`);

const readManifest = (folder: string): BackupManifest => {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) throw damaged(`${path} is missing, so it was not finished, or this is no backup`);
  let manifest: BackupManifest;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as BackupManifest;
  } catch {
    throw damaged(`${path} is no JSON`);
  }
  if (manifest.format !== FORMAT) throw damaged(`its format is ${manifest.format}, not ${FORMAT}`);
  for (const { path: at } of manifest.entries) {
    if (normalize(at) !== at || at.startsWith('/') || at.startsWith('..')) throw damaged(`it names the path ${at}`);
  }
  return manifest;
};

/** The newer of two heads of the old log; a later one given by hand must be signed by its key. */
const lastHead = async (manifest: BackupManifest, known: string | null, given: string | undefined) => {
  if (given === undefined) return known;
  try {
    const { origin, size } = await verifyCheckpoint(given, [manifest.vkey]);
    if (origin !== manifest.origin) throw new CrankError('invalid-input', `That head is of ${origin}.`);
    return known === null || size >= headOf(known).size ? given : known;
  } catch (error) {
    if (error instanceof VerificationError) throw new CrankError('invalid-input', error.message);
    throw error;
  }
};

/**
 * Makes a new data folder from a backup. Its node begins a new log under a new name and key, whose first entry names the
 * last head of the old one: two nodes can never go on with the same log, however often and wherever a backup is restored.
 *
 * @param options.head a later head of the old log than the backup has, as a witness serves it
 * @throws CrankError `invalid-input` where the backup is damaged or the data folder is in use
 */
export const restore = async (
  config: Config,
  folder: string,
  options: { head?: string | undefined; progress: (text: string) => void },
): Promise<RestoreReport> => {
  const { data } = config;
  const manifest = readManifest(folder);
  if (existsSync(data) && readdirSync(data).length > 0) {
    throw new CrankError(
      'invalid-input',
      `${data} is not empty: restoring never overwrites. Give another folder with --data or CRANK_DATA.`,
    );
  }
  const sqlite = 'sqlite' in config.database;
  if ((manifest.database === 'sqlite') !== sqlite) {
    throw new CrankError(
      'invalid-input',
      `The backup is of a node on ${manifest.database}: ${sqlite ? 'restore its dump with pg_restore and set CRANK_DATABASE_URL' : 'unset CRANK_DATABASE_URL'}.`,
    );
  }
  mkdirSync(data, { recursive: true });
  await writeDurably(join(data, RESTORING), '');
  let files = 0;
  for (const { path, mode, sha256, link } of manifest.entries) {
    const [from, to] = [join(folder, path), join(data, path)];
    if (link !== undefined) {
      if ((await readlink(from).catch(() => undefined)) !== link) throw damaged(`the link ${path} is another one`);
      await symlink(link, to);
    } else if (sha256 === undefined) {
      await mkdir(to, { recursive: true });
      await chmod(to, mode);
    } else {
      if (!existsSync(from)) throw damaged(`${path} is missing`);
      if ((await copyDigested(from, to, mode)) !== sha256) throw damaged(`${path} was changed`);
      if (++files % 500 === 0) options.progress(`${files} files restored`);
    }
  }
  const { keys } = prepareDataFolder(data);

  const { checkpoint, witnessed } = await headsOf(config.database, manifest.origin);
  const newest = await lastHead(manifest, checkpoint ?? manifest.checkpoint, options.head);
  const origin = `${manifest.origin.replace(/\/restored-[0-9a-z]+$/, '')}/restored-${newId('node').slice(-8)}`;
  const store = await openStore(config.database);
  try {
    // The keys of subjects belong to whoever has the wrapping keys: that is this node now.
    await store.db.updateTable('subject_keys').set({ node: origin }).where('node', '=', manifest.origin).execute();
    // What waited when the backup was made may have run since: nobody knows how far it came.
    await store.db
      .updateTable('jobs')
      .set({ state: 'running' })
      .where('node', '=', manifest.origin)
      .where('state', '=', 'queued')
      .execute();
    await store.db.updateTable('jobs').set({ node: origin }).where('node', '=', manifest.origin).execute();
  } finally {
    await store.close();
  }
  const predecessor: Predecessor = {
    origin: manifest.origin,
    vkey: manifest.vkey,
    checkpoint: newest,
    witnessed: witnessed ?? manifest.witnessed,
    backup: manifest.created,
  };
  await writeDurably(join(keys, 'predecessor.json'), `${JSON.stringify(predecessor)}\n`);
  await writeDurably(join(keys, 'origin'), `${origin}\n`);
  await syncFolder(keys);
  rmSync(join(data, RESTORING));
  await syncFolder(data);
  const sizeOf = (note: string | null): number => (note === null ? 0 : headOf(note).size);
  return {
    data,
    origin,
    predecessor: { origin: manifest.origin, size: sizeOf(newest), witnessed: sizeOf(predecessor.witnessed) },
    files,
  };
};

const writeDurably = async (path: string, text: string): Promise<void> => {
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(text);
  await file.sync();
};
