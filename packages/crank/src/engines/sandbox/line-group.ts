import type { ControlGroup, ServiceGroup } from './control-groups.ts';
import { hostPid } from './host-pid.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import type { Slot } from './slot.ts';
import { writableBytes } from './workspace-mounts.ts';

/** What a line and the copied pages of its call take beside the call's own memory; and processes of theirs. */
const ownBytes = 64 * 2 ** 20;
const ownPids = 2;

/**
 * Puts a line, which has not run anything of a call yet, in a group of its own.
 *
 * @param inner its pid as its zygote sees it
 * @param line what it was made for; its `group` is that of the line before it, used again
 * @returns `undefined` when the process has ended already
 */
export const encloseLine = async (
  around: ServiceGroup,
  process: SandboxProcess,
  inner: number,
  { limits, workspaces = '', group: kept }: Pick<Slot, 'limits' | 'group'> & Partial<Pick<Slot, 'workspaces'>>,
): Promise<ControlGroup | undefined> => {
  const init = await process.init;
  const pid = init === undefined ? undefined : await hostPid(init, inner);
  if (pid === undefined) return undefined;
  const group = kept ?? (await around.make());
  const { memoryBytes, tmpBytes, threads, subprocesses } = limits;
  const bytes = memoryBytes + tmpBytes + writableBytes(workspaces) + ownBytes;
  await group.enclose(pid, bytes, threads + subprocesses + ownPids);
  return group;
};
