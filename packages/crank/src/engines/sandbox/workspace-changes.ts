import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { type WorkspaceChange, wrongWorkspaceLink, wrongWorkspacePath } from '#src/core/workspace.ts';
import { ProtocolViolation } from './frames.ts';
import type { SandboxCall, WorkspaceChanges } from './sandbox.ts';

/** What a call changed in its workspaces, as its slot tells it. Nothing of that is believed before it was looked at. */
export interface ChangeReader {
  /** The body of a CHANGE frame. @throws ProtocolViolation */
  change(body: Buffer): void;
  /** The body of a CONTENT frame. @throws ProtocolViolation */
  content(body: Buffer): void;
  /** One thing cannot be kept, so nothing will be: more need not be told. */
  readonly isRefused: boolean;
  /** More has come in than should wait to be written; settles when that is. */
  readonly isBehind: boolean;
  caughtUp(): Promise<void>;
  /** Nothing more comes. */
  told(): void;
  /** All was told: a slot that died before that leaves half of it. */
  readonly isWhole: boolean;
  /** What was told, by name of the workspace: all of it, or the first thing that cannot be kept. */
  finish(): Promise<WorkspaceChanges>;
  /** Deletes what was written. */
  discard(): Promise<void>;
}

/** Changes of one call at most, and in what they are told. */
const MOST_CHANGES = 200_000;
const MOST_PENDING = 1024 * 1024;
/** What making a file counts for among the bytes that wait. */
const OPENING = 1024;

type Told = (string | number | boolean)[];

/** One workspace that may be written. */
interface Target {
  name: string;
  stage: string;
  /** Bytes that it may still take. */
  room: number;
  changes: WorkspaceChange[];
  /** By path: whether it is a folder that was told. */
  paths: Map<string, boolean>;
}

export const createChangeReader = ({ workspaces = [] }: Pick<SandboxCall, 'workspaces'>): ChangeReader => {
  const targets = workspaces.map(({ name, write }): Target | undefined =>
    write === undefined ? undefined : { name, stage: write.stage, room: write.bytes, changes: [], paths: new Map() },
  );
  let count = 0;
  let refused: WorkspaceChanges['refused'];
  let file: { left: number } | undefined;
  /** Open while its content comes. */
  let handle: FileHandle | undefined;
  let tail: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  let pending = 0;
  let isWhole = false;

  const after = (bytes: number, work: () => Promise<unknown>): void => {
    pending += bytes;
    tail = tail.then(async () => {
      try {
        if (failure === undefined) await work();
      } catch (error) {
        failure = { error };
      }
      pending -= bytes;
    });
  };

  const close = async (): Promise<void> => {
    await handle?.close();
    handle = undefined;
  };

  const refuse = (workspace: string, path: string, why: string, full = false): void => {
    refused ??= { workspace, path: path.toWellFormed().slice(0, 1_024), why, full };
  };

  const take = (told: Told): void => {
    const [number, what, path, ...rest] = told;
    const target = typeof number === 'number' ? targets[number] : undefined;
    if (target === undefined || typeof path !== 'string') throw new ProtocolViolation('a change of no workspace');
    if (refused !== undefined) return;
    const wrong =
      ++count > MOST_CHANGES
        ? `is one of more than ${MOST_CHANGES} changes`
        : what === 'refused'
          ? String(rest[0]).toWellFormed().slice(0, 200)
          : wrongWorkspacePath(path);
    if (wrong !== undefined) {
      refuse(target.name, path, wrong);
      return;
    }
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    // What stands behind a link or a file, or comes twice, can only be invented.
    if ((parent !== '' && target.paths.get(parent) !== true) || target.paths.has(path))
      throw new ProtocolViolation('a change out of its order');
    target.paths.set(path, what === 'folder');
    if (what === 'folder') target.changes.push({ type: 'folder', path, fresh: rest[0] === true });
    else if (what === 'removed') target.changes.push({ type: 'removed', path });
    else if (what === 'link') takeLink(target, path, String(rest[0]));
    else if (what === 'file') takeFile(target, path, rest[0], rest[1] === true);
    else throw new ProtocolViolation('a change of no kind');
  };

  const takeLink = (target: Target, path: string, to: string): void => {
    const wrong = wrongWorkspaceLink(path, to);
    if (wrong === undefined) target.changes.push({ type: 'link', path, target: to });
    else refuse(target.name, path, `is a symbolic link that ${wrong}`);
  };

  const takeFile = (target: Target, path: string, size: unknown, executable: boolean): void => {
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw new ProtocolViolation('a file of no size');
    target.room -= size as number;
    if (target.room < 0) {
      refuse(target.name, path, 'is more than the workspace has room for', true);
      return;
    }
    const content = `${target.stage}/${randomBytes(12).toString('hex')}`;
    target.changes.push({ type: 'file', path, executable, size: size as number, content });
    file = size === 0 ? undefined : { left: size as number };
    after(OPENING, async () => {
      handle = await open(content, 'wx', 0o600);
      if (size === 0) await close();
    });
  };

  return {
    change: (body) => {
      if (file !== undefined) throw new ProtocolViolation('a change within the content of a file');
      for (const told of parseTold(body)) take(told);
    },
    content: (body) => {
      if (refused !== undefined) return; // it is told to stop; what is under way is nobody's
      if (file === undefined || body.length > file.left) throw new ProtocolViolation('content of no file');
      file.left -= body.length;
      const last = file.left === 0;
      if (last) file = undefined;
      after(body.length, async () => {
        await handle!.writeFile(body);
        if (last) await close();
      });
    },
    get isRefused() {
      return refused !== undefined;
    },
    get isBehind() {
      return pending > MOST_PENDING;
    },
    caughtUp: () => tail,
    told: () => {
      isWhole = file === undefined;
    },
    get isWhole() {
      return isWhole || refused !== undefined;
    },
    finish: async () => {
      await tail;
      await close();
      if (failure !== undefined) throw failure.error;
      return {
        ...(refused && { refused }),
        changed: new Map(targets.flatMap((target) => (target === undefined ? [] : [[target.name, target.changes]]))),
      };
    },
    discard: async () => {
      await tail;
      await close();
      for (const target of targets)
        for (const change of target?.changes ?? [])
          if (change.type === 'file') await rm(change.content, { force: true });
    },
  };
};

const parseTold = (body: Buffer): Told[] => {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new ProtocolViolation('changes that are not JSON');
  }
  if (!Array.isArray(value) || !value.every((one) => Array.isArray(one)))
    throw new ProtocolViolation('changes that are no list');
  return value as Told[];
};
