import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lives, type Process, processesAround } from './processes.ts';

/** What a node that has ended must not leave: one line for each thing that it did. @param known processes that it once had */
export const leftBy = (node: { pid: number; data: string }, known: Iterable<Process>): string[] => {
  const left: string[] = [];
  for (const one of known) if (lives(one)) left.push(`process ${one.pid}, once ${one.depth} below the node`);
  for (const pid of processesAround(node.data)) left.push(`process ${pid} with something of the node's folder`);
  for (const name of readdirSync(join(node.data, 'scratch'))) left.push(`folder scratch/${name}`);
  for (const line of readFileSync('/proc/self/mountinfo', 'latin1').split('\n')) {
    if (line.includes(node.data)) left.push(`mount ${line.split(' ')[4]}`);
  }
  for (const path of controlGroupsOf(node.pid)) left.push(`control group ${path}`);
  return left;
};

/** Folders of a node's control groups, in every hierarchy. */
export const controlGroupsOf = (pid: number): string[] => {
  const found: string[] = [];
  const look = (folder: string, depth: number): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = `${folder}/${entry.name}`;
      if (entry.name.startsWith(`crank-${pid}-`)) found.push(path);
      else if (depth < 2) look(path, depth + 1);
    }
  };
  try {
    look('/sys/fs/cgroup', 0);
  } catch {
    // There is none, or it is not open to us.
  }
  return found;
};
