import { readFile } from 'node:fs/promises';

/** What a process of the host has started; nothing when it has ended. */
export const childrenOf = async (pid: number): Promise<number[]> => {
  const text = await readIfThere(`/proc/${pid}/task/${pid}/children`);
  return text.trim().split(' ').filter(Boolean).map(Number);
};

/**
 * The host's number of a process that a zygote knows by another (proc(5): NSpid lists one for each namespace).
 *
 * @param init the sandbox's pid 1 on the host; the zygote is its only child
 * @returns `undefined` when it has ended already
 */
export const hostPid = async (init: number, inner: number): Promise<number | undefined> => {
  const [zygote] = await childrenOf(init);
  if (zygote === undefined) return undefined;
  for (const pid of await childrenOf(zygote)) {
    const status = await readIfThere(`/proc/${pid}/status`);
    const numbers = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
    // The last is the line's own (1), the one before it the zygote's.
    if (numbers.at(-2) === inner) return pid;
  }
  return undefined;
};

/** Whether a process, or one up to so many levels below it, is stopped (proc(5): state T), as by SIGSTOP. */
export const isStopped = async (pid: number, levels: number): Promise<boolean> => {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  if (stat.split(') ').at(-1)!.startsWith('T')) return true;
  if (levels > 0) for (const child of await childrenOf(pid)) if (await isStopped(child, levels - 1)) return true;
  return false;
};

const readIfThere = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
};
