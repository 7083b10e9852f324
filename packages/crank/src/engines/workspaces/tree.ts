import { canonicalJson } from '#src/core/canonical-json.ts';
import { sha256Hex } from '#src/core/digest.ts';
import type { WorkspaceChange } from '#src/core/workspace.ts';

/**
 * What stands under a name in a folder. A folder's own object is the canonical JSON `{"entries": {name: entry}}` of it, and
 * its digest the SHA-256 of that, so that the digest of the topmost one says all.
 */
export type TreeEntry =
  | { type: 'file'; size: number; sha256: string; executable?: true }
  | { type: 'link'; target: string }
  /** `files`, `bytes`: of all below it, links and folders counted among the files. */
  | { type: 'folder'; sha256: string; files: number; bytes: number };

export interface Totals {
  files: number;
  bytes: number;
}

/** Of one folder, and of a workspace. */
export const MOST_ENTRIES = 100_000;
export const MOST_FILES = 250_000;

/** Gives the entries of a folder's object. */
export type LoadFolder = (sha256: string) => Promise<ReadonlyMap<string, TreeEntry>>;

/** A folder as it is being changed: what was not looked into stays an entry. */
export interface OpenFolder {
  entries: Map<string, OpenEntry>;
}
type NewFile = { type: 'new'; size: number; executable: boolean; content: string };
type OpenEntry = TreeEntry | OpenFolder | NewFile;

/** What is to be done to a plain copy, in this order. */
export type CopyStep =
  | { type: 'remove'; path: string }
  | { type: 'folder'; path: string }
  | { type: 'file'; path: string; executable: boolean; content: string }
  | { type: 'link'; path: string; target: string };

const isOpen = (entry: OpenEntry | undefined): entry is OpenFolder => entry !== undefined && 'entries' in entry;
const isFolder = (entry: OpenEntry | undefined): boolean =>
  isOpen(entry) || (entry !== undefined && 'type' in entry && entry.type === 'folder');

const encodeFolder = (entries: ReadonlyMap<string, TreeEntry>): { bytes: Buffer; sha256: string } => {
  const bytes = Buffer.from(canonicalJson({ entries: Object.fromEntries(entries) }));
  return { bytes, sha256: sha256Hex(bytes) };
};

export const decodeFolder = (bytes: Buffer): Map<string, TreeEntry> =>
  new Map(Object.entries((JSON.parse(bytes.toString()) as { entries: Record<string, TreeEntry> }).entries));

/** The object of a folder with nothing in it. */
export const emptyFolder = encodeFolder(new Map());

/** Something cannot be put where it is to go, since what it would stand in is no folder. */
export class NoFolder extends Error {
  override readonly name = 'NoFolder';
}

const open = async (folder: OpenFolder, name: string, load: LoadFolder): Promise<OpenFolder | undefined> => {
  const entry = folder.entries.get(name);
  if (isOpen(entry)) return entry;
  if (entry === undefined || entry.type !== 'folder') return undefined;
  const opened = { entries: new Map<string, OpenEntry>(await load(entry.sha256)) };
  folder.entries.set(name, opened);
  return opened;
};

/** Applies changes to a folder that was opened. @returns the same as steps @throws NoFolder */
export const change = async (
  root: OpenFolder,
  changes: readonly WorkspaceChange[],
  load: LoadFolder,
): Promise<CopyStep[]> => {
  const steps: CopyStep[] = [];
  for (const one of changes) {
    const names = one.path.split('/');
    const name = names.pop()!;
    let folder: OpenFolder | undefined = root;
    for (const step of names) folder = folder && (await open(folder, step, load));
    if (folder === undefined) throw new NoFolder(one.path);
    put(folder, name, one, steps);
  }
  return steps;
};

const put = ({ entries }: OpenFolder, name: string, one: WorkspaceChange, steps: CopyStep[]): void => {
  const { path } = one;
  const before = entries.get(name);
  const remove = (): void => {
    if (before !== undefined) steps.push({ type: 'remove', path });
  };
  if (one.type === 'removed') {
    remove();
    entries.delete(name);
  } else if (one.type === 'folder') {
    if (isFolder(before) && !one.fresh) return;
    remove();
    entries.set(name, { entries: new Map() });
    steps.push({ type: 'folder', path });
  } else if (one.type === 'link') {
    remove();
    entries.set(name, { type: 'link', target: one.target });
    steps.push({ type: 'link', path, target: one.target });
  } else {
    if (isFolder(before)) remove();
    const { size, executable, content } = one;
    entries.set(name, { type: 'new', size, executable, content });
    steps.push({ type: 'file', path, executable, content });
  }
};

/** What is in a folder that was opened, and the largest number of entries of any folder that was looked into. */
export const totalsOf = ({ entries }: OpenFolder): Totals & { widest: number } => {
  const totals = { files: 0, bytes: 0, widest: entries.size };
  for (const entry of entries.values()) {
    totals.files++;
    if (isOpen(entry)) {
      const inner = totalsOf(entry);
      totals.files += inner.files;
      totals.bytes += inner.bytes;
      totals.widest = Math.max(totals.widest, inner.widest);
    } else if (entry.type === 'folder') {
      totals.files += entry.files;
      totals.bytes += entry.bytes;
    } else if (entry.type !== 'link') totals.bytes += entry.size;
  }
  return totals;
};

/** Makes objects of what was changed, files before the folders that they are in. @returns the entry of the folder itself */
export const closeFolder = async (
  { entries }: OpenFolder,
  writeFile: (content: string, size: number) => Promise<string>,
  writeFolder: (sha256: string, bytes: Buffer) => Promise<void>,
): Promise<TreeEntry & { type: 'folder' }> => {
  const closed = new Map<string, TreeEntry>();
  for (const [name, entry] of entries) {
    if (isOpen(entry)) closed.set(name, await closeFolder(entry, writeFile, writeFolder));
    else if (entry.type !== 'new') closed.set(name, entry);
    else {
      const { size, executable } = entry;
      const sha256 = await writeFile(entry.content, size);
      closed.set(name, { type: 'file', size, sha256, ...(executable && { executable }) });
    }
  }
  const { bytes, sha256 } = encodeFolder(closed);
  await writeFolder(sha256, bytes);
  const { files, bytes: total } = totalsOf({ entries: closed });
  return { type: 'folder', sha256, files, bytes: total };
};
