import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** A cgroup (cgroups(7)): what runs in it is bounded and measured as a whole, by the kernel. */
export interface ControlGroup {
  /** Moves a process in; what it starts from then on is in it too. `pids`: processes and threads. */
  enclose(pid: number, memoryBytes: number, pids: number): Promise<void>;
  /** CPU that all in it have used so far, nanoseconds. Once it is removed, what was last read. */
  cpuNs(): number;
  /** How often the kernel has killed in it for want of memory. */
  outOfMemory(): number;
  /** Once nothing runs in it any more; a second time it does nothing. */
  remove(): Promise<void>;
}

/** Around all that runs one version for one account. */
export interface ServiceGroup {
  /** For the process that imports it. */
  readonly zygote: ControlGroup;
  /** For one that runs its calls. */
  make(): Promise<ControlGroup>;
  remove(): Promise<void>;
}

export interface ControlGroups {
  /** Such as `cgroup v2`. */
  name: string;
  /** CPU is shared evenly among the accounts that want it, and an account's share among its services. */
  service(account: string): Promise<ServiceGroup>;
  /** Removes what is left. */
  close(): Promise<void>;
}

/** The files of one hierarchy's version. CPU time is in nanoseconds in the first, microseconds in the second. */
interface Layout {
  name: string;
  /** One folder for each hierarchy that measures and bounds single calls. */
  bases: string[];
  /** The hierarchy that shares CPU out, where that is none of those; it ends with services. */
  weights: string | undefined;
  memoryMax: string;
  swapMax: string;
  pidsMax: string;
  cpu: { file: string; pattern: RegExp; unitNs: number };
  killed: { file: string; pattern: RegExp };
  /** Of CPU, and what one process outside counts. */
  weight: { file: string; ofOne: number; most: number };
}

const prefix = 'crank-';
const memoryShare = 0.8;

/**
 * The control groups that this process may use: none as an ordinary user, or where nobody lets us write to them.
 *
 * @returns why not, in words, where there are none
 */
export const findControlGroups = async (): Promise<ControlGroups | string> => {
  if (process.getuid?.() !== 0) return 'the node does not run as root';
  const layout = (await secondVersion()) ?? (await firstVersion());
  if (layout === undefined) return 'the controllers memory, pids and CPU accounting are not there or not open to us';
  const own = `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    for (const base of [...layout.bases, ...(layout.weights === undefined ? [] : [layout.weights])]) {
      await sweep(base);
      await mkdir(`${base}/${own}`);
    }
    if (layout.name === 'cgroup v2') await writeFile(`${layout.bases[0]}/${own}/cgroup.subtree_control`, wanted);
    // All sandboxes together never take the machine from the node.
    await setIn(layout.bases, own, layout.memoryMax, Math.floor(memoryShare * machineBytes()));
    // As many processes as there are CPUs: all sandboxes together would otherwise count as one beside what else runs.
    const { file, ofOne, most } = layout.weight;
    const everywhere = [...layout.bases, ...(layout.weights === undefined ? [] : [layout.weights])];
    await setIn(everywhere, own, file, Math.min(most, ofOne * availableParallelism()));
  } catch (error) {
    return (error as Error).message;
  }
  return createTree(layout, own);
};

/** NODE/ACCOUNT/SERVICE/{zygote,1,2,...}: only the leaves hold processes, as the second version demands. */
const createTree = (layout: Layout, own: string): ControlGroups => {
  const all = [...layout.bases, ...(layout.weights === undefined ? [] : [layout.weights])];
  const accounts = new Map<string, { path: string; services: number; ready: Promise<void> }>();
  let made = 0;
  const branch = async (path: string, controllers: string): Promise<void> => {
    for (const base of all) await mkdir(`${base}/${path}`);
    if (layout.name === 'cgroup v2') await writeFile(`${all[0]}/${path}/cgroup.subtree_control`, controllers);
  };
  const cut = async (path: string): Promise<void> => {
    for (const base of all) await removeTree(`${base}/${path}`);
  };
  const enter = (account: string): { path: string; services: number; ready: Promise<void> } => {
    const known = accounts.get(account);
    if (known !== undefined) return known;
    const path = `${own}/${++made}`;
    const entered = { path, services: 0, ready: branch(path, wanted) };
    accounts.set(account, entered);
    entered.ready.catch(() => accounts.delete(account));
    return entered;
  };
  return {
    name: layout.name,
    service: async (account) => {
      const around = enter(account);
      around.services++;
      await around.ready;
      const path = `${around.path}/${++made}`;
      await branch(path, '+memory +pids');
      const zygote = await makeGroup(layout, `${path}/zygote`, layout.weights && `${layout.weights}/${path}`);
      let leaves = 0;
      let removed: Promise<void> | undefined;
      return {
        zygote,
        make: () => makeGroup(layout, `${path}/${++leaves}`),
        remove: () => {
          removed ??= (async () => {
            await zygote.remove();
            await cut(path);
            if (--around.services > 0) return;
            accounts.delete(account);
            await cut(around.path);
          })();
          return removed;
        },
      };
    },
    close: () => cut(own),
  };
};

const wanted = '+memory +pids +cpu';

const secondVersion = async (): Promise<Layout | undefined> => {
  const mount = mounts('cgroup2')[0];
  if (mount === undefined) return undefined;
  try {
    const offered = (await readFile(`${mount.path}/cgroup.controllers`, 'utf8')).trim().split(' ');
    if (!offered.includes('memory') || !offered.includes('pids')) return undefined;
    await writeFile(`${mount.path}/cgroup.subtree_control`, wanted);
  } catch {
    return undefined; // read-only, or a folder with processes of its own: in a container
  }
  return {
    name: 'cgroup v2',
    bases: [mount.path],
    weights: undefined,
    memoryMax: 'memory.max',
    swapMax: 'memory.swap.max',
    pidsMax: 'pids.max',
    cpu: { file: 'cpu.stat', pattern: /usage_usec (\d+)/, unitNs: 1000 },
    killed: { file: 'memory.events', pattern: /oom_kill (\d+)/ },
    weight: { file: 'cpu.weight', ofOne: 100, most: 10_000 },
  };
};

const firstVersion = async (): Promise<Layout | undefined> => {
  const bases: string[] = [];
  for (const controller of ['memory', 'pids', 'cpuacct']) {
    const mount = mounts('cgroup').find(({ options }) => options.includes(controller));
    if (mount === undefined) return undefined;
    if (!bases.includes(mount.path)) bases.push(mount.path);
  }
  const cpu = mounts('cgroup').find(({ options }) => options.includes('cpu'))?.path;
  return {
    name: 'cgroup v1',
    bases,
    weights: cpu === undefined || bases.includes(cpu) ? undefined : cpu,
    memoryMax: 'memory.limit_in_bytes',
    swapMax: 'memory.memsw.limit_in_bytes',
    pidsMax: 'pids.max',
    cpu: { file: 'cpuacct.usage', pattern: /(\d+)/, unitNs: 1 },
    killed: { file: 'memory.oom_control', pattern: /oom_kill (\d+)/ },
    weight: { file: 'cpu.shares', ofOne: 1024, most: 262_144 },
  };
};

/** proc(5), /proc/self/mountinfo: ... mount point, options, `-`, type, source, super options. */
const mounts = (type: string): { path: string; options: string[] }[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [before, after] = line.split(' - ');
      const [kind, , options] = after?.split(' ') ?? [];
      return kind === type ? [{ path: before!.split(' ')[4]!, options: options!.split(',') }] : [];
    });

/** `share`: a folder that its processes join besides. */
const makeGroup = async (layout: Layout, name: string, share?: string): Promise<ControlGroup> => {
  const folders = layout.bases.map((base) => `${base}/${name}`);
  for (const folder of folders) await mkdir(folder);
  const open = (file: string): number => {
    for (const folder of folders) {
      try {
        return openSync(`${folder}/${file}`, 'r');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    throw new Error(`${name} has no ${file}`);
  };
  const handles = { cpu: open(layout.cpu.file), killed: open(layout.killed.file) };
  const text = Buffer.alloc(512);
  const read = (handle: number, pattern: RegExp): number =>
    Number(pattern.exec(text.toString('latin1', 0, readSync(handle, text, 0, text.length, 0)))?.[1] ?? 0);
  const last = { cpuNs: 0, outOfMemory: 0 };
  let limits = '';
  let removed: Promise<void> | undefined;
  return {
    enclose: async (pid, memoryBytes, pids) => {
      if (limits !== `${memoryBytes} ${pids}`) {
        // In the first version memory and swap together are never below memory alone: what is raised is raised there first.
        if (layout.name === 'cgroup v1' && limits !== '' && memoryBytes > Number.parseInt(limits, 10))
          await setIn(layout.bases, name, layout.swapMax, memoryBytes);
        await setIn(layout.bases, name, layout.memoryMax, memoryBytes);
        // Not there without swap accounting. In the first version it counts memory and swap together.
        await setIn(layout.bases, name, layout.swapMax, layout.name === 'cgroup v2' ? 0 : memoryBytes);
        await setIn(layout.bases, name, layout.pidsMax, pids);
        limits = `${memoryBytes} ${pids}`;
      }
      for (const folder of folders) await join(folder, pid);
      if (share !== undefined) await join(share, pid);
    },
    cpuNs: () => {
      if (removed === undefined) last.cpuNs = read(handles.cpu, layout.cpu.pattern) * layout.cpu.unitNs;
      return last.cpuNs;
    },
    outOfMemory: () => {
      if (removed === undefined) last.outOfMemory = read(handles.killed, layout.killed.pattern);
      return last.outOfMemory;
    },
    remove: () => {
      removed ??= (async () => {
        for (const handle of Object.values(handles)) closeSync(handle);
        for (const folder of folders) await removeTree(folder);
      })();
      return removed;
    },
  };
};

const setIn = async (bases: readonly string[], name: string, file: string, value: number): Promise<void> => {
  for (const base of bases) {
    try {
      await writeFile(`${base}/${name}/${file}`, String(value), { flag: 'r+' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
};

const join = async (folder: string, pid: number): Promise<void> => {
  try {
    await writeFile(`${folder}/cgroup.procs`, String(pid), { flag: 'r+' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended
  }
};

/** Of the machine, or of the container that we run in. */
export const machineBytes = (): number => Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

/** Removes the groups of nodes that were killed. */
const sweep = async (base: string): Promise<void> => {
  for (const name of await readdir(base)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await removeTree(`${base}/${name}`);
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A group can be removed a moment after the last process in it has ended; one that stays busy is left. */
const removeTree = async (folder: string): Promise<void> => {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) await removeTree(`${folder}/${entry.name}`);
      }
      await rmdir(folder);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY') throw error;
      await sleep(10);
    }
  }
};
