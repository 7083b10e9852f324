import { readdirSync, readFileSync } from 'node:fs';

/** A process, named for good: numbers are used again. */
export interface Process {
  pid: number;
  /** Ticks since boot. */
  started: string;
  /** 1: a child of the process that was asked about. */
  depth: number;
  parent: number;
}

interface Stat {
  parent: number;
  state: string;
  started: string;
}

/** proc(5): fields 3, 4 and 22, behind the name in parentheses, which may contain anything. */
const statOf = (pid: number): Stat | undefined => {
  try {
    const [state, parent, ...rest] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
    return { state: state!, parent: Number(parent), started: rest[17]! };
  } catch {
    return undefined; // it has ended
  }
};

const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** All that a process has started, and what that has started; zombies are none. */
export const descendants = (root: number): Process[] => {
  const children = new Map<number, Process[]>();
  for (const pid of allPids()) {
    const stat = statOf(pid);
    if (stat === undefined || stat.state === 'Z') continue;
    const { parent, started } = stat;
    children.set(parent, [...(children.get(parent) ?? []), { pid, started, parent, depth: 0 }]);
  }
  const found: Process[] = [];
  const visit = (pid: number, depth: number): void => {
    for (const child of children.get(pid) ?? []) {
      found.push({ ...child, depth });
      visit(child.pid, depth + 1);
    }
  };
  visit(root, 1);
  return found;
};

/** Whether it still runs. */
export const lives = ({ pid, started }: Process): boolean => {
  const stat = statOf(pid);
  return stat !== undefined && stat.started === started && stat.state !== 'Z';
};

/** Processes other than ours that name a path in their command line or have something of it mounted. */
export const processesAround = (path: string): number[] =>
  allPids().filter((pid) => {
    if (pid === process.pid) return false;
    for (const file of ['cmdline', 'mountinfo']) {
      try {
        if (readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(path)) return true;
      } catch {
        // It has ended, or is not ours to look into.
      }
    }
    return false;
  });
