import { readFile } from 'node:fs/promises';
import { childrenOf } from './host-pid.ts';

/**
 * Memory that a sandbox holds while it is idle, bytes: what its zygote has for itself, and what each line has beyond that
 * (the rest it shares with its zygote, page by page).
 *
 * @param pid of what was launched; the zygote is two levels below, its lines three
 */
export const residentOf = async (pid: number): Promise<number> => {
  let sum = 0;
  for (const init of await childrenOf(pid)) {
    for (const zygote of await childrenOf(init)) {
      const base = await anonymousOf(zygote);
      sum += base;
      for (const line of await childrenOf(zygote)) sum += Math.max(0, (await anonymousOf(line)) - base);
    }
  }
  return sum;
};

/** proc(5): RssAnon, which everybody may read; 0 where the process has ended. */
const anonymousOf = async (pid: number): Promise<number> => {
  try {
    return 1024 * Number(/^RssAnon:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return 0;
    throw error;
  }
};
