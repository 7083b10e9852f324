import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import type { CopyStep } from './tree.ts';

/**
 * A state of a workspace as files that a sandbox can see: readable for its user alone. What stands in it came from a tree, so
 * that no folder on the way to anything is a link.
 */

/** Whose the files are, where that is not who we are. */
export type CopyOwner = { uid: number; gid: number } | undefined;

const FOLDER = 0o700;
const modeOf = (executable: boolean): number => (executable ? 0o700 : 0o600);
/** How much is done at one time before others have their turn. */
const TURN = 200;

export const makeFolder = (path: string, owner: CopyOwner): void => {
  mkdirSync(path, { mode: FOLDER });
  chmodSync(path, FOLDER);
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
};

/** Gives a file that has its content the mode and owner of the copy. */
export const finishFile = (path: string, executable: boolean, owner: CopyOwner): void => {
  chmodSync(path, modeOf(executable));
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
};

export const makeLink = (path: string, target: string, owner: CopyOwner): void => {
  symlinkSync(target, path);
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
};

/** Takes steps in a copy that nobody looks at. Content moves into it. */
export const takeSteps = async (root: string, steps: readonly CopyStep[], owner: CopyOwner): Promise<void> => {
  for (const [i, step] of steps.entries()) {
    const path = `${root}/${step.path}`;
    if (step.type === 'remove') rmSync(path, { recursive: true, force: true });
    else if (step.type === 'folder') makeFolder(path, owner);
    else if (step.type === 'link') makeLink(path, step.target, owner);
    else {
      finishFile(step.content, step.executable, owner);
      renameSync(step.content, path);
    }
    if (i % TURN === TURN - 1) await breathe();
  }
};

/** Makes another copy of the same state: files are the same ones under more names, so that takes no room and little time. */
export const cloneCopy = async (from: string, to: string, owner: CopyOwner): Promise<void> => {
  makeFolder(to, owner);
  let done = 0;
  const walk = async (below: string): Promise<void> => {
    for (const entry of readdirSync(`${from}${below}`, { withFileTypes: true })) {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        makeFolder(`${to}${path}`, owner);
        await walk(path);
      } else if (entry.isSymbolicLink()) makeLink(`${to}${path}`, readlinkSync(`${from}${path}`), owner);
      else linkSync(`${from}${path}`, `${to}${path}`);
      if (++done % TURN === 0) await breathe();
    }
  };
  await walk('');
};

/** Removes a copy, also where its folders cannot be listed. */
export const removeCopy = (path: string): void => {
  try {
    if (lstatSync(path).isDirectory()) chmodSync(path, FOLDER);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  rmSync(path, { recursive: true, force: true });
};
