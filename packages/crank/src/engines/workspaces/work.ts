import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { WorkspaceChange } from '#src/core/workspace.ts';
import { tarHead, tarPadding } from './archive.ts';
import { type CopyOwner, cloneCopy, finishFile, makeFolder, makeLink, removeCopy, takeSteps } from './plain-copy.ts';
import {
  abandon,
  beginWriting,
  digestFile,
  keepOnly,
  type ObjectStore,
  objectStore,
  readChunks,
  readObject,
  restoreFile,
  settle,
  writeFileObject,
  writeObject,
} from './sealed-objects.ts';
import {
  type CopyStep,
  change,
  closeFolder,
  decodeFolder,
  emptyFolder,
  type LoadFolder,
  MOST_ENTRIES,
  MOST_FILES,
  NoFolder,
  type TreeEntry,
  totalsOf,
} from './tree.ts';

/** A workspace as the work is told of it: where its objects are, and its key. */
export interface Place {
  folder: string;
  key: Uint8Array;
}

export type Committed =
  | { root: string; files: number; bytes: number; added: number; steps: CopyStep[] }
  /** Nothing was kept: it is too much, or would stand in what is no folder. */
  | { full: string }
  | { noFolder: string };

export interface Listed {
  entries: { path: string; entry: TreeEntry }[];
  /** There is more behind the last one. */
  more: boolean;
}

const stores = new Map<string, ObjectStore>();
const storeOf = ({ folder, key }: Place): ObjectStore => {
  let store = stores.get(folder);
  if (store === undefined) {
    store = objectStore(folder, key);
    stores.set(folder, store);
  }
  return store;
};

/** Folders' entries by workspace and digest: small ones, the latest used. */
const KEPT = 2_000;
const known = new Map<string, ReadonlyMap<string, TreeEntry>>();
const loader =
  (store: ObjectStore): LoadFolder =>
  async (sha256) => {
    if (sha256 === emptyFolder.sha256) return new Map();
    const key = `${store.folder} ${sha256}`;
    const entries = known.get(key) ?? decodeFolder(await readObject(store, sha256));
    known.delete(key);
    if (entries.size < 5_000) known.set(key, entries);
    if (known.size > KEPT) known.delete(known.keys().next().value!);
    return entries;
  };

/** What the worker does. Every function works on files, and none of two at a time on one workspace's objects. */
export const work = {
  /** Makes objects of changes; the content of files stays where it is. */
  commit: async (
    place: Place,
    root: string,
    changes: readonly WorkspaceChange[],
    most: { bytes: number },
  ): Promise<Committed> => {
    const store = storeOf(place);
    const load = loader(store);
    const top = { entries: new Map(await load(root)) };
    let steps: CopyStep[];
    try {
      steps = await change(top, changes, load);
    } catch (error) {
      if (error instanceof NoFolder) return { noFolder: error.message };
      throw error;
    }
    const totals = totalsOf(top);
    if (totals.bytes > most.bytes)
      return { full: `${totals.bytes} bytes are in it then, and its quota is ${most.bytes}` };
    if (totals.files > MOST_FILES) return { full: `${totals.files} files are in it then, and ${MOST_FILES} can be` };
    if (totals.widest > MOST_ENTRIES)
      return { full: `${totals.widest} files are in one folder then, and ${MOST_ENTRIES} can be` };
    const writing = beginWriting(store);
    try {
      const closed = await closeFolder(
        top,
        async (content, size) => {
          const sha256 = await digestFile(content, size);
          await writeFileObject(writing, sha256, content, size);
          return sha256;
        },
        async (sha256, bytes) => {
          if (sha256 !== emptyFolder.sha256) await writeObject(writing, sha256, bytes);
        },
      );
      await settle(writing);
      return { root: closed.sha256, files: closed.files, bytes: closed.bytes, added: writing.added, steps };
    } catch (error) {
      abandon(writing);
      throw error;
    }
  },

  /** Decrypts a state into a new folder. @param onBytes told how much has been written */
  open: async (
    place: Place,
    root: string,
    into: string,
    owner: CopyOwner,
    onBytes: (count: number) => void,
  ): Promise<void> => {
    const store = storeOf(place);
    const load = loader(store);
    const fill = async (sha256: string, path: string): Promise<void> => {
      makeFolder(path, owner);
      for (const [name, entry] of await load(sha256)) {
        const target = `${path}/${name}`;
        if (entry.type === 'folder') await fill(entry.sha256, target);
        else if (entry.type === 'link') makeLink(target, entry.target, owner);
        else {
          await restoreFile(store, entry.sha256, target, 0o600, onBytes);
          finishFile(target, entry.executable === true, owner);
        }
      }
    };
    try {
      await fill(root, into);
    } catch (error) {
      removeCopy(into);
      throw error;
    }
  },

  /** Makes the next copy of one by steps. It takes the place of the one before, or stands beside it where that is looked at. */
  advance: async (
    copy: string,
    next: string,
    isShared: boolean,
    steps: CopyStep[],
    owner: CopyOwner,
  ): Promise<void> => {
    if (isShared) await cloneCopy(copy, next, owner);
    else renameSync(copy, next);
    await takeSteps(next, steps, owner);
  },

  /** Removes copies and files that nobody needs any more. */
  remove: async (paths: readonly string[]): Promise<void> => {
    for (const path of paths) removeCopy(path);
  },

  /** What stands at a path; undefined where nothing. `''` is the workspace itself. */
  find: async (place: Place, root: string, path: string): Promise<TreeEntry | undefined> => {
    const load = loader(storeOf(place));
    let entry: TreeEntry | undefined = { type: 'folder', sha256: root, files: 0, bytes: 0 };
    for (const name of path === '' ? [] : path.split('/'))
      entry = entry?.type === 'folder' ? (await load(entry.sha256)).get(name) : undefined;
    return entry;
  },

  /** What is in a folder, sorted by path, from behind `after` on. `deep`: with what is in its folders. */
  list: async (
    place: Place,
    folder: string,
    prefix: string,
    options: { deep: boolean; after: string; most: number },
  ): Promise<Listed> => {
    const load = loader(storeOf(place));
    const { deep, after, most } = options;
    const entries: Listed['entries'] = [];
    const walk = async (sha256: string, below: string): Promise<boolean> => {
      const names = [...(await load(sha256))].sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [name, entry] of names) {
        const path = below + name;
        const isBehind = comesAfter(path, after);
        if (isBehind) {
          if (entries.length >= most) return true;
          entries.push({ path, entry });
        }
        const mayHold = isBehind || `${after}/`.startsWith(`${path}/`);
        if (deep && entry.type === 'folder' && mayHold && (await walk(entry.sha256, `${path}/`))) return true;
      }
      return false;
    };
    const more = await walk(folder, prefix);
    return { entries, more };
  },

  /** Decrypts one file's content into a new file. */
  extract: (place: Place, sha256: string, to: string): Promise<void> => restoreFile(storeOf(place), sha256, to, 0o600),

  /** Writes a state as a tar archive into a new file. @returns its size */
  archive: async (place: Place, root: string, to: string, time: number): Promise<number> => {
    const store = storeOf(place);
    const load = loader(store);
    const out = createWriteStream(to, { flags: 'wx', mode: 0o600 });
    let size = 0;
    const write = async (bytes: Uint8Array): Promise<void> => {
      size += bytes.length;
      if (!out.write(bytes)) await once(out, 'drain');
    };
    const fill = async (sha256: string, below: string): Promise<void> => {
      for (const [name, entry] of [...(await load(sha256))].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const path = below + name;
        await write(tarHead(path, entry, time));
        if (entry.type === 'folder') await fill(entry.sha256, `${path}/`);
        if (entry.type !== 'file') continue;
        for await (const bytes of readChunks(store, entry.sha256)) await write(Buffer.from(bytes));
        await write(tarPadding(entry.size));
      }
    };
    try {
      await fill(root, '');
      await write(Buffer.alloc(1024)); // what an archive ends with
      out.end();
      await once(out, 'close');
      return size;
    } catch (error) {
      out.destroy();
      rmSync(to, { force: true });
      throw error;
    }
  },

  /** Removes objects that none of these states has, and that were made before a time (as of Date.now()). @returns how many */
  sweep: async (place: Place, roots: readonly string[], before: number): Promise<number> => {
    const store = storeOf(place);
    const load = loader(store);
    const needed = new Set<string>();
    const mark = async (sha256: string): Promise<void> => {
      if (needed.has(sha256)) return;
      needed.add(sha256);
      for (const entry of (await load(sha256)).values()) {
        if (entry.type === 'folder') await mark(entry.sha256);
        else if (entry.type === 'file') needed.add(entry.sha256);
      }
    };
    for (const root of roots) await mark(root);
    return keepOnly(store, needed, before);
  },

  /** Forgets a workspace's key. */
  forget: async (folder: string): Promise<void> => {
    stores.delete(folder);
    for (const key of known.keys()) if (key.startsWith(`${folder} `)) known.delete(key);
  },
};

/** By names from the left, as a walk goes through folders. */
const comesAfter = (path: string, after: string): boolean => {
  if (after === '') return true;
  const [a, b] = [path.split('/'), after.split('/')];
  for (const [i, name] of a.entries()) {
    if (b[i] === undefined) return true;
    if (name !== b[i]) return name > b[i]!;
  }
  return false;
};
