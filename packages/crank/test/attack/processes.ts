import { readdirSync, readFileSync } from 'node:fs';

/** The children of every process of the host (proc(5), stat: field 4, behind the name in parentheses). */
const family = (): Map<number, number[]> => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [state, parent] = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
      if (state === 'Z') continue; // dead, and not yet buried
      const known = children.get(Number(parent));
      if (known === undefined) children.set(Number(parent), [Number(name)]);
      else known.push(Number(name));
    } catch {
      // it ended while we looked
    }
  }
  return children;
};

const isNode = (pid: number | undefined): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('/node/bin/node\0');
  } catch {
    return false; // there is none, or it ended while we looked
  }
};

export const descendantsOf = (pid: number, children = family()): number[] =>
  (children.get(pid) ?? []).flatMap((child) => [child, ...descendantsOf(child, children)]);

/**
 * Processes that belong to no sandbox of ours as it should be: bubblewrap, its pid 1, one zygote, its lines, and for each
 * of them at most the one child that waits for the next call, with a Node beside it where the service is a module for that.
 */
export const strays = (node: number): string[] => {
  const children = family();
  const of = (pid: number): number[] => children.get(pid) ?? [];
  const found: string[] = [];
  for (const bubblewrap of of(node)) {
    for (const init of of(bubblewrap)) {
      const [zygote, ...others] = of(init);
      found.push(...others.map((pid) => `${pid} beside the zygote`));
      if (zygote === undefined) continue;
      for (const line of of(zygote)) {
        // Of a module for Node, the program that the child works with was started before it.
        const waiting = of(line);
        const [child, ...more] = isNode(waiting[0]) ? waiting.slice(1) : waiting;
        found.push(...more.map((pid) => `${pid} beside a call's process`));
        if (child !== undefined) found.push(...descendantsOf(child, children).map((pid) => `${pid} below a call`));
      }
    }
  }
  return found;
};
