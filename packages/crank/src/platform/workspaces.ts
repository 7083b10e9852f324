import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledQuery, Kysely } from 'kysely';
import { sha256Hex } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import type { WorkspaceChange } from '#src/core/workspace.ts';
import { type CopyOwner, removeCopy } from '#src/engines/workspaces/plain-copy.ts';
import type { Committed, Place } from '#src/engines/workspaces/work.ts';
import type { WorkspaceWorker } from '#src/engines/workspaces/workspace-worker.ts';
import type { Database } from '#src/store/schema.ts';
import type { WorkspaceRow, WorkspaceSnapshotRow } from '#src/store/schema-service-life.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { createTurn, type Turn } from './turn.ts';
import { type OpenCopy, openCopies } from './workspace-copies.ts';

/** One workspace on this node. */
export interface Workspace {
  row: WorkspaceRow;
  place: Place;
  /** Its current state. */
  head: WorkspaceSnapshotRow;
  /** Whoever changes it has the turn. */
  readonly turn: Turn;
}

/** What a change has come to, before it is committed. */
export interface NextState {
  state: WorkspaceSnapshotRow;
  /** What commits it, and takes away what need not be kept any longer. */
  queries: CompiledQuery[];
  steps: Extract<Committed, { steps: unknown }>['steps'];
  /** States were taken away: their content can go. */
  hasPruned: boolean;
}

export interface WorkspaceOptions {
  db: Kysely<Database>;
  wrapper: KeyWrapper;
  worker: WorkspaceWorker;
  /** Folder of encrypted objects, and of plain copies of what is open. */
  folder: string;
  openFolder: string;
  owner: CopyOwner;
  /** Milliseconds without use after which a plain copy is removed. */
  idleMs: number;
  log: (error: unknown, what: string) => void;
}

const SWEEP_MS = 30_000;
const PATIENCE_MS = 30_000;
/** Objects stay so long though no state has them: a backup that is under way may have copied such a state. */
const GRACE_MS = 3_600_000;

/**
 * The workspaces of accounts: encrypted objects and their states, of which the database says what is current. Calls see plain
 * copies, which are made when first needed (`workspace-copies.ts`) and wiped at start and stop.
 */
export class Workspaces {
  readonly #options: WorkspaceOptions;
  readonly #known = new Map<string, Promise<Workspace>>();
  readonly #copies: ReturnType<typeof openCopies>;
  readonly #sweeps = new Map<string, NodeJS.Timeout>();
  readonly worker: WorkspaceWorker;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.worker = options.worker;
    // What an earlier run left is plain text of what is encrypted.
    for (const name of readdirSync(options.openFolder)) removeCopy(join(options.openFolder, name));
    this.#copies = openCopies(options);
  }

  /** Digest of a state as receipts have it: salted, so that it tells nothing to who cannot see the workspace. */
  static digestOf({ salt }: Pick<WorkspaceRow, 'salt'>, root: string): string {
    return `sha256:${sha256Hex(`crank-workspace-v1\n${salt}\n${root}\n`)}`;
  }

  /** A workspace by name. @throws CrankError `not-found`; `unavailable` where it is another node's */
  find(account: string, name: string): Promise<Workspace> {
    const key = `${account}/${name}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#load(account, name);
      this.#known.set(key, known);
      known.catch(() => this.#known.delete(key));
    }
    return known;
  }

  async #load(account: string, name: string): Promise<Workspace> {
    const { db, wrapper, folder } = this.#options;
    const row = await db
      .selectFrom('workspaces')
      .selectAll()
      .where('account', '=', account)
      .where('name', '=', name)
      .executeTakeFirst();
    if (row === undefined) throw noWorkspace(account, name);
    const key = await wrapper.unwrap(row.wrapped_by, row.wrapped, contextOf(row));
    const objects = join(folder, row.id);
    if (key === undefined || !existsSync(objects))
      throw new CrankError(
        'unavailable',
        `The workspace ${name} is on another node: its content, or the key to it, is not on this one. Call that node, or restore a backup of it here.`,
      );
    const head = await this.headOf(row.id);
    return { row, place: { folder: objects, key }, head, turn: createTurn() };
  }

  /** The current state of one, as the database has it. @param id `ws_...` */
  headOf(id: string): Promise<WorkspaceSnapshotRow> {
    return this.#options.db
      .selectFrom('workspace_snapshots')
      .selectAll()
      .where('workspace', '=', id)
      .orderBy('number', 'desc')
      .executeTakeFirstOrThrow();
  }

  list(account: string): Promise<WorkspaceRow[]> {
    return this.#options.db
      .selectFrom('workspaces')
      .selectAll()
      .where('account', '=', account)
      .orderBy('name')
      .execute();
  }

  states({ row }: Workspace): Promise<WorkspaceSnapshotRow[]> {
    return this.#options.db
      .selectFrom('workspace_snapshots')
      .selectAll()
      .where('workspace', '=', row.id)
      .orderBy('number', 'desc')
      .execute();
  }

  /** The writes that make one, empty. Its folder for objects is there when they are committed. */
  async prepare(
    given: Pick<WorkspaceRow, 'id' | 'account' | 'name' | 'quota_bytes' | 'keep_snapshots' | 'keep_ms' | 'created_by'>,
    emptyRoot: string,
  ): Promise<CompiledQuery[]> {
    const { db, wrapper, folder } = this.#options;
    const key = randomBytes(32);
    const wrapped = await wrapper.wrap(key, contextOf(given));
    key.fill(0);
    mkdirSync(join(folder, given.id), { mode: 0o700 });
    const now = Date.now();
    const salt = randomBytes(16).toString('hex');
    return [
      db
        .insertInto('workspaces')
        .values({ ...given, ...wrapped, salt, created_at: now })
        .compile(),
      db
        .insertInto('workspace_snapshots')
        .values({
          ...{ workspace: given.id, number: 0, root: emptyRoot, files: 0, bytes: 0, added_bytes: 0 },
          ...{ made_at: now, made_by: given.created_by },
        })
        .compile(),
    ];
  }

  /** The plain copy of its current state, for a user who gives it back. @throws CrankError `unavailable`, `timeout` */
  async use(workspace: Workspace, until: number, signal: AbortSignal): Promise<OpenCopy> {
    return this.#copies.use(workspace, until, signal);
  }

  /** Name of the plain copy of its current state, where that is open. */
  stateName({ row }: Workspace): string | undefined {
    return this.#copies.stateOf(row.id);
  }

  /** Folder on the file system of the plain copies for content that is on its way in. */
  stage(): string {
    return this.#copies.stage();
  }

  /**
   * Encrypts what was changed. Whoever asks has the turn.
   *
   * @param by id of the call or act
   * @returns undefined where nothing is other than it was
   * @throws CrankError `workspace-full`, `invalid-input`
   */
  async change(workspace: Workspace, changes: readonly WorkspaceChange[], by: string): Promise<NextState | undefined> {
    const { row, place, head } = workspace;
    const made = await this.worker.commit(place, head.root, changes, { bytes: row.quota_bytes });
    if ('full' in made)
      throw new CrankError(
        'workspace-full',
        `The workspace ${row.name} cannot take this: ${made.full}. Nothing was changed. Remove something, or raise its quota: \`crank workspace set ${row.name} --quota ...\`.`,
      );
    if ('noFolder' in made)
      throw new CrankError(
        'invalid-input',
        `"${made.noFolder}" cannot be in the workspace ${row.name}: what it would stand in is a file or a link, or is not there.`,
      );
    if (made.root === head.root) return undefined;
    return this.#next(workspace, { ...made, made_by: by });
  }

  /** The same with a state of before. */
  restore(workspace: Workspace, to: WorkspaceSnapshotRow, by: string): Promise<NextState> {
    const { root, files, bytes } = to;
    return this.#next(workspace, { root, files, bytes, added: 0, steps: [], made_by: by });
  }

  async #next(
    workspace: Workspace,
    made: { root: string; files: number; bytes: number; added: number; steps: NextState['steps']; made_by: string },
  ): Promise<NextState> {
    const { db } = this.#options;
    const { row, head } = workspace;
    const { root, files, bytes, added, steps, made_by } = made;
    const now = Date.now();
    const state = { workspace: row.id, number: head.number + 1, root, files, bytes, added_bytes: added };
    const next = { ...state, made_at: now, made_by };
    const gone = stale(row, [next, ...(await this.states(workspace))], now);
    const queries = [db.insertInto('workspace_snapshots').values(next).compile(), ...this.#forget(row.id, gone)];
    return { state: next, queries, steps, hasPruned: gone.length > 0 };
  }

  /** The writes that take states away. */
  #forget(workspace: string, numbers: readonly number[]): CompiledQuery[] {
    if (numbers.length === 0) return [];
    const query = this.#options.db
      .deleteFrom('workspace_snapshots')
      .where('workspace', '=', workspace)
      .where('number', 'in', numbers);
    return [query.compile()];
  }

  forgetState({ row }: Workspace, number: number): CompiledQuery[] {
    return this.#forget(row.id, [number]);
  }

  /** After its commit: the state is the current one, and the plain copy, where there is one, follows. */
  async advance(workspace: Workspace, next: NextState, copy?: OpenCopy): Promise<void> {
    workspace.head = next.state;
    if (next.hasPruned) this.sweepSoon(workspace);
    await this.#copies.advance(workspace, next.steps, copy);
  }

  /** After a commit of which nobody knows whether it was made: the database does. */
  async recheck(workspace: Workspace): Promise<void> {
    const { row, head } = workspace;
    workspace.head = await this.headOf(row.id);
    if (workspace.head.root !== head.root) await this.#copies.close(row.id);
  }

  /**
   * Waits for the turn to change a workspace, for who has no deadline. @returns what gives it on
   * @throws CrankError `overloaded` after half a minute; `not-found` where it was removed meanwhile
   */
  async takeTurn(workspace: Workspace): Promise<() => void> {
    const { account, name } = workspace.row;
    const leave = await workspace.turn.take(AbortSignal.timeout(PATIENCE_MS)).catch(() => {
      const detail = `Others write to the workspace ${name} for longer than this waits: try again soon.`;
      throw new CrankError('overloaded', detail, { retryAfter: 5 });
    });
    try {
      if ((await this.find(account, name)) === workspace) return leave;
      throw noWorkspace(account, name);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** After a restore: what is plain is of another state. */
  async replace(workspace: Workspace, next: NextState): Promise<void> {
    workspace.head = next.state;
    if (next.hasPruned) this.sweepSoon(workspace);
    await this.#copies.close(workspace.row.id);
  }

  /** Removes what no state has any more, once nobody changes it; and again when what is young now is not. */
  sweepSoon(workspace: Workspace, ms = SWEEP_MS): void {
    const { id } = workspace.row;
    if (this.#sweeps.has(id)) return;
    const timer = setTimeout(() => {
      this.#sweeps.delete(id);
      this.#sweep(workspace).catch((error: unknown) => this.#options.log(error, 'a workspace could not be swept'));
      if (ms === SWEEP_MS) this.sweepSoon(workspace, 2 * GRACE_MS);
    }, ms);
    this.#sweeps.set(id, timer.unref());
  }

  async #sweep(workspace: Workspace): Promise<void> {
    const leave = await workspace.turn.take();
    try {
      await this.sweepNow(workspace, GRACE_MS);
    } finally {
      leave();
    }
  }

  /** The same at once, for who has the turn. @param graceMs what is younger stays */
  async sweepNow(workspace: Workspace, graceMs = 0): Promise<void> {
    const roots = (await this.states(workspace)).map(({ root }) => root);
    if (roots.length > 0) await this.worker.sweep(workspace.place, roots, Date.now() - graceMs);
  }

  /** The writes that take one away. */
  removal({ row }: Workspace): CompiledQuery[] {
    const { db } = this.#options;
    return [
      db.deleteFrom('workspace_snapshots').where('workspace', '=', row.id).compile(),
      db.deleteFrom('workspaces').where('id', '=', row.id).compile(),
    ];
  }

  /** After its removal was committed: its key is forgotten, and its content deleted. */
  async drop({ row, place }: Workspace): Promise<void> {
    clearTimeout(this.#sweeps.get(row.id));
    this.#known.delete(`${row.account}/${row.name}`);
    await this.#copies.close(row.id);
    await this.worker.forget(place.folder);
    place.key.fill(0);
    await this.worker.remove([place.folder]);
  }

  /** Deletes folders of objects that no workspace has: of one that was never committed, or only half removed. */
  async tidy(): Promise<void> {
    const { db, folder } = this.#options;
    const ids = new Set((await db.selectFrom('workspaces').select('id').execute()).map(({ id }) => id));
    for (const name of readdirSync(folder))
      if (name.startsWith('ws_') && !ids.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }

  /** Wipes what is plain. */
  async close(): Promise<void> {
    for (const timer of this.#sweeps.values()) clearTimeout(timer);
    await this.worker.close();
    this.#copies.closeAll();
  }
}

const contextOf = ({ account, id }: Pick<WorkspaceRow, 'account' | 'id'>): string => `workspace ${account} ${id}`;

const noWorkspace = (account: string, name: string): CrankError =>
  new CrankError(
    'not-found',
    `There is no workspace "${name.slice(0, 80)}" in the account ${account}: \`crank workspace list\` lists what there is.`,
  );

/**
 * Numbers of states that need not be kept: beyond their number or age, or where what came after them takes more than the quota.
 *
 * @param states the newest first
 */
export const stale = (
  row: Pick<WorkspaceRow, 'keep_snapshots' | 'keep_ms' | 'quota_bytes'>,
  states: readonly WorkspaceSnapshotRow[],
  now: number,
): number[] => {
  let later = 0;
  return states.flatMap(({ number, made_at, added_bytes }, i) => {
    const isOver =
      i > row.keep_snapshots || later > row.quota_bytes || (row.keep_ms !== null && now - made_at > row.keep_ms);
    later += added_bytes;
    return i > 0 && isOver ? [number] : [];
  });
};
