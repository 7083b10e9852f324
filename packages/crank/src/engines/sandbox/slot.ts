import type { Socket } from 'node:net';
import type { ErrorCode } from '#src/core/error.ts';
import type { Limits } from '#src/core/service.ts';
import type { ControlGroup } from './control-groups.ts';
import type { End } from './end-frame.ts';
import { runsNode } from './node-parts.ts';
import type { Receiver } from './receiver.ts';
import type { SandboxCall, SandboxTemplate } from './sandbox.ts';

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

/** Whether a call can run in what its namespaces were made for. And in a Node, which was started for that. */
export const fits = (slot: Slot, { limits }: SandboxCall, template: SandboxTemplate): boolean =>
  slot.limits.tmpBytes === limits.tmpBytes &&
  slot.limits.subprocesses > 0 === limits.subprocesses > 0 &&
  (!runsNode(template) ||
    (slot.limits.cpuMs >= limits.cpuMs &&
      slot.limits.memoryBytes === limits.memoryBytes &&
      slot.limits.threads === limits.threads &&
      slot.limits.subprocesses === limits.subprocesses));

/** The kernel's figure where we have it; otherwise what the sandbox says. */
export const measured = ({ group, before }: Slot, cpuNs: number): Pick<End, 'cpuNs' | 'cpuSource'> =>
  group === undefined
    ? { cpuNs, cpuSource: 'sandbox-reported' }
    : { cpuNs: group.cpuNs() - before.cpuNs, cpuSource: 'cgroup' };

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
