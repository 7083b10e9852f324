import type { Limits } from '#src/core/service.ts';
import type { ControlGroup, ServiceGroup } from './control-groups.ts';
import { hostPid } from './host-pid.ts';
import type { SandboxProcess } from './sandbox-process.ts';

/** What a line and the copied pages of its call take beside the call's own memory; and processes of theirs. */
const ownBytes = 64 * 2 ** 20;
const ownPids = 2;

/**
 * Puts a line, which has not run anything of a call yet, in a group of its own.
 *
 * @param inner its pid as its zygote sees it
 * @param kept the group of the line before it, used again
 * @param more what a program takes that runs beside the call's process
 * @returns `undefined` when the process has ended already
 */
export const encloseLine = async (
  around: ServiceGroup,
  process: SandboxProcess,
  inner: number,
  { memoryBytes, tmpBytes, threads, subprocesses }: Limits,
  kept?: ControlGroup,
  more: { bytes: number; pids: number } = { bytes: 0, pids: 0 },
): Promise<ControlGroup | undefined> => {
  const init = await process.init;
  const pid = init === undefined ? undefined : await hostPid(init, inner);
  if (pid === undefined) return undefined;
  const group = kept ?? (await around.make());
  await group.enclose(
    pid,
    memoryBytes + tmpBytes + ownBytes + more.bytes,
    threads + subprocesses + ownPids + more.pids,
  );
  return group;
};
