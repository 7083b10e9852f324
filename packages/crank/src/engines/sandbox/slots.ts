import { randomBytes, randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Limits } from '#src/core/service.ts';
import type { ServiceGroup } from './control-groups.ts';
import { type End, parseEnd } from './end-frame.ts';
import {
  bareFrame,
  callFrame,
  frameDecoder,
  longestFrame,
  ProtocolViolation,
  spawnFrame,
  toHost,
  toSandbox,
  watchFrame,
} from './frames.ts';
import { encloseLine } from './line-group.ts';
import { isStartedApart, ownOfNode } from './node-parts.ts';
import { onAbort } from './on-abort.ts';
import { createReceiver, NotBegun } from './receiver.ts';
import type { SandboxCall, SandboxResult, SandboxTemplate } from './sandbox.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { skipTo } from './skip-to.ts';
import { absentSlot, deepestOf, type Entry, fits, measured, reasonFor, type Slot, withFigures } from './slot.ts';
import { suspecting } from './suspect.ts';

/** The slots of a zygote: each runs one fresh call after another, in a new process for each. */
export interface Slots {
  run(call: SandboxCall, kind: number, files: string): Promise<SandboxResult>;
  /** The zygote's news: the slot has ended (body: as of an END frame). */
  ended(line: number, body: Buffer): void;
  /** The zygote's news: the slot's process runs (body: its number inside). */
  started(line: number, body: Buffer): void;
  /** The zygote is gone. */
  close(why: string): Promise<void>;
}

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

/** Milliseconds that a slot, and then its zygote, gets to end what it was told to end. */
const obedience = 1000;
const [sweepEvery, startMs, idleMs] = [10, 10_000, 10_000];
/** Where there is no control group, a call that took longer is charged what its slot says it used, not itself. */
const believedMs = 50;
const cpus = availableParallelism();

export const createSlots = ({
  process,
  template,
  outFolder,
  spares,
  usual,
  most,
  group: around,
  killZygote,
  distrust,
}: SlotOptions): Slots => {
  const waiting: Entry[] = [];
  let sweeper: NodeJS.Timeout | undefined;
  let gone = false;

  const suspect = suspecting(process.pid, killZygote);
  const tell = (frame: Buffer): void => {
    if (!gone) process.control.write(frame);
  };

  const slots = Array.from({ length: most }, (_, i) =>
    absentSlot(i + 1, process.channels[2 * i]!, process.channels[2 * i + 1]!, template.limits),
  );

  const open = (slot: Slot, limits: Limits): void => {
    const nonce = randomBytes(16);
    let unsynced = 2;
    const agreed = (): void => {
      if (--unsynced > 0) return;
      slot.state = 'idle';
      slot.since = performance.now();
      pump();
    };
    slot.state = 'starting';
    slot.since = performance.now();
    slot.limits = limits;
    Object.assign(slot, { entry: undefined, held: undefined, spoilt: false, killedAt: undefined, watched: false });
    const onData = frameDecoder(longestFrame(template.limits), (type, id, body) => onFrame(slot, type, id, body));
    const onWord = frameDecoder(longestFrame(template.limits), (type, id, body) => onGone(slot, type, id, body));
    slot.isBetweenFrames = onData.isBetweenFrames;
    slot.data.removeAllListeners('data').on(
      'data',
      skipTo(nonce, agreed, (chunk) => readData(slot, onData, chunk)),
    );
    slot.word.removeAllListeners('data').on('data', skipTo(nonce, agreed, distrust(onWord)));
    slot.nonce = nonce;
    tell(spawnFrame(slot.line, limits, nonce));
    sweeper ??= setInterval(sweep, sweepEvery);
  };

  /** Its slot waits for the nonce before it starts anything, so all of that will be in its group. */
  const greet = async (slot: Slot, inner: number): Promise<void> => {
    const { nonce } = slot;
    if (around !== undefined) {
      const group = await encloseLine(around, process, inner, slot.limits, slot.group, ownOfNode(template));
      if (group === undefined) return; // it has ended: the zygote will say so
      slot.group = group;
      if (gone) await group.remove();
    }
    if (gone || slot.state !== 'starting' || nonce === undefined || slot.nonce !== nonce) return;
    slot.data.write(nonce);
    slot.word.write(nonce);
  };

  /** What the call's own process says. A violation is the end of that call and its slot. */
  const readData = (slot: Slot, decode: (chunk: Buffer) => void, chunk: Buffer): void => {
    if (gone || slot.state === 'dying') return;
    try {
      decode(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      if (slot.state === 'busy') fail(slot, 'crashed', `The script's process was stopped: ${error.message}.`);
      dismiss(slot);
    }
  };

  const onFrame = (slot: Slot, type: number, id: number, body: Buffer): void => {
    const { entry } = slot;
    if (entry === undefined || slot.state !== 'busy' || entry.id !== id) {
      throw new ProtocolViolation('it wrote to the result channel out of turn');
    }
    if (type === toHost.end) {
      const end = parseEnd(body);
      slot.state = 'ending';
      slot.since = performance.now();
      if (mustWait(slot, entry)) slot.held = Buffer.from(body);
      else settle(slot, end);
    } else entry.receiver.take(type, body);
  };

  /** Subprocesses are counted at their end; and where no group counts, what a call says of itself is not enough. */
  const mustWait = ({ limits, group }: Slot, { receiver }: Entry): boolean =>
    limits.subprocesses > 0 || (group === undefined && performance.now() - receiver.startedAt > believedMs);

  const settle = (slot: Slot, end: End): void => {
    slot.entry?.receiver.end({ ...end, ...measured(slot, end.cpuNs) });
    slot.entry = undefined;
  };

  const fail = (slot: Slot, code: 'crashed', detail: string): void => {
    slot.entry?.receiver.fail(code, detail);
    slot.entry = undefined;
  };

  /** The slot's own word on the end of the call's process. */
  const onGone = (slot: Slot, type: number, id: number, body: Buffer): void => {
    if (type !== toHost.gone) throw new ProtocolViolation(`a frame of type ${type} from a slot`);
    const end = parseEnd(body);
    // What it said before it ended may come behind this: the two channels are read in no order.
    if (slot.state !== 'idle') setImmediate(distrust(() => finish(slot, id !== 0, end)));
    else if (id === 0) throw new ProtocolViolation('a call has ended that was not made');
    else die(slot); // killed while it waited for its call, which is no lie of anybody's
  };

  const finish = (slot: Slot, last: boolean, end: End): void => {
    if (slot.state === 'busy') bury(slot, end);
    else if (slot.state !== 'ending') return;
    else if (slot.held !== undefined) settle(slot, withFigures(parseEnd(slot.held), end));
    slot.held = undefined;
    slot.since = performance.now();
    if (last) slot.state = 'dying';
    // A frame that it began would be the next call's to end.
    else if (slot.spoilt || slot.data.writableLength > 0 || !slot.isBetweenFrames()) dismiss(slot);
    else {
      slot.state = 'idle';
      pump();
    }
  };

  /** The call's process is gone. */
  const bury = (slot: Slot, { result, cpuNs, peakBytes, truncatedBytes, stdout, stderr }: End): void => {
    // It may have answered, and only its slot did not say in time that it has ended.
    if (slot.held !== undefined) settle(slot, parseEnd(slot.held));
    if (slot.entry === undefined) return;
    const { receiver, call } = slot.entry;
    slot.entry = undefined;
    const killed = slot.group !== undefined && slot.group.outOfMemory() > slot.before.outOfMemory;
    const { code, detail } = receiver.stopped ?? reasonFor(call, result, cpuNs, killed);
    receiver.fail(code, detail, { ...measured(slot, cpuNs), peakBytes, truncatedBytes, stdout, stderr });
  };

  const die = (slot: Slot): void => {
    slot.state = 'dying';
    slot.since = performance.now();
    sweeper ??= setInterval(sweep, sweepEvery);
  };

  /** Ends a slot with all that is in it. */
  const dismiss = (slot: Slot): void => {
    die(slot);
    tell(bareFrame(toSandbox.kill, slot.line));
  };

  const assign = (slot: Slot, entry: Entry): void => {
    const { call, kind, files } = entry;
    slot.state = 'busy';
    slot.spoilt = isStartedApart(template, kind);
    slot.entry = entry;
    entry.slot = slot;
    entry.receiver.startedAt = performance.now();
    slot.since = entry.receiver.startedAt;
    if (slot.group !== undefined) {
      slot.before.cpuNs = slot.group.cpuNs();
      slot.before.outOfMemory = slot.group.outOfMemory();
    }
    slot.data.write(callFrame(entry.id, kind, call.operation, call.input, call.context, files, call.limits));
  };

  /** Gives waiting calls to slots, and sees to it that there will be slots. */
  const pump = (): void => {
    if (gone) return;
    for (let i = 0; i < waiting.length; ) {
      const entry = waiting[i]!;
      const slot = entry.receiver.settled
        ? undefined
        : slots.find((one) => one.state === 'idle' && fits(one, entry.call, template));
      if (slot !== undefined) assign(slot, entry);
      if (slot !== undefined || entry.receiver.settled) waiting.splice(i, 1);
      else i++;
    }
    provide();
  };

  const provide = (): void => {
    let coming = 0;
    let ready = 0;
    let absent = 0;
    for (const { state } of slots) {
      if (state === 'absent') absent++;
      if (state === 'starting') coming++;
      else if (state === 'idle' || state === 'ending') ready++;
    }
    const [first] = waiting;
    let free = usual + deepestOf(waiting) - (most - absent);
    let wanted = (first === undefined ? Math.max(0, spares - ready) : waiting.length) - coming;
    for (const slot of slots) {
      if (wanted <= 0) return;
      if (slot.state !== 'absent' || free-- <= 0) continue;
      open(slot, first?.call.limits ?? template.limits);
      wanted--;
    }
    // All there may be are there, and those that are idle were made for other limits.
    if (first !== undefined && wanted > 0) {
      const other = slots.find((slot) => slot.state === 'idle' && !fits(slot, first.call, template));
      if (other !== undefined) dismiss(other);
    }
  };

  const remove = (slot: Slot, end: End): void => {
    if (gone) return;
    const before = slot.state;
    slot.state = 'absent';
    bury(slot, end);
    if (before === 'starting' && end.result.kind === 'failed') {
      // Nobody would be served by trying for ever.
      const { code, detail } = end.result;
      for (const { receiver } of waiting.splice(0)) receiver.fail(code, detail);
    } else pump();
  };

  const stop = (entry: Entry): void => {
    const { slot, receiver } = entry;
    if (slot === undefined) {
      // It has not begun.
      if (receiver.stopped !== undefined) receiver.fail(receiver.stopped.code, receiver.stopped.detail);
    } else if (slot.entry === entry) stopSlot(slot);
  };

  const stopSlot = (slot: Slot): void => {
    if (slot.killedAt !== undefined) return;
    slot.killedAt = performance.now();
    // Read too late, the order would meet the next call: after it there is none.
    slot.spoilt = true;
    slot.word.write(bareFrame(toSandbox.kill, 0));
  };

  const sweep = (): void => {
    const now = performance.now();
    let occupied = false;
    for (const slot of slots) {
      if (slot.state !== 'absent' && slot.state !== 'idle') occupied = true;
      const took = now - slot.since;
      if (slot.state === 'starting' && took > startMs) killZygote('it did not start a process when told to');
      else if (slot.state === 'dying' && took > 2 * obedience) suspect(took);
      else if (slot.state === 'ending' && took > obedience) dismiss(slot);
      else if (slot.state === 'busy') watch(slot, now);
    }
    if (!occupied && waiting.length === 0) {
      clearInterval(sweeper);
      sweeper = undefined;
    }
  };

  const watch = (slot: Slot, now: number): void => {
    const { receiver, call } = slot.entry!;
    const ran = now - receiver.startedAt;
    if (slot.killedAt !== undefined) {
      if (now - slot.killedAt < obedience) return;
      const { code, detail } = receiver.stopped!;
      receiver.fail(code, detail);
      slot.entry = undefined;
      dismiss(slot);
    } else if (ran > call.limits.wallMs) {
      const detail = `The call was stopped: it had used the ${call.limits.wallMs} ms of time that it may take.`;
      receiver.stopped ??= { code: 'timeout', detail, at: now };
      stopSlot(slot);
    } else if (!slot.watched && ran > call.limits.cpuMs / cpus) {
      slot.watched = slot.spoilt = true;
      slot.word.write(watchFrame(0, call.limits.cpuMs * 1e6));
    }
  };

  /** After a while without calls one spare slot is enough. */
  const thinner = setInterval(() => {
    const now = performance.now();
    const idle = slots.filter(({ state, since }) => state === 'idle' && now - since > idleMs);
    const live = slots.filter(({ state }) => state !== 'absent').length;
    for (const slot of idle.slice(0, Math.min(idle.length, live - 1))) dismiss(slot);
  }, idleMs);
  thinner.unref();
  // A child may shut its channel down for all that come after it.
  for (const { data, word } of slots) {
    for (const socket of [data, word])
      socket.once('close', () => !gone && killZygote('one of its channels was closed'));
  }
  for (const slot of slots.slice(0, spares)) open(slot, template.limits);

  return {
    run: (call, kind, files) => {
      if (gone) return Promise.reject(new NotBegun('its zygote has ended'));
      const id = randomInt(2 ** 32);
      const receiver = createReceiver(
        id,
        call,
        outFolder,
        (frame, sent) => {
          if (entry.slot?.entry !== entry || entry.slot.state !== 'busy') return;
          entry.slot.spoilt = true;
          entry.slot.data.write(frame, sent);
        },
        () => stop(entry),
      );
      const entry: Entry = { call, kind, files, id, receiver, slot: undefined };
      waiting.push(entry);
      pump();
      sweeper ??= setInterval(sweep, sweepEvery);
      return receiver.result.finally(onAbort(call.signal, receiver, () => stop(entry)));
    },
    ended: (line, body) => {
      const slot = slots[line - 1];
      if (slot === undefined || slot.state === 'absent') throw new ProtocolViolation(`slot ${line} cannot have ended`);
      const end = parseEnd(body);
      // Its last words, on its own channels, are read by the end of the next turn.
      setImmediate(() => setImmediate(() => remove(slot, end)));
    },
    started: (line, body) => {
      const slot = slots[line - 1];
      if (slot?.state !== 'starting' || body.length !== 4)
        throw new ProtocolViolation(`slot ${line} cannot have started`);
      greet(slot, body.readUInt32LE(0)).catch((error: unknown) => {
        killZygote(`its process could not be put in a control group (${(error as Error).message})`);
      });
    },
    close: async (why) => {
      gone = true;
      clearInterval(sweeper);
      clearInterval(thinner);
      const detail = `The sandbox of this service was stopped: ${why}.`;
      for (const slot of slots) {
        const receiver = slot.entry?.receiver;
        receiver?.fail(receiver.stopped?.code ?? 'crashed', receiver.stopped?.detail ?? detail);
      }
      for (const { receiver } of waiting.splice(0)) receiver.abandon(new NotBegun(why));
      await Promise.all(slots.map(({ group }) => group?.remove()));
    },
  };
};
