import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { CrankError } from '#src/core/error.ts';
import type { Limits } from '#src/core/service.ts';
import { deepest } from './asks.ts';
import { bubblewrapDriver } from './bubblewrap-driver.ts';
import { type ContainerChoice, containerDriver } from './container/container-driver.ts';
import { type ControlGroups, findControlGroups, machineBytes } from './control-groups.ts';
import { installHint, thisDistribution } from './distribution.ts';
import type { Driver } from './driver.ts';
import { kinds } from './frames.ts';
import { findHost } from './host.ts';
import { createInputFolder } from './input-files.ts';
import { anyPython, findInterpreters, type Interpreter, type RejectedInterpreter } from './interpreter.ts';
import { demandLevel } from './level.ts';
import { containerUser } from './machine-facts.ts';
import { createNodeParts, limitsOfDescribing, ownThreads, runsNode } from './node-parts.ts';
import { createPool, loadOf, type Pool } from './pool.ts';
import { poolKey } from './pool-key.ts';
import { demandReach } from './reachable.ts';
import { residentOf } from './resident.ts';
import { prepareRuntime, type RuntimeFiles } from './runtime-files.ts';
import type { PlannedCall, Sandbox, SandboxTask, SandboxTemplate } from './sandbox.ts';
import { firstChannel } from './sandbox-process.ts';
import { createScratch, type Scratch } from './scratch.ts';
import { selfTest } from './self-test.ts';
import { SpareTasks } from './spare-tasks.ts';
import { launchTask, runTask } from './task.ts';
import { awaitZygote, type Log, type Zygote } from './zygote.ts';

export interface SandboxOptions {
  /** For files on their way in and out of calls. Made where missing; must be reachable for the sandbox's user. */
  scratchDir: string;
  /** For the runtime's own files; the same. */
  runtimeDir: string;
  /** Who runs inside when we are root. */
  uid?: number;
  gid?: number;
  bwrap?: string;
  /** Sandboxes are containers, of level `container`, and bubblewrap is not used. */
  container?: ContainerChoice;
  /** Folders that programs are run from, and whether they are read in sandboxes too: looked at by the self-test. */
  folders?: readonly { path: string; inside: boolean }[];
  log?: Log;
  /** Called when what runs outside of calls, code of the import, broke the protocol: `key` is the template's. */
  onViolation?: (key: string, violation: string) => void;
  /** Takes the connections that sandboxes with a network make to their way out: `key` is the template's. */
  onConnection?: (socket: Socket, key: string) => void;
  /** Calls that run at one time, per template, and how many more wait. */
  concurrency?: number;
  queue?: number;
  /** Slots of a zygote, each with a child, that wait for the next calls. */
  spares?: number;
  /** Milliseconds without a call after which a zygote ends. */
  idleMs?: number;
  /** Milliseconds that a module may take to be imported. */
  startMs?: number;
  /** Zygotes at one time; the one longest unused gives way. */
  zygotes?: number;
  /** Memory that they may hold together while they are idle; otherwise half of the machine's. The same gives way. */
  memoryBytes?: number;
}

/** The sandbox engine for Python: a zygote per template inside bubblewrap. */
export interface PythonSandbox extends Sandbox {
  /** Interpreters that work inside, and why others do not. */
  interpreters(): Promise<{ usable: Interpreter[]; rejected: RejectedInterpreter[] }>;
}

/** Calls that a warm process has before it, so that it never waits for the next one. */
const warmDepth = 16;
/** Warm processes that one zygote can start, one after the other dies. */
const warmLines = 8;
const housekeepingEvery = 30_000;

/** What all sandboxes of an engine stand on. */
export interface Ground {
  driver: Driver;
  runtime: RuntimeFiles;
  scratch: Scratch;
  /** Or why there are none. */
  groups: ControlGroups | string;
}

export const createSandbox = (options: SandboxOptions): PythonSandbox => {
  const log: Log = options.log ?? (() => {});
  const concurrency = options.concurrency ?? Math.max(8, 4 * availableParallelism());
  const idleMs = options.idleMs ?? 5 * 60_000;
  const pools = new Map<string, Pool>();
  const leaving = new Set<Promise<void>>();
  /** Retired while they were busy: they end with their last call. */
  const outgoing = new Set<Pool>();
  let ground: Promise<Ground> | undefined;
  let closed = false;
  /** What idle sandboxes held when that was last looked at, and may hold. */
  let held = 0;
  const mostHeld = options.memoryBytes ?? machineBytes() / 2;
  /** Calls at one time, per template; for containers, not known before one has run. */
  let width = options.container === undefined ? concurrency : undefined;

  /** What all sandboxes stand on, made once. A failure is not kept: the user may mend it while we run. */
  const stand = (): Promise<Ground> => {
    ground ??= (async () => {
      const host = options.container === undefined ? await findHost(options) : undefined;
      const user = host?.user ?? containerUser(options);
      const helper = anyPython();
      if (helper === undefined) {
        throw new CrankError(
          'isolation-unavailable',
          `No Python 3 was found: ${installHint('python3', thisDistribution())}.`,
        );
      }
      const runtime = await prepareRuntime(options.runtimeDir, helper, user);
      const scratch = await createScratch(options.scratchDir);
      const driver =
        host === undefined
          ? await containerDriver(options.container!, user, {
              interpreter: helper,
              runtime: runtime.path,
              folder: scratch.channels,
            })
          : bubblewrapDriver(host);
      width = driver.namespaces ? concurrency : 1;
      await driver.sweep();
      const groups = driver.grouped
        ? await findControlGroups()
        : `sandboxes are containers, which ${driver.name} limits`;
      return { driver, runtime, scratch, groups };
    })().catch((error: unknown) => {
      ground = undefined;
      throw error;
    });
    return ground;
  };

  const start = async (template: SandboxTemplate): Promise<Zygote> => {
    const { driver, runtime, scratch, groups } = await stand();
    demandLevel(template, options.container !== undefined);
    const group = typeof groups === 'string' ? undefined : await groups.service(template.account);
    const inputs = await createInputFolder(
      `${scratch.calls}/${randomBytes(8).toString('hex')}`,
      driver.foreign !== undefined,
    );
    // A warm one is described in a slot.
    const alone = oneByOne(template);
    const usual = alone ? 1 : (width ?? 1);
    const slots = alone ? 1 : usual + deepest;
    const before = performance.now();
    try {
      const parts = runsNode(template) ? await nodeParts(driver.foreign) : undefined;
      if (driver.foreign !== undefined) {
        for (const path of [template.interpreter, template.codeDir, ...template.libDirs, runtime.path]) {
          demandReach(path, driver.foreign, 'read');
        }
        for (const path of [scratch.calls, ...(template.workspaces ?? []).map(({ folder }) => folder)])
          demandReach(path, driver.foreign, 'enter');
      }
      const given = {
        code: '/code',
        entry: template.entry,
        libs: template.libDirs.map((_, i) => `/libs/${i}`),
        channels: linesOf(slots, template.isolation === 'warm' ? warmLines : 0),
        memory: template.limits.memoryBytes,
        processes: driver.grouped ? processesOf(template, slots) : 0,
        filters: filtersOf(template),
        namespaces: driver.namespaces,
      };
      const process = await driver.launch({
        mounts: {
          runtime: runtime.path,
          interpreter: template.interpreter,
          code: template.codeDir,
          libs: template.libDirs,
          parts,
          calls: inputs.path,
          workspaces: template.workspaces,
          tmpBytes: template.limits.tmpBytes,
        },
        given,
        channels: given.channels.flat().length,
        onConnection: template.network === true ? (socket) => options.onConnection?.(socket, template.key) : undefined,
        limits: template.limits,
        processes: processesOf(template, slots),
      });
      const zygote = await awaitZygote({
        ...{ process, template, inputs, outFolder: scratch.out, slots, log, namespaces: driver.namespaces },
        group,
        usual,
        spares: template.workspaces === undefined ? Math.min(usual, options.spares ?? 2) : 0,
        startMs: options.startMs ?? 60_000,
      });
      trim();
      log('debug', 'sandbox started', {
        template: template.key,
        pid: zygote.pid,
        ms: Math.round(performance.now() - before),
      });
      return zygote;
    } catch (error) {
      await group?.remove();
      await inputs.close();
      throw error;
    }
  };

  const nodeParts = createNodeParts(options.runtimeDir);
  const spares = new SpareTasks(async (kind) => launchTask(await stand(), kind, undefined));

  /** Whether its calls run one after the other: in one process, or in a container that holds but one. */
  const oneByOne = ({ isolation }: SandboxTemplate): boolean =>
    isolation === 'warm' || (options.container !== undefined && width === 1);

  const poolFor = (template: SandboxTemplate, depth = 0): Pool => {
    if (closed) throw new CrankError('unavailable', 'The sandbox is closed.');
    // There, what a call waits for would wait for that call: it gets a sandbox of its own.
    const key = depth > 0 && oneByOne(template) ? `${poolKey(template)}\0${depth}` : poolKey(template);
    const found = pools.get(key);
    if (found !== undefined) return found;
    makeRoom();
    const pool = createPool({
      start: () => start(template),
      onViolation: (violation) => {
        if (pools.get(key) === pool) void dismiss(key, 'it lied to the node');
        options.onViolation?.(template.key, violation);
      },
      concurrency: () => (template.isolation === 'warm' ? warmDepth : (width ?? 1)),
      queue: options.queue ?? 256,
    });
    pools.set(key, pool);
    return pool;
  };

  const dismiss = (key: string, reason: string): Promise<void> => {
    const pool = pools.get(key)!;
    pools.delete(key);
    return leave(pool, reason);
  };

  const leave = (pool: Pool, reason: string): Promise<void> => {
    const gone = pool.close(reason).finally(() => leaving.delete(gone));
    leaving.add(gone);
    return gone;
  };

  const longestUnused = (): string | undefined =>
    [...pools].filter(([, pool]) => pool.busy === 0).sort(([, a], [, b]) => a.lastUsed - b.lastUsed)[0]?.[0];

  const makeRoom = (): void => {
    if (pools.size < (options.zygotes ?? 64) && held < mostHeld) return;
    const idle = longestUnused();
    if (idle !== undefined) void dismiss(idle, 'it gave way to another service');
    else if (pools.size > 0) {
      throw new CrankError('overloaded', `All ${pools.size} sandboxes are busy with other services. Try again soon.`, {
        retryAfter: 1,
      });
    }
  };

  /** What idle sandboxes hold is bounded in sum: the one longest unused gives way until it fits. */
  const trim = (): void => {
    trimTo(mostHeld).catch((error: Error) => log('error', 'sandboxes could not be measured', { error: error.message }));
  };

  const trimTo = async (most: number): Promise<void> => {
    const sizes = new Map<string, number>();
    for (const [key, { pid }] of pools) if (pid !== undefined) sizes.set(key, await residentOf(pid));
    held = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    while (held > most) {
      const idle = longestUnused();
      if (idle === undefined) return; // all are at work: newcomers wait until one is not
      held -= sizes.get(idle) ?? 0;
      void dismiss(idle, 'sandboxes held more memory than they may');
    }
  };

  const housekeeping = setInterval(
    () => {
      for (const [key, pool] of pools) {
        if (pool.busy === 0 && Date.now() - pool.lastUsed > idleMs) void dismiss(key, 'nobody called it');
      }
      trim();
    },
    Math.min(housekeepingEvery, idleMs),
  );
  housekeeping.unref();

  const sandbox: PythonSandbox = {
    run: async (template, call) => {
      if (width === undefined) await stand();
      const pool = poolFor(template, call.depth);
      try {
        return await pool.run(within(call, template.limits));
      } finally {
        if (outgoing.size > 0 && pool.busy === 0 && outgoing.delete(pool)) leave(pool, 'its service was retired');
      }
    },

    get load() {
      return loadOf([...pools.values(), ...outgoing]);
    },
    prepare: (template, call) => pools.get(poolKey(template))?.prepare(within(call, template.limits)),

    describe: async (template, signal) => {
      const nothing = new Uint8Array(0);
      const limits = limitsOfDescribing(template);
      const call = { id: '', operation: '', input: nothing, context: nothing, files: [], limits, signal };
      const { outcome } = await poolFor(template).run(call, kinds.describe);
      if (outcome.type === 'value') return outcome.json;
      if (outcome.type !== 'failed') throw new CrankError('internal', `describing answered with a ${outcome.type}`);
      const unfit = outcome.code === 'script-error' || outcome.code === 'out-of-memory' || outcome.code === 'crashed';
      throw new CrankError(
        unfit ? 'not-deployable' : outcome.code,
        `${template.entry} cannot be described: ${outcome.detail}`,
        outcome.exception === undefined ? {} : { exception: outcome.exception },
      );
    },

    task: async (task, onConnection) => {
      if (closed) throw new CrankError('unavailable', 'The sandbox is closed.');
      try {
        const spare = onConnection === undefined ? await spares.take(task) : undefined;
        const answer = spare && (await runTask(spare, task).catch(whereItDied(task)));
        return answer ?? (await runTask(await launchTask(await stand(), task, onConnection), task));
      } finally {
        if (task.another) spares.prepare(task);
      }
    },

    level: (asked) => (options.container === undefined ? asked : 'container'),

    retire: async (key) => {
      const old = [...pools].filter(([name]) => name.startsWith(`${key}\0`));
      const idle = old.filter(([, pool]) => pool.busy === 0);
      for (const [name, pool] of old) {
        if (pool.busy === 0) continue;
        pools.delete(name);
        outgoing.add(pool);
      }
      await Promise.all(idle.map(([name]) => dismiss(name, 'its service was retired')));
    },

    interpreters: async () => {
      const { driver, runtime } = await stand();
      return findInterpreters((interpreter, code) => driver.tryInside(interpreter, code, runtime.path), driver.foreign);
    },

    selfTest: () => selfTest(sandbox, options, stand),

    close: async () => {
      closed = true;
      clearInterval(housekeeping);
      for (const pool of outgoing) void leave(pool, 'the node stops');
      await spares.close();
      await Promise.all([...[...pools.keys()].map((key) => dismiss(key, 'the node stops')), ...leaving]);
      const stood = await ground?.catch(() => undefined);
      if (typeof stood?.groups === 'object') await stood.groups.close();
      await stood?.scratch.remove();
    },
  };
  return sandbox;
};

/** One that waited may have been killed while it did: then the work is done in a new one. */
const whereItDied =
  ({ signal }: SandboxTask) =>
  (error: unknown): undefined => {
    if (!(error instanceof CrankError) || error.code !== 'not-deployable' || signal?.aborted) throw error;
  };

/** A call never gets more than its template was made for. */
const within = <T extends PlannedCall>(call: T, most: Limits): T => {
  const names = Object.keys(call.limits) as (keyof Limits)[];
  if (names.every((name) => call.limits[name] <= most[name])) return call;
  const limits = { ...call.limits };
  for (const name of names) limits[name] = Math.min(limits[name], most[name]);
  return { ...call, limits };
};

/** Processes and threads of a zygote and all its lines; where there are no control groups, nothing else counts its own. */
const processesOf = (template: SandboxTemplate, lines: number): number => {
  const { threads, subprocesses } = template.limits;
  return (lines + 2) * (threads + subprocesses + 2 + ownThreads(template)) + 8;
};

/** The descriptors of each line that a zygote can start: data and word of slots, then data of warm processes. */
const linesOf = (slots: number, warm: number): number[][] => [
  ...Array.from({ length: slots }, (_, i) => [firstChannel + 2 * i, firstChannel + 2 * i + 1]),
  ...Array.from({ length: warm }, (_, i) => [firstChannel + 2 * slots + i]),
];

const filtersOf = ({ network }: SandboxTemplate): Record<string, string> => {
  const suffix = network === true ? '-network' : '';
  return {
    zygote: `/runtime/zygote${suffix}.bpf`,
    line: `/runtime/line${suffix}.bpf`,
    'no-subprocess': '/runtime/no-subprocess.bpf',
  };
};
