import { rmSync } from 'node:fs';
import type { CompiledQuery } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import type { Limits } from '#src/core/service.ts';
import type { WantedWorkspaces, WorkspaceMode } from '#src/core/workspace.ts';
import type { CallWorkspace, Sandbox, SandboxTemplate, WorkspaceChanges } from '#src/engines/sandbox/sandbox.ts';
import type { OpenCopy } from './workspace-copies.ts';
import { askedWorkspaces } from './workspace-grant.ts';
import { type NextState, type Workspace, Workspaces } from './workspaces.ts';

/** Writers that wait for one workspace at most. */
const MOST_WAITING = 64;

interface Held {
  workspace: Workspace;
  mode: WorkspaceMode;
  copy: OpenCopy | undefined;
  /** Gives the turn on to the next writer. */
  leave: (() => void) | undefined;
  stage: string | undefined;
  /** Root of the state that the call sees. */
  before: string;
  next: NextState | undefined;
}

interface Ran {
  sandbox: Pick<Sandbox, 'prepare'>;
  template: SandboxTemplate;
  limits: Limits;
}

/** The workspaces of one call: the states that it sees, which nobody changes before it has ended, and what it makes of them. */
export class CallWorkspaces {
  readonly #workspaces: Workspaces;
  readonly #held: Held[] = [];
  #ran: Ran | undefined;

  private constructor(workspaces: Workspaces) {
    this.#workspaces = workspaces;
  }

  /**
   * Gets the turn of those that may be written, and opens all. In the order of their names, so that no two calls wait for one
   * another.
   *
   * @param until as of Date.now(): when waiting ends
   * @param late what is thrown then
   * @throws CrankError `not-found` and `unavailable` too
   */
  static async hold(
    workspaces: Workspaces,
    account: string,
    wanted: WantedWorkspaces,
    { until, signal, late }: { until: number; signal: AbortSignal; late: () => CrankError },
  ): Promise<CallWorkspaces> {
    const call = new CallWorkspaces(workspaces);
    const either = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, until - Date.now()))]);
    try {
      for (const { name, mode } of askedWorkspaces(wanted)) await call.#take(account, name, mode, until, either);
      return call;
    } catch (error) {
      await call.end(false);
      if (signal.aborted) throw new CrankError('cancelled', 'The caller went away before the call began.');
      throw either.aborted && !(error instanceof CrankError) ? late() : error;
    }
  }

  async #take(account: string, name: string, mode: WorkspaceMode, until: number, signal: AbortSignal): Promise<void> {
    const workspace = await this.#workspaces.find(account, name);
    const held: Held = {
      workspace,
      mode,
      copy: undefined,
      leave: undefined,
      stage: undefined,
      before: '',
      next: undefined,
    };
    this.#held.push(held);
    if (mode === 'write') {
      if (workspace.turn.waiting >= MOST_WAITING)
        throw new CrankError(
          'overloaded',
          `${MOST_WAITING} calls wait to write to the workspace ${name}: try again soon.`,
          { retryAfter: 2 },
        );
      held.leave = await workspace.turn.take(signal);
      // It may have been removed while we waited.
      if ((await this.#workspaces.find(account, name)) !== workspace) throw removed(name);
      held.stage = this.#workspaces.stage();
    }
    held.copy = await this.#workspaces.use(workspace, until, signal);
    held.before = held.copy.root;
  }

  /** For the sandbox that is to see them. */
  get template(): NonNullable<SandboxTemplate['workspaces']> {
    return this.#held.map(({ workspace, copy }) => ({ name: workspace.row.name, folder: copy!.folder }));
  }

  /** For the call. */
  get call(): CallWorkspace[] {
    return this.#held.map(({ workspace, copy, stage }) => ({
      name: workspace.row.name,
      state: copy!.state,
      ...(stage !== undefined && { write: { stage, bytes: workspace.row.quota_bytes } }),
    }));
  }

  /** For the receipt. Members stand in canonical order. */
  get record(): { after: string; before: string; mode: WorkspaceMode; name: string }[] {
    return this.#held.map(({ workspace: { row }, mode, before, next }) => ({
      after: Workspaces.digestOf(row, next?.state.root ?? before),
      before: Workspaces.digestOf(row, before),
      mode,
      name: row.name,
    }));
  }

  /** What commits the new states, in the same transaction as the receipt. */
  get queries(): CompiledQuery[] {
    return this.#held.flatMap(({ next }) => next?.queries ?? []);
  }

  /** Encrypts what the call changed. @throws CrankError `invalid-output`, `workspace-full`: then nothing of it is kept */
  async take({ changed, refused }: WorkspaceChanges, by: string): Promise<void> {
    if (refused !== undefined) throw cannotKeep(refused);
    try {
      for (const held of this.#held) {
        const changes = changed.get(held.workspace.row.name) ?? [];
        if (held.mode === 'write' && changes.length > 0)
          held.next = await this.#workspaces.change(held.workspace, changes, by);
      }
    } catch (error) {
      for (const held of this.#held) held.next = undefined;
      throw error;
    }
  }

  /** The plain copies follow what was committed, and others have their turn. @param isCommitted false: perhaps not */
  async end(isCommitted: boolean): Promise<void> {
    const held = this.#held.splice(0);
    try {
      for (const { workspace, next, copy } of held) {
        if (next === undefined) continue;
        if (isCommitted) await this.#workspaces.advance(workspace, next, copy);
        else await this.#workspaces.recheck(workspace);
      }
    } finally {
      for (const { copy, leave, stage } of held.reverse()) {
        copy?.release();
        if (stage !== undefined) rmSync(stage, { recursive: true, force: true });
        leave?.();
      }
      if (this.#ran !== undefined) this.#plan(this.#ran, held);
    }
  }

  /** Notes what it ran in, so that the next call like it finds that ready. */
  ran(sandbox: Pick<Sandbox, 'prepare'>, template: SandboxTemplate, limits: Limits): void {
    this.#ran = { sandbox, template, limits };
  }

  #plan({ sandbox, template, limits }: Ran, held: readonly Held[]): void {
    const workspaces = held.toReversed().flatMap(({ workspace, mode }): CallWorkspace[] => {
      const { name, quota_bytes: bytes } = workspace.row;
      const state = this.#workspaces.stateName(workspace);
      return state === undefined ? [] : [{ name, state, ...(mode === 'write' && { write: { stage: '', bytes } }) }];
    });
    if (workspaces.length === held.length) sandbox.prepare(template, { workspaces, limits });
  }
}

const cannotKeep = ({ workspace, path, why, full }: NonNullable<WorkspaceChanges['refused']>): CrankError =>
  full
    ? new CrankError(
        'workspace-full',
        `"${path}" ${why}: what the call wrote to ${workspace} is above its quota, holes in files counted. Nothing was changed. Raise it: \`crank workspace set ${workspace} --quota ...\`.`,
      )
    : new CrankError(
        'invalid-output',
        `"${path}", which the call left in the workspace ${workspace}, ${why}. Nothing was changed. What is kept are regular files, folders and relative links that stay inside.`,
      );

const removed = (name: string): CrankError =>
  new CrankError('not-found', `The workspace ${name} was removed while the call waited for it.`);
