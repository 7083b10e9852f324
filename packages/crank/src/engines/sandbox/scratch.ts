import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';

/** Folders of one sandbox engine for files on their way in and out. */
export interface Scratch {
  /** Below it stands one folder per zygote; sandboxes see theirs. */
  calls: string;
  /** Sockets of containers, one folder for each. */
  channels: string;
  /** File results, readable by us only. */
  out: string;
  remove(): Promise<void>;
}

/** Makes the folders, and removes those of nodes that died without doing so. */
export const createScratch = async (scratchDir: string): Promise<Scratch> => {
  await mkdir(scratchDir, { recursive: true });
  await chmod(scratchDir, 0o711);
  await removeOrphans(scratchDir);
  const root = `${scratchDir}/node-${process.pid}-${startTime(process.pid)}-${randomBytes(4).toString('hex')}`;
  const calls = `${root}/calls`;
  const channels = `${root}/channels`;
  const out = `${root}/out`;
  for (const [folder, mode] of [
    [root, 0o711],
    [calls, 0o711],
    [channels, 0o711],
    [out, 0o700],
  ] as const) {
    await mkdir(folder);
    await chmod(folder, mode);
  }
  return { calls, channels, out, remove: () => removeTree(root) };
};

const removeOrphans = async (scratchDir: string): Promise<void> => {
  for (const name of await readdir(scratchDir)) {
    const owner = /^node-(\d+)-(\d+)-[0-9a-f]+$/.exec(name);
    if (owner === null || startTime(Number(owner[1])) === owner[2]) continue;
    await removeTree(`${scratchDir}/${name}`);
  }
};

/** When a process was started, in ticks since boot: with its number it names it for good. '' where there is none. */
export const startTime = (pid: number): string => {
  try {
    // proc(5): field 22, behind the name in parentheses, which may contain anything
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ')[19]!;
  } catch {
    return '';
  }
};

/** Folders of input files cannot be listed, also not by us when we are not root. */
const removeTree = async (root: string): Promise<void> => {
  const calls = `${root}/calls`;
  for (const name of await readdir(calls).catch(() => [])) await chmod(`${calls}/${name}`, 0o700);
  await rm(root, { recursive: true, force: true });
};
