import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import { type WorkspaceChange, wrongWorkspacePath } from '#src/core/workspace.ts';
import type { TreeEntry } from '#src/engines/workspaces/tree.ts';
import { act } from './act.ts';
import type { Platform } from './platform.ts';
import { reach, stateOf } from './workspace-admin.ts';
import { type Workspace, Workspaces } from './workspaces.ts';

export interface FileInfo {
  path: string;
  type: TreeEntry['type'];
  /** Of a file or, of a folder, of all in it. */
  size?: number;
  /** Of a file's content, hexadecimal. */
  sha256?: string;
  executable?: boolean;
  /** Where a link points. */
  target?: string;
  /** What is in a folder and its folders. */
  files?: number;
}

/** What is on its way out: a file that the receiver deletes. */
export interface SentFile {
  path: string;
  name: string;
  size: number;
  contentType: string;
}

const MOST_LISTED = 1_000;

/** What is in a folder of a workspace. @throws CrankError `not-found`, `invalid-input` */
export const listFiles = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  query: { path?: string; after?: string; deep: boolean; snapshot?: number | undefined },
): Promise<{ files: FileInfo[]; next: string | undefined }> => {
  const { workspace } = await reach(platform, authorization, 'workspace.read', name);
  const { root } = await stateOf(platform, workspace, query.snapshot);
  const path = query.path ?? '';
  const folder = path === '' ? undefined : await at(platform, workspace, root, path);
  if (folder !== undefined && folder.type !== 'folder')
    throw new CrankError('invalid-input', `"${path}" is no folder of the workspace ${name}.`);
  const prefix = path === '' ? '' : `${path}/`;
  const { worker } = platform.workspaces;
  const options = { deep: query.deep, after: query.after ?? '', most: MOST_LISTED };
  const { entries, more } = await worker.list(workspace.place, folder?.sha256 ?? root, prefix, options);
  return {
    files: entries.map(({ path: one, entry }) => infoOf(one, entry)),
    next: more ? entries.at(-1)!.path : undefined,
  };
};

/** A file's content. Links are not followed. @throws CrankError `not-found`, `invalid-input` for what is no file */
export const readWorkspaceFile = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  path: string,
  snapshot: number | undefined,
): Promise<SentFile> => {
  const { workspace } = await reach(platform, authorization, 'workspace.read', name);
  const { root } = await stateOf(platform, workspace, snapshot);
  const entry = await at(platform, workspace, root, path);
  if (entry.type !== 'file')
    throw new CrankError(
      'invalid-input',
      `"${path}" is a ${entry.type} of the workspace ${name}, and only files have content: list it, or get all as an archive.`,
    );
  const to = join(platform.scratch, newId('out'));
  try {
    await platform.workspaces.worker.extract(workspace.place, entry.sha256, to);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
  const contentType = 'application/octet-stream';
  return { path: to, name: path.slice(path.lastIndexOf('/') + 1), size: entry.size, contentType };
};

/** All of a state as a tar archive. */
export const archiveWorkspace = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  snapshot: number | undefined,
): Promise<SentFile> => {
  const { workspace } = await reach(platform, authorization, 'workspace.read', name);
  const { root, made_at } = await stateOf(platform, workspace, snapshot);
  const path = join(platform.scratch, newId('out'));
  const size = await platform.workspaces.worker.archive(workspace.place, root, path, Math.floor(made_at / 1000));
  return { path, name: `${name}.tar`, size, contentType: 'application/x-tar' };
};

/**
 * Puts a file into a workspace, with the folders on its way. All of it, or nothing.
 *
 * @param read writes the content into a new file of a folder, at most so many bytes, once the caller is known to be permitted
 * @throws CrankError `invalid-input`, `workspace-full`, and what `read` throws
 */
export const writeWorkspaceFile = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  path: string,
  executable: boolean,
  read: (folder: string, limit: number) => Promise<{ path: string; size: number; sha256: string }>,
): Promise<FileInfo & { isNew: boolean; receipt: string | null }> => {
  const { principal, workspace } = await reach(platform, authorization, 'workspace.write', name);
  demandPath(path);
  const stage = platform.workspaces.stage();
  try {
    const { path: content, size, sha256 } = await read(stage, workspace.row.quota_bytes);
    const leave = await platform.workspaces.takeTurn(workspace);
    try {
      const { root } = workspace.head;
      const changes: WorkspaceChange[] = [];
      const names = path.split('/');
      for (let count = 1; count < names.length; count++) {
        const above = names.slice(0, count).join('/');
        const entry = await platform.workspaces.worker.find(workspace.place, root, above);
        if (entry !== undefined && entry.type !== 'folder')
          throw new CrankError(
            'invalid-input',
            `"${above}" is a ${entry.type} of the workspace ${name}, and no folder.`,
          );
        changes.push({ type: 'folder', path: above, fresh: false });
      }
      const before = await platform.workspaces.worker.find(workspace.place, root, path);
      if (before?.type === 'folder')
        throw new CrankError('invalid-input', `"${path}" is a folder of the workspace ${name}: remove it first.`);
      changes.push({ type: 'file', path, executable, size, content });
      const receipt = await commit(platform, workspace, changes, principal, 'workspace.put');
      const info = { path, type: 'file' as const, size, sha256, ...(executable && { executable }) };
      return { ...info, isNew: before === undefined, receipt };
    } finally {
      leave();
    }
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
};

/** Removes a file, a link, or a folder with all in it. @throws CrankError `not-found` */
export const removeWorkspaceFile = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  path: string,
): Promise<{ receipt: string | null }> => {
  const { principal, workspace } = await reach(platform, authorization, 'workspace.write', name);
  const leave = await platform.workspaces.takeTurn(workspace);
  try {
    await at(platform, workspace, workspace.head.root, path);
    return { receipt: await commit(platform, workspace, [{ type: 'removed', path }], principal, 'workspace.delete') };
  } finally {
    leave();
  }
};

/** Commits changes with the receipt of the act. Names of files stay out of it: a receipt cannot be erased. @returns null where nothing was to be done */
const commit = async (
  platform: Platform,
  workspace: Workspace,
  changes: readonly WorkspaceChange[],
  principal: Parameters<typeof act>[1],
  kind: string,
): Promise<string | null> => {
  const id = newId('act');
  const next = await platform.workspaces.change(workspace, changes, id);
  if (next === undefined) return null;
  const before = Workspaces.digestOf(workspace.row, workspace.head.root);
  const after = Workspaces.digestOf(workspace.row, next.state.root);
  const object = { workspace: workspace.row.name, before, after };
  try {
    const receipt = await act(platform, principal, kind, object, next.queries, id);
    await platform.workspaces.advance(workspace, next);
    return receipt;
  } catch (error) {
    await platform.workspaces.recheck(workspace);
    throw error;
  }
};

const demandPath = (path: string): void => {
  const wrong = wrongWorkspacePath(path);
  if (wrong !== undefined) throw new CrankError('invalid-input', `The path ${wrong}.`);
};

const at = async (platform: Platform, workspace: Workspace, root: string, path: string): Promise<TreeEntry> => {
  demandPath(path);
  const entry = await platform.workspaces.worker.find(workspace.place, root, path);
  if (entry !== undefined) return entry;
  const { name } = workspace.row;
  throw new CrankError(
    'not-found',
    `There is no "${path}" in the workspace ${name}: \`crank workspace ls ${name}\` lists what there is.`,
  );
};

const infoOf = (path: string, entry: TreeEntry): FileInfo => {
  if (entry.type === 'folder') return { path, type: 'folder', files: entry.files, size: entry.bytes };
  if (entry.type === 'link') return { path, type: 'link', target: entry.target };
  return { path, type: 'file', size: entry.size, sha256: entry.sha256, ...(entry.executable && { executable: true }) };
};
