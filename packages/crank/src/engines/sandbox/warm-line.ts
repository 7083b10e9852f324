import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { ControlGroup, ServiceGroup } from './control-groups.ts';
import { type End, parseEnd } from './end-frame.ts';
import {
  bareFrame,
  callFrame,
  frameDecoder,
  kinds,
  longestFrame,
  ProtocolViolation,
  spawnFrame,
  toHost,
  toSandbox,
  watchFrame,
} from './frames.ts';
import { encloseLine } from './line-group.ts';
import { onAbort } from './on-abort.ts';
import { createReceiver, NotBegun, type Receiver } from './receiver.ts';
import type { SandboxCall, SandboxResult, SandboxTemplate } from './sandbox.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { reasonFor } from './slot.ts';

/** The warm process of a zygote. It answers one call after the other, in the order in which they were sent. */
export interface WarmLine {
  run(call: SandboxCall, files: string): Promise<SandboxResult>;
  /** The zygote's news: the process of this channel exists (body: its number inside), is ready, or has ended (body: as of
   * an END frame). */
  started(channel: number, body: Buffer): void;
  spawned(channel: number): void;
  ended(channel: number, body: Buffer): void;
  /** The zygote is gone. */
  close(why: string): Promise<void>;
  /** All channels are used up. */
  readonly spent: boolean;
}

export interface WarmLineOptions {
  process: SandboxProcess;
  template: SandboxTemplate;
  outFolder: string;
  /** The lines before ours are slots. */
  slots: number;
  group: ServiceGroup | undefined;
  killZygote: (why: string) => void;
  distrust: <A>(handle: (argument: A) => void, from: 'call') => (argument: A) => void;
}

interface Entry {
  receiver: Receiver;
  sentAt: number;
  sentTo: Line | undefined;
  /** It has met a process that ended between two calls, or has said something: another end is its own. */
  begun: boolean;
  frame: () => Buffer;
}

/** Each warm process has a channel of its own, so that no byte of a dead one is taken for its successor's. */
interface Line {
  channel: number;
  socket: Socket;
  closed: boolean;
  lastWords: Buffer | undefined;
  group: ControlGroup | undefined;
  /** Frames for a process that is not in its group yet; `undefined` from then on. */
  held: Buffer[] | undefined;
  /** CPU nanoseconds that calls were already charged with; those of its start belong to none. */
  cpuNs: number;
  watched: boolean;
  /** When it was told to end. */
  killedAt: number | undefined;
}

const sourceOf = ({ group }: Line): NonNullable<End['cpuSource']> =>
  group === undefined ? 'sandbox-reported' : 'cgroup';

const sweepEvery = 10;
/** Milliseconds that a zygote gets to end a process, before it is killed itself. */
const obedience = 1000;
/** Only a call that runs for so long is watched for its CPU limit; short ones cost the zygote nothing. */
const watchAfter = 5;

export const createWarmLine = ({
  process,
  template,
  outFolder,
  slots,
  group: around,
  killZygote,
  distrust,
}: WarmLineOptions): WarmLine => {
  const sockets = process.channels.slice(2 * slots);
  const waiting: Entry[] = [];
  const leaving: (Promise<void> | undefined)[] = [];
  let used = 0;
  let lastId = 0;
  let line: Line | undefined;
  let sweeper: NodeJS.Timeout | undefined;
  let gone = false;

  const tell = (frame: Buffer): void => {
    if (!gone) process.control.write(frame);
  };

  const open = (): Line => {
    const socket = sockets[used++]!;
    const channel = slots + used;
    const opened: Line = {
      channel,
      socket,
      closed: false,
      lastWords: undefined,
      group: undefined,
      held: [],
      cpuNs: 0,
      watched: false,
      killedAt: undefined,
    };
    let first: number;
    let answered: { receiver: Receiver; end: End }[] = [];
    const decode = frameDecoder(longestFrame(template.limits), (type, id, body) => {
      const head = waiting[0];
      if (head === undefined || head.receiver.id !== id)
        throw new ProtocolViolation(`a frame for call ${id} out of turn`);
      head.begun = true;
      if (type === toHost.end) {
        answered.push({ receiver: head.receiver, end: parseEnd(body) });
        waiting.shift();
        unwatch(opened);
        // Answers that arrive together cannot be told apart in time: each gets the time of all.
        if (waiting[0] !== undefined) waiting[0].receiver.startedAt = Math.max(waiting[0].sentAt, first);
      } else head.receiver.take(type, body);
    });
    socket.on(
      'data',
      distrust((chunk: Buffer) => {
        const before = waiting[0];
        first = before?.receiver.startedAt ?? 0;
        try {
          decode(chunk);
        } finally {
          settle(opened, answered);
          answered = [];
        }
        const head = waiting[0];
        if (head !== undefined && head !== before) head.receiver.startedAt = Math.max(head.sentAt, performance.now());
      }, 'call'),
    );
    socket.once('close', () => {
      opened.closed = true;
      if (opened.lastWords === undefined) kill(opened);
      else succeed(opened);
    });
    tell(spawnFrame(channel, template.limits));
    return opened;
  };

  /** Nothing is sent to a process before it is bounded as a whole. */
  const enclose = async (to: Line, inner: number): Promise<void> => {
    if (around !== undefined) {
      to.group = await encloseLine(around, process, inner, template.limits);
      if (to.group === undefined) return; // it has ended: the zygote will say so
      if (gone) await to.group.remove();
    }
    for (const frame of to.held ?? []) to.socket.write(frame);
    to.held = undefined;
  };

  /** Calls that answered together share what the kernel says they used as they say themselves. */
  const settle = (at: Line, answered: readonly { receiver: Receiver; end: End }[]): void => {
    if (answered.length === 0) return;
    const claimed = answered.reduce((sum, { end }) => sum + end.cpuNs, 0);
    const used = at.group === undefined ? claimed : at.group.cpuNs() - at.cpuNs;
    at.cpuNs += used;
    for (const { receiver, end } of answered) {
      const share = claimed === 0 ? 1 / answered.length : end.cpuNs / claimed;
      receiver.end({ ...end, cpuNs: Math.round(used * share), cpuSource: sourceOf(at) });
    }
  };

  /** The process has ended and all that it said was read: its call failed, the others go to the next process. */
  const succeed = (dead: Line): void => {
    if (line !== dead) return;
    line = undefined;
    const [head] = waiting;
    if (head?.sentTo === dead) {
      const end = parseEnd(dead.lastWords!);
      // It ended because it could not tidy up, before it read the call that was sent to it.
      if (end.result.kind === 'value' && !head.begun && head.receiver.stopped === undefined) head.begun = true;
      else {
        waiting.shift();
        buryWith(dead, head, end);
      }
    }
    leaving.push(dead.group?.remove());
    for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i]!.receiver.settled) waiting.splice(i, 1);
    if (waiting.length === 0) return;
    if (spent()) {
      for (const { receiver } of waiting.splice(0)) receiver.abandon(new NotBegun('the process before it ended'));
      return;
    }
    line = open();
    for (const entry of waiting) send(entry, line);
    waiting[0]!.receiver.startedAt = performance.now();
  };

  const buryWith = (dead: Line, head: Entry, { result, cpuNs, peakBytes, stdout, stderr }: End): void => {
    const failed =
      head.receiver.stopped ?? reasonFor(head.receiver.call, result, 0, (dead.group?.outOfMemory() ?? 0) > 0);
    head.receiver.fail(failed.code, failed.detail, {
      cpuNs: Math.max(0, (dead.group?.cpuNs() ?? cpuNs) - dead.cpuNs),
      cpuSource: sourceOf(dead),
      peakBytes,
      stdout,
      stderr,
    });
  };

  const kill = (condemned: Line): void => {
    condemned.killedAt ??= performance.now();
    tell(bareFrame(toSandbox.kill, condemned.channel));
  };

  /** What goes out in one turn of the loop goes together: waking the process costs more than what is sent. */
  const write = (to: Socket, frame: Buffer): void => {
    if (to.writableCorked === 0) {
      to.cork();
      setImmediate(() => to.uncork());
    }
    to.write(frame);
  };

  const send = (entry: Entry, to: Line): void => {
    entry.sentAt = performance.now();
    entry.sentTo = to;
    if (to.held === undefined) write(to.socket, entry.frame());
    else to.held.push(entry.frame());
  };

  const stop = (receiver: Receiver): void => {
    if (waiting[0]?.receiver === receiver) {
      if (line !== undefined) kill(line);
    } else if (receiver.stopped !== undefined) {
      // It has not begun: answered now; what the process makes of it later is not read.
      receiver.fail(receiver.stopped.code, receiver.stopped.detail);
    }
  };

  const unwatch = (watched: Line): void => {
    if (!watched.watched) return;
    watched.watched = false;
    tell(watchFrame(watched.channel, 0));
  };

  const sweep = (): void => {
    const head = waiting[0]?.receiver;
    if (head === undefined) {
      clearInterval(sweeper);
      sweeper = undefined;
      return;
    }
    const ran = performance.now() - head.startedAt;
    if (line === undefined || ran < watchAfter) return;
    if (line.killedAt !== undefined) {
      if (performance.now() - line.killedAt > obedience) killZygote('it did not end a call when told to');
      return;
    }
    if (!line.watched) {
      line.watched = true;
      tell(watchFrame(line.channel, head.call.limits.cpuMs * 1e6));
    }
    if (ran > head.call.limits.wallMs) {
      const detail = `The call was stopped: it had used the ${head.call.limits.wallMs} ms of time that it may take.`;
      head.stopped ??= { code: 'timeout', detail, at: performance.now() };
      kill(line);
    }
  };

  const spent = (): boolean => line === undefined && used >= sockets.length;

  return {
    run: (call, files) => {
      if (gone || spent()) return Promise.reject(new NotBegun('no process is left'));
      lastId = (lastId + 1) % 2 ** 32;
      const id = lastId;
      const receiver: Receiver = createReceiver(
        id,
        call,
        outFolder,
        (frame, sent) => {
          if (waiting[0]?.receiver === receiver) line?.socket.write(frame, sent);
        },
        () => stop(receiver),
      );
      const frame = () => callFrame(id, kinds.call, call.operation, call.input, call.context, files, call.limits);
      const entry: Entry = { receiver, frame, sentAt: 0, sentTo: undefined, begun: false };
      waiting.push(entry);
      line ??= open();
      // A process that is known to have ended gets no more; its successor will.
      if (!line.closed && line.lastWords === undefined) send(entry, line);
      receiver.startedAt = performance.now();
      sweeper ??= setInterval(sweep, sweepEvery);
      return receiver.result.finally(onAbort(call.signal, receiver, () => stop(receiver)));
    },
    started: (channel, body) => {
      const to = line;
      if (to?.channel !== channel || body.length !== 4) {
        throw new ProtocolViolation(`channel ${channel} cannot have started`);
      }
      enclose(to, body.readUInt32LE(0)).catch((error: unknown) => {
        killZygote(`its process could not be put in a control group (${(error as Error).message})`);
      });
    },
    spawned: (channel) => {
      if (line?.channel !== channel) throw new ProtocolViolation(`channel ${channel} is not the one asked for`);
      line.cpuNs = line.group?.cpuNs() ?? line.cpuNs;
    },
    ended: (channel, body) => {
      if (line?.channel !== channel || line.lastWords !== undefined) {
        throw new ProtocolViolation(`channel ${channel} cannot have ended`);
      }
      parseEnd(body); // refused here, while it can still be told from our own faults
      line.lastWords = body;
      if (line.closed) succeed(line);
    },
    close: async (why) => {
      gone = true;
      clearInterval(sweeper);
      const [head, ...others] = waiting.splice(0);
      const failed = head?.receiver.stopped ?? {
        code: 'crashed' as const,
        detail: `The sandbox of this service was stopped: ${why}.`,
      };
      head?.receiver.fail(failed.code, failed.detail);
      for (const { receiver } of others) receiver.abandon(new NotBegun(why));
      leaving.push(line?.group?.remove());
      await Promise.all(leaving);
    },
    get spent() {
      return spent();
    },
  };
};
