import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import { removeCopy } from '#src/engines/workspaces/plain-copy.ts';
import type { CopyStep } from '#src/engines/workspaces/tree.ts';
import type { Workspace, WorkspaceOptions } from './workspaces.ts';

/** A plain copy of a state that somebody looks at. */
export interface OpenCopy {
  /** Of the host: bound into sandboxes, with a folder for each state. */
  folder: string;
  /** Name of the folder within it. */
  state: string;
  /** Of which state of the workspace it is: digest of its topmost folder. */
  root: string;
  /** It is not looked at any more. */
  release(): void;
}

interface State {
  name: string;
  root: string;
  users: number;
  /** There is a newer one: it goes with its last user. */
  isOld: boolean;
}

interface Copy {
  folder: string;
  state: State;
  /** Settles when it can be looked at. */
  ready: Promise<void>;
  /** Bytes that were decrypted so far, and that there are; undefined once it is open. */
  progress: { done: number; all: number } | undefined;
  users: number;
  idle: NodeJS.Timeout | undefined;
  isClosed: boolean;
}

/** Folders that can be passed through and not listed: what is in them has names that only the platform knows. */
const UNLISTED = 0o311;
/** How long a call waits for a workspace to be opened, at most: longer than that its caller had better come again. */
const PATIENCE_MS = 10_000;
const SPARE_BYTES = 64 * 1024 * 1024;

const unlisted = (path: string): string => {
  mkdirSync(path);
  chmodSync(path, UNLISTED);
  return path;
};
const secretName = (): string => randomBytes(16).toString('hex');

/** Plain copies of the current states of workspaces, while they are used. */
export const openCopies = ({ worker, openFolder, owner, idleMs, log }: WorkspaceOptions) => {
  const copies = new Map<string, Copy>();
  const stageFolder = join(openFolder, 'stage');
  mkdirSync(stageFolder, { mode: 0o700 });

  const wipe = (paths: string[]): Promise<void> =>
    worker.remove(paths).catch((error: unknown) => log(error, 'a plain copy of a workspace could not be removed'));

  const begin = ({ place, head, row }: Workspace): Copy => {
    const folder = unlisted(join(openFolder, secretName()));
    const state = { name: secretName(), root: head.root, users: 0, isOld: false };
    const progress = { done: 0, all: head.bytes };
    const open = async (): Promise<void> => {
      const { bavail, bsize } = await statfs(openFolder);
      if (bavail * bsize < head.bytes + SPARE_BYTES)
        throw new CrankError(
          'unavailable',
          `There is no room on this node to open the workspace ${row.name}: it has ${head.bytes} bytes, and ${bavail * bsize} are free.`,
          { retryAfter: 60 },
        );
      await worker.open([place, head.root, join(folder, state.name), owner], (done) => {
        progress.done = done;
      });
    };
    const copy: Copy = {
      folder,
      state,
      progress,
      users: 0,
      idle: undefined,
      isClosed: false,
      ready: Promise.resolve(),
    };
    copy.ready = open().then(
      () => {
        copy.progress = undefined;
        rest(row.id, copy);
      },
      async (error: unknown) => {
        if (copies.get(row.id) === copy) copies.delete(row.id);
        await wipe([folder]);
        throw error;
      },
    );
    copy.ready.catch(() => {}); // heard of by who waits for it
    copies.set(row.id, copy);
    return copy;
  };

  /** It goes when nobody has used it for a while. */
  const rest = (id: string, copy: Copy): void => {
    clearTimeout(copy.idle);
    if (copy.users > 0 || copy.isClosed) return;
    copy.idle = setTimeout(() => {
      if (copies.get(id) === copy && copy.users === 0) void close(id);
    }, idleMs).unref();
  };

  const close = async (id: string): Promise<void> => {
    const copy = copies.get(id);
    if (copy === undefined) return;
    copies.delete(id);
    copy.isClosed = true;
    clearTimeout(copy.idle);
    await copy.ready.catch(() => {});
    // Who still looks at it keeps it until then.
    if (copy.users === 0) await wipe([copy.folder]);
  };

  const lend = (id: string, copy: Copy): OpenCopy => {
    const { state } = copy;
    let isLent = true;
    copy.users++;
    state.users++;
    clearTimeout(copy.idle);
    return {
      folder: copy.folder,
      state: state.name,
      root: state.root,
      release: () => {
        if (!isLent) return;
        isLent = false;
        copy.users--;
        state.users--;
        if (copy.isClosed) {
          if (copy.users === 0) void wipe([copy.folder]);
        } else if (state.isOld && state.users === 0) void wipe([join(copy.folder, state.name)]);
        rest(id, copy);
      },
    };
  };

  return {
    /** @param until as of Date.now() @throws CrankError `unavailable` where it is not open by then */
    use: async (workspace: Workspace, until: number, signal: AbortSignal): Promise<OpenCopy> => {
      const { id, name } = workspace.row;
      for (;;) {
        const copy = copies.get(id) ?? begin(workspace);
        const ms = Math.max(0, Math.min(PATIENCE_MS, until - Date.now()));
        const { ready } = copy;
        if ((await within(ready, ms, signal)) === 'late') throw stillOpening(name, copy.progress);
        // It may have gone on to another state, or have been closed, while we waited.
        if (copies.get(id) === copy && copy.ready === ready) return lend(id, copy);
      }
    },

    stage: (): string => {
      const path = join(stageFolder, secretName());
      mkdirSync(path, { mode: 0o700 });
      return path;
    },

    /** The plain copy goes on to the next state. @param own that of who made it */
    advance: async ({ row, head }: Workspace, steps: CopyStep[], own: OpenCopy | undefined): Promise<void> => {
      const copy = copies.get(row.id);
      if (copy === undefined) return;
      if (copy.progress !== undefined) {
        // It is being made of the state before.
        await close(row.id);
        return;
      }
      const { state } = copy;
      const others = state.users - (own?.folder === copy.folder && own.state === state.name ? 1 : 0);
      // Under a new name in any case: a slot that waits has the old one, and would not see what becomes of it.
      const next = { name: secretName(), root: head.root, users: 0, isOld: false };
      const path = join(copy.folder, state.name);
      const isShared = others > 0;
      copy.ready = worker.advance(path, join(copy.folder, next.name), isShared, steps, owner).then(() => {
        copy.state = next;
        state.isOld = isShared;
        if (isShared && state.users === 0) void wipe([path]);
      });
      copy.ready.catch(() => {});
      try {
        await copy.ready;
      } catch (error) {
        // Half of a step may be done: it is made anew from what is encrypted.
        log(error, 'the plain copy of a workspace could not follow');
        await close(row.id);
      }
    },

    /** Name of the current state, where it can be looked at. */
    stateOf: (id: string): string | undefined => {
      const copy = copies.get(id);
      return copy?.progress === undefined ? copy?.state.name : undefined;
    },

    close,

    closeAll: (): void => {
      const open = [...copies];
      copies.clear();
      for (const [, copy] of open) clearTimeout(copy.idle);
      for (const path of [...open.map(([, { folder }]) => folder), stageFolder]) removeCopy(path);
    },
  };
};

const within = async (ready: Promise<void>, ms: number, signal: AbortSignal): Promise<'ready' | 'late'> => {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms);
    giveUp = () => resolve('late');
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([ready.then(() => 'ready' as const), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp!);
  }
};

const stillOpening = (name: string, progress: Copy['progress']): CrankError =>
  new CrankError(
    'unavailable',
    `The workspace ${name} is being opened: ${megabytes(progress?.done ?? 0)} of ${megabytes(progress?.all ?? 0)} MB are decrypted. Try again in a moment.`,
    { retryAfter: 5 },
  );

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
