import type { Socket } from 'node:net';
import { CrankError } from '#src/core/error.ts';
import type { Limits } from '#src/core/service.ts';
import type { ControlGroup } from './control-groups.ts';
import type { Ground } from './create.ts';
import { bareFrame, frameDecoder, ProtocolViolation, taskFrame, toHost, toSandbox } from './frames.ts';
import { childrenOf } from './host-pid.ts';
import { demandReach } from './reachable.ts';
import type { SandboxTask } from './sandbox.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { takeFirst } from './zygote.ts';

type Bounds = Pick<SandboxTask['limits'], 'memoryBytes' | 'tmpBytes'>;

/** A sandbox for one task, which waits to be told what to work on. */
export interface TaskSandbox {
  readonly process: SandboxProcess;
  readonly group: Awaited<ReturnType<ServiceGroups>> | undefined;
  hasEnded(): boolean;
}

type ServiceGroups = Extract<Ground['groups'], object>['service'];
/** What a sandbox for tasks is made from; it may be made before there is one. */
export type TaskKind = Pick<SandboxTask, 'name' | 'account' | 'interpreter' | 'folders' | 'limits'>;

/** @throws CrankError `isolation-unavailable` where this cannot be had here */
export const launchTask = async (
  { driver, runtime, groups }: Ground,
  task: TaskKind,
  onConnection: ((socket: Socket) => void) | undefined,
): Promise<TaskSandbox> => {
  if (onConnection !== undefined && !driver.grouped) {
    throw new CrankError('isolation-unavailable', `Sandboxes made by ${driver.name} have no way out to a network yet.`);
  }
  const { limits, interpreter } = task;
  const libs = task.folders ?? [];
  if (driver.foreign !== undefined)
    for (const path of [interpreter, ...libs, runtime.path]) demandReach(path, driver.foreign, 'read');
  const group = typeof groups === 'string' ? undefined : await groups.service(task.account);
  try {
    const process = await driver.launch({
      mounts: { runtime: runtime.path, interpreter, libs, tmpBytes: limits.tmpBytes },
      given: {
        task: task.name,
        memory: limits.memoryBytes,
        cpu: Math.ceil(limits.cpuMs / 1000),
        file: limits.tmpBytes,
        processes: limits.processes,
        filters: { task: `/runtime/${task.name}.bpf` },
        channels: [],
      },
      channels: 0,
      onConnection,
      limits: boundsOf(limits),
      processes: limits.processes,
    });
    let ended = false;
    process.ended.then(() => {
      ended = true;
    });
    return { process, group, hasEnded: () => ended };
  } catch (error) {
    await group?.remove();
    throw error;
  }
};

/**
 * Runs work of the platform's own on what is anybody's, once, in a sandbox of its own (`runtime/crank_runtime/task.py`).
 *
 * @returns the answer, which is as good as what was worked on
 * @throws CrankError `not-deployable` where the task ended without an answer, ran over its time or broke the protocol
 */
export const runTask = async ({ process, group }: TaskSandbox, task: SandboxTask): Promise<Uint8Array> => {
  try {
    return await converse(process, task, group?.zygote);
  } finally {
    await group?.remove();
  }
};

/** Ends one that was not needed. */
export const dropTask = async ({ process, group }: TaskSandbox): Promise<void> => {
  process.kill();
  await process.ended;
  process.control.destroy();
  await group?.remove();
};

/** What container engines bound a sandbox by. */
const boundsOf = ({ memoryBytes, tmpBytes }: Bounds): Limits => ({
  ...{ wallMs: 0, cpuMs: 0, outputBytes: 0, fileBytes: 0, subprocesses: 0, threads: 0 },
  memoryBytes,
  tmpBytes,
});

const converse = async (
  process: SandboxProcess,
  { limits, request, signal }: SandboxTask,
  group: ControlGroup | undefined,
): Promise<Uint8Array> => {
  const answer = Promise.withResolvers<Uint8Array>();
  answer.promise.catch(() => {}); // it may fail before anybody waits for it
  const fail = (why: string): void => {
    answer.reject(new CrankError('not-deployable', why));
    process.kill();
  };
  const decode = frameDecoder(limits.answerBytes, (type, _, body) => {
    if (type !== toHost.done) throw new ProtocolViolation(`a frame of type ${type} from a task`);
    answer.resolve(Uint8Array.from(body));
  });
  process.control.on('data', (data) => {
    try {
      decode(data);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      fail(`it broke the protocol (${error.message})`);
    }
  });
  const timer = setTimeout(() => fail(`it took longer than ${limits.wallMs / 1000} s`), limits.wallMs);
  const abort = (): void => fail('the request was given up');
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  const ended = process.ended.then((how) => {
    const killed = (group?.outOfMemory() ?? 0) > 0;
    const said = process.output().trim().slice(-1000);
    const why = killed ? `it needed more than ${limits.memoryBytes} bytes of memory` : `it ended with ${how}`;
    answer.reject(new CrankError('not-deployable', said === '' ? why : `${why}: ${said}`));
    process.control.destroy();
  });
  try {
    const first = await process.init;
    for (const pid of first === undefined || group === undefined ? [] : [first, ...(await childrenOf(first))]) {
      await group?.enclose(pid, limits.memoryBytes, limits.processes);
      await takeFirst(pid);
    }
    process.control.write(bareFrame(toSandbox.load, 0));
    process.control.write(taskFrame(request));
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    process.kill();
    await ended;
  }
};
