import type { Limits } from '#src/core/service.ts';
import type { CallWorkspace, PlannedCall } from './sandbox.ts';
import type { Slot } from './slot.ts';

/** Slots of one zygote that wait for calls with workspaces, at most. */
const MOST_WAITING = 3;

/** Name, state, bytes that may be written or null: as `runtime/crank_runtime/spaces.py` reads it. */
type Mount = [name: string, state: string, bytes: number | null];

/** What a slot mounts for a call's workspaces; empty where it has none. */
export const mountsOf = ({ workspaces, limits }: PlannedCall): string =>
  workspaces === undefined
    ? ''
    : JSON.stringify(
        workspaces.map(
          ({ name, state, write }): Mount => [
            name,
            state,
            write === undefined ? null : Math.max(4096, Math.min(limits.tmpBytes, write.bytes)),
          ],
        ),
      );

/** Adds the memory that a call may take in what it writes to its workspaces, beside its /tmp. @param mounts as of `mountsOf` */
export const withWritable = <T extends { bytes: number }>(more: T, mounts: string): T =>
  mounts === ''
    ? more
    : {
        ...more,
        bytes: (JSON.parse(mounts) as Mount[]).reduce((sum, [, , bytes]) => sum + (bytes ?? 0), more.bytes),
      };

/** The same mounts with the states of now. */
const current = (mounts: string, workspaces: readonly CallWorkspace[]): string => {
  const states = new Map(workspaces.map(({ name, state }) => [name, state]));
  return JSON.stringify(
    (JSON.parse(mounts) as Mount[]).map(([name, state, bytes]): Mount => [name, states.get(name) ?? state, bytes]),
  );
};

/**
 * Which slots have to go, and what others are to be made with, so that one waits for a call like this, and none for states
 * that are not current any more.
 */
export const planOf = (
  slots: readonly Slot[],
  call: PlannedCall,
): { old: Slot[]; wanted: ReadonlyMap<string, Limits> } => {
  const wanted = new Map([[mountsOf(call), call.limits]]);
  const old: Slot[] = [];
  const waiting = slots
    .filter(({ state, workspaces }) => workspaces !== '' && (state === 'idle' || state === 'starting'))
    .sort((a, b) => b.since - a.since);
  let kept = 1;
  for (const slot of waiting) {
    const now = current(slot.workspaces, call.workspaces ?? []);
    if (now === slot.workspaces && (wanted.delete(now) || ++kept <= MOST_WAITING)) continue;
    // One that starts will find that the state is gone, or wait until it is looked at again.
    if (slot.state === 'idle') old.push(slot);
    if (now !== slot.workspaces && ++kept <= MOST_WAITING) wanted.set(now, slot.limits);
  }
  return { old, wanted };
};
