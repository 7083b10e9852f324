import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { ErrorCode } from '#src/core/error.ts';
import type { Limits } from '#src/core/service.ts';
import type { ControlGroup, ServiceGroup } from './control-groups.ts';
import type { End } from './end-frame.ts';
import { toHost } from './frames.ts';
import { runsNode } from './node-parts.ts';
import type { Receiver } from './receiver.ts';
import type { SandboxCall, SandboxTemplate } from './sandbox.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { mountsOf } from './workspace-mounts.ts';

export interface SlotOptions {
  process: SandboxProcess;
  template: SandboxTemplate;
  outFolder: string;
  /** Slots that are kept ready, those there may be for calls that nothing waits for, and all that there may be. */
  spares: number;
  usual: number;
  most: number;
  /** Around the zygote and all that it starts, where the machine lets us have one. */
  group: ServiceGroup | undefined;
  killZygote: (why: string) => void;
  /** Wraps what handles bytes that only the zygote's own code can have written; a violation is its end. */
  distrust: <A>(handle: (argument: A) => void) => (argument: A) => void;
}

/** A call on its way to a slot, or in it. */
export interface Entry {
  call: SandboxCall;
  kind: number;
  files: string;
  id: number;
  receiver: Receiver;
  slot: Slot | undefined;
}

/**
 * absent: no process. starting: asked for. idle: its next child waits for a call. busy: with a call. ending: that has
 * answered, and its process has not ended yet. dying: it is not used again.
 */
export type State = 'absent' | 'starting' | 'idle' | 'busy' | 'ending' | 'dying';

export interface Slot {
  line: number;
  data: Socket;
  word: Socket;
  state: State;
  /** What its namespaces were made for. */
  limits: Limits;
  /** What its calls see (`mountsOf`); empty: it is for those that have none. */
  workspaces: string;
  since: number;
  /** With which it begins (`frames.py`). */
  nonce: Buffer | undefined;
  /** Around it, where the machine lets us have one. */
  group: ControlGroup | undefined;
  /** What its group had used and suffered when the call began. */
  before: { cpuNs: number; outOfMemory: number };
  entry: Entry | undefined;
  /** The call's END, held back until the slot has said what it used. */
  held: Buffer | undefined;
  /** It was told more than one call: what it has not read, the next child would. */
  spoilt: boolean;
  killedAt: number | undefined;
  watched: boolean;
  /** Whether nothing of a frame has been read from `data`. */
  isBetweenFrames: () => boolean;
}

export const absentSlot = (line: number, data: Socket, word: Socket, limits: Limits): Slot => ({
  line,
  data,
  word,
  state: 'absent',
  limits,
  workspaces: '',
  since: 0,
  nonce: undefined,
  group: undefined,
  before: { cpuNs: 0, outOfMemory: 0 },
  entry: undefined,
  held: undefined,
  spoilt: false,
  killedAt: undefined,
  watched: false,
  isBetweenFrames: () => true,
});

/** Where there is no control group, a call that took longer is charged what its slot says it used, not itself. */
const believedMs = 50;

/** Whether a call can run in what its namespaces were made for. And in a Node, which was started for that. */
export const fits = (slot: Slot, call: SandboxCall, template: SandboxTemplate): boolean =>
  slot.limits.tmpBytes === call.limits.tmpBytes &&
  slot.limits.subprocesses > 0 === call.limits.subprocesses > 0 &&
  slot.workspaces === mountsOf(call) &&
  (!runsNode(template) ||
    (slot.limits.cpuMs >= call.limits.cpuMs &&
      slot.limits.memoryBytes === call.limits.memoryBytes &&
      slot.limits.threads === call.limits.threads &&
      slot.limits.subprocesses === call.limits.subprocesses));

/** Calls for which no slot is being made. */
export const unmet = (slots: readonly Slot[], waiting: readonly Entry[], template: SandboxTemplate): Entry[] => {
  if (waiting.length === 0) return [];
  const coming = slots.filter(({ state }) => state === 'starting');
  return waiting.filter(({ call }) => {
    const i = coming.findIndex((slot) => fits(slot, call, template));
    if (i >= 0) coming.splice(i, 1);
    return i < 0;
  });
};

/**
 * Whether a call's end stands only when its slot has said that, too. Subprocesses are counted at their end; where no group
 * counts, what a call says of itself is not enough; and what it changed in workspaces its slot tells.
 */
export const mustWait = ({ limits, group }: Slot, { receiver }: Entry): boolean =>
  limits.subprocesses > 0 ||
  (group === undefined && performance.now() - receiver.startedAt > believedMs) ||
  receiver.changes !== undefined;

/** The kernel's figure where we have it; otherwise what the sandbox says. */
export const measured = ({ group, before }: Slot, cpuNs: number): Pick<End, 'cpuNs' | 'cpuSource'> =>
  group === undefined
    ? { cpuNs, cpuSource: 'sandbox-reported' }
    : { cpuNs: group.cpuNs() - before.cpuNs, cpuSource: 'cgroup' };

/**
 * Reads what a slot tells of changes, no faster than that is written, within the call's time.
 *
 * @returns whether the rest need not be told
 */
export const readChange = (slot: Slot, type: number, body: Buffer): boolean => {
  const { receiver, call } = slot.entry ?? {};
  slot.since = performance.now();
  const changes = receiver?.changes;
  if (receiver === undefined || changes === undefined) return false; // it has failed meanwhile
  if (performance.now() - receiver.startedAt > call!.limits.wallMs) {
    const detail = `The call was stopped: it had used the ${call!.limits.wallMs} ms of time that it may take, before all that it changed was read.`;
    receiver.stopped ??= { code: 'timeout', detail, at: performance.now() };
  }
  if (receiver.stopped !== undefined) return true;
  if (type === toHost.change) changes.change(body);
  else changes.content(body);
  if (changes.isBehind && !slot.word.isPaused()) {
    slot.word.pause();
    changes.caughtUp().then(() => slot.word.resume());
  }
  return changes.isRefused;
};

/** Of calls that wait for slots, within how many others the deepest is: so many slots more there may be. */
export const deepestOf = (waiting: readonly Entry[]): number =>
  waiting.reduce((most, { call }) => Math.max(most, call.depth ?? 0), 0);

/** Why a call's process ended without an answer. `result`: in the slot's words, which knows no call's limits. */
export const reasonFor = (
  { limits }: SandboxCall,
  result: End['result'],
  cpuNs: number,
  outOfMemory: boolean,
): { code: ErrorCode; detail: string } => {
  if (result.kind !== 'failed') return { code: 'crashed', detail: "The script's process ended before it answered." };
  if (result.code === 'timeout' || cpuNs >= limits.cpuMs * 1e6) {
    const detail = `The call was stopped: it had used the ${limits.cpuMs} ms of CPU time that it may take.`;
    return { code: 'timeout', detail };
  }
  if (outOfMemory) {
    const detail = `The script needed more than its ${limits.memoryBytes} bytes of memory and ${limits.tmpBytes} of /tmp.`;
    return { code: 'out-of-memory', detail };
  }
  return result;
};

/** What a call said, with its slot's figures: what it started is in those only. */
export const withFigures = (said: End, { cpuNs, peakBytes }: End): End => ({
  ...said,
  cpuNs,
  peakBytes: Math.max(said.peakBytes, peakBytes),
});
