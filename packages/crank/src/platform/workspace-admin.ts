import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Principal } from '#src/core/service.ts';
import { isWorkspaceName, WORKSPACE_NAME_RULE } from '#src/core/workspace.ts';
import { emptyFolder } from '#src/engines/workspaces/tree.ts';
import type { WorkspaceRow, WorkspaceSnapshotRow } from '#src/store/schema-service-life.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { type Workspace, Workspaces } from './workspaces.ts';

/** What may be chosen of a workspace. */
export interface WorkspaceSettings {
  quotaBytes: number;
  /** Earlier states that are kept, at most. */
  keepSnapshots: number;
  /** Days after which they are not; null: never. */
  keepDays: number | null;
}

export interface WorkspaceInfo extends WorkspaceSettings {
  name: string;
  created: string;
  createdBy: string;
  /** Number of the current state. */
  snapshot: number;
  files: number;
  bytes: number;
  /** Salted digest of the current state, as receipts have it; `root` and `salt` are what it is made of. */
  digest: string;
  root: string;
  salt: string;
}

export interface SnapshotInfo {
  number: number;
  made: string;
  /** Id of the call or act that made it. */
  madeBy: string;
  files: number;
  bytes: number;
  digest: string;
}

const DAY_MS = 86_400_000;
const MOST_QUOTA = 2 ** 40;
const MOST_SNAPSHOTS = 1_000;
const MOST_DAYS = 3_650;
const defaults: WorkspaceSettings = { quotaBytes: 2 ** 30, keepSnapshots: 10, keepDays: null };

/** Makes an empty workspace of the caller's account. @param read reads what is wanted, once the caller may @throws CrankError `invalid-input`, `version-conflict` */
export const createWorkspace = async (
  platform: Platform,
  authorization: string | undefined,
  read: () => Promise<{ name: string; settings: Partial<WorkspaceSettings> }>,
): Promise<WorkspaceInfo & { receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'workspace.create', { type: 'workspace', account });
  const { name, settings } = await read();
  await permit(platform, principal, 'workspace.create', { type: 'workspace', account, id: name });
  if (!isWorkspaceName(name)) throw wrong('/name', `The name of a workspace ${WORKSPACE_NAME_RULE}.`);
  const chosen = { ...defaults, ...demandSettings(settings) };
  if ((await platform.workspaces.list(account)).some((row) => row.name === name)) throw exists(account, name);
  const given = { id: newId('ws'), account, name, created_by: principal.id, ...rowOf(chosen) };
  const queries = await platform.workspaces.prepare(given, emptyFolder.sha256);
  const object = { workspace: name, ...chosen };
  let receipt: string;
  try {
    receipt = await act(platform, principal, 'workspace.create', object, queries);
  } catch (error) {
    await platform.workspaces.tidy();
    if ((await platform.workspaces.list(account)).some((row) => row.name === name)) throw exists(account, name);
    throw error;
  }
  return { ...infoOf(await platform.workspaces.find(account, name)), receipt };
};

export const listWorkspaces = async (
  platform: Platform,
  authorization: string | undefined,
): Promise<Pick<WorkspaceInfo, 'name' | 'quotaBytes' | 'created' | 'files' | 'bytes' | 'snapshot'>[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'workspace.list', { type: 'workspace', account });
  const rows = await platform.workspaces.list(account);
  return Promise.all(
    rows.map(async (row) => {
      const { number, files, bytes } = await platform.workspaces.headOf(row.id);
      const created = new Date(row.created_at).toISOString();
      return { name: row.name, quotaBytes: row.quota_bytes, created, files, bytes, snapshot: number };
    }),
  );
};

/** @throws CrankError `not-found`, `unavailable` */
export const describeWorkspace = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<WorkspaceInfo> => infoOf((await reach(platform, authorization, 'workspace.list', name)).workspace);

/** Changes its quota, or what is kept. @throws CrankError `invalid-input`, `not-found` */
export const setWorkspace = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  read: () => Promise<Partial<WorkspaceSettings>>,
): Promise<WorkspaceInfo & { receipt: string }> => {
  const { principal, workspace } = await reach(platform, authorization, 'workspace.set', name);
  const changed = demandSettings(await read());
  const leave = await platform.workspaces.takeTurn(workspace);
  try {
    const values = rowOf({ ...settingsOf(workspace.row), ...changed });
    const update = platform.store.db.updateTable('workspaces').set(values).where('id', '=', workspace.row.id).compile();
    const receipt = await act(platform, principal, 'workspace.set', { workspace: name, ...changed }, [update]);
    Object.assign(workspace.row, values);
    return { ...infoOf(workspace), receipt };
  } finally {
    leave();
  }
};

/** Removes it with all that is in it: its key is destroyed. Calls that use it end first. @throws CrankError `not-found` */
export const removeWorkspace = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<{ receipt: string }> => {
  const { principal, workspace } = await reach(platform, authorization, 'workspace.remove', name);
  const { row, head } = workspace;
  const leave = await platform.workspaces.takeTurn(workspace);
  try {
    const object = { workspace: name, before: Workspaces.digestOf(row, head.root) };
    const receipt = await act(platform, principal, 'workspace.remove', object, platform.workspaces.removal(workspace));
    await platform.workspaces.drop(workspace);
    return { receipt };
  } finally {
    leave();
  }
};

/** Its states, the current one first. @throws CrankError `not-found` */
export const listSnapshots = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
): Promise<SnapshotInfo[]> => {
  const { workspace } = await reach(platform, authorization, 'workspace.list', name);
  return (await platform.workspaces.states(workspace)).map((state) => snapshotOf(workspace.row, state));
};

/** Makes an earlier state the current one; the one before becomes a snapshot. @throws CrankError `not-found` */
export const restoreSnapshot = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  number: number,
): Promise<SnapshotInfo & { receipt: string }> => {
  const { principal, workspace } = await reach(platform, authorization, 'workspace.write', name);
  const leave = await platform.workspaces.takeTurn(workspace);
  try {
    const to = await stateOf(platform, workspace, number);
    const id = newId('act');
    const before = Workspaces.digestOf(workspace.row, workspace.head.root);
    const after = Workspaces.digestOf(workspace.row, to.root);
    const next = await platform.workspaces.restore(workspace, to, id);
    const object = { workspace: name, snapshot: number, before, after };
    const receipt = await act(platform, principal, 'workspace.restore', object, next.queries, id);
    await platform.workspaces.replace(workspace, next);
    return { ...snapshotOf(workspace.row, next.state), receipt };
  } catch (error) {
    await platform.workspaces.recheck(workspace);
    throw error;
  } finally {
    leave();
  }
};

/** Takes an earlier state away; what only it had is deleted. @throws CrankError `not-found`; `version-conflict` for the current one */
export const forgetSnapshot = async (
  platform: Platform,
  authorization: string | undefined,
  name: string,
  number: number,
): Promise<{ receipt: string }> => {
  const { principal, workspace } = await reach(platform, authorization, 'workspace.forget', name);
  const leave = await platform.workspaces.takeTurn(workspace);
  try {
    const state = await stateOf(platform, workspace, number);
    if (state.number === workspace.head.number)
      throw new CrankError(
        'version-conflict',
        `Snapshot ${number} is the current state of ${name}: restore another one first, or remove the workspace.`,
      );
    const object = { workspace: name, snapshot: number, before: Workspaces.digestOf(workspace.row, state.root) };
    const queries = platform.workspaces.forgetState(workspace, number);
    const receipt = await act(platform, principal, 'workspace.forget', object, queries);
    await platform.workspaces.sweepNow(workspace);
    return { receipt };
  } finally {
    leave();
  }
};

/** A workspace of the caller's account, where the caller may do that with it. @throws CrankError `forbidden`, `not-found` */
export const reach = async (
  platform: Platform,
  authorization: string | undefined,
  action: string,
  name: string,
): Promise<{ principal: Principal; workspace: Workspace }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, action, { type: 'workspace', account, id: name });
  return { principal, workspace: await platform.workspaces.find(account, name) };
};

/** A state of a workspace by number; the current one without. @throws CrankError `not-found` */
export const stateOf = async (
  platform: Platform,
  workspace: Workspace,
  number: number | undefined,
): Promise<WorkspaceSnapshotRow> => {
  if (number === undefined) return workspace.head;
  const state = (await platform.workspaces.states(workspace)).find((one) => one.number === number);
  if (state !== undefined) return state;
  const { name } = workspace.row;
  throw new CrankError(
    'not-found',
    `The workspace ${name} has no snapshot ${number}: \`crank workspace snapshots ${name}\` lists them.`,
  );
};

const settingsOf = ({ quota_bytes, keep_snapshots, keep_ms }: WorkspaceRow): WorkspaceSettings => ({
  quotaBytes: quota_bytes,
  keepSnapshots: keep_snapshots,
  keepDays: keep_ms === null ? null : keep_ms / DAY_MS,
});

const rowOf = ({ quotaBytes, keepSnapshots, keepDays }: WorkspaceSettings) => ({
  quota_bytes: quotaBytes,
  keep_snapshots: keepSnapshots,
  keep_ms: keepDays === null ? null : keepDays * DAY_MS,
});

const infoOf = ({ row, head }: Workspace): WorkspaceInfo => ({
  name: row.name,
  created: new Date(row.created_at).toISOString(),
  createdBy: row.created_by,
  ...settingsOf(row),
  snapshot: head.number,
  files: head.files,
  bytes: head.bytes,
  digest: Workspaces.digestOf(row, head.root),
  root: head.root,
  salt: row.salt,
});

const snapshotOf = (row: WorkspaceRow, { number, made_at, made_by, files, bytes, root }: WorkspaceSnapshotRow) => ({
  number,
  made: new Date(made_at).toISOString(),
  madeBy: made_by,
  files,
  bytes,
  digest: Workspaces.digestOf(row, root),
});

const wrong = (pointer: string, message: string): CrankError =>
  new CrankError('invalid-input', message, { errors: [{ pointer, message }] });

const demandSettings = (given: Partial<WorkspaceSettings>): Partial<WorkspaceSettings> => {
  const whole = (name: keyof WorkspaceSettings, least: number, most: number): void => {
    const value = given[name];
    if (value === undefined || (name === 'keepDays' && value === null)) return;
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
      throw wrong(`/${name}`, `"${name}" must be a whole number from ${least} to ${most}.`);
  };
  whole('quotaBytes', 4096, MOST_QUOTA);
  whole('keepSnapshots', 0, MOST_SNAPSHOTS);
  whole('keepDays', 1, MOST_DAYS);
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
};

const exists = (account: string, name: string): CrankError =>
  new CrankError(
    'version-conflict',
    `There is a workspace "${name}" in the account ${account} already: take another name, or change that one.`,
  );
