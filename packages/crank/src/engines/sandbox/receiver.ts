import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { ErrorCode } from '#src/core/error.ts';
import { createAsks } from './asks.ts';
import type { End } from './end-frame.ts';
import { answerFrame, bareFrame, ProtocolViolation, toHost, toSandbox, window } from './frames.ts';
import { createProgressRelay } from './progress.ts';
import type { SandboxCall, SandboxOutcome, SandboxResult } from './sandbox.ts';

/** Where the frames of one call arrive, and what becomes of them. */
export interface Receiver {
  readonly id: number;
  readonly call: SandboxCall;
  readonly settled: boolean;
  /** performance.now() when the call went to its process. */
  startedAt: number;
  /** Why the host asked for the end; the sandbox's own word then counts no more. */
  stopped: { code: ErrorCode; detail: string; at: number } | undefined;
  /** Takes a frame of the call's process that is not its END. @throws ProtocolViolation when it is none, or more is under way than allowed */
  take(type: number, body: Buffer): void;
  end(end: End): void;
  /** Ends the call without an END frame: the process is gone. */
  fail(code: ErrorCode, detail: string, known?: Partial<Omit<End, 'result'>>): void;
  /** Ends the call because it never began; whoever runs it may try elsewhere. */
  abandon(why: NotBegun): void;
  readonly result: Promise<SandboxResult>;
}

/** The process was gone before it began this call, so running it again repeats nothing. */
export class NotBegun extends Error {
  override readonly name = 'NotBegun';
}

const cpus = availableParallelism();

/**
 * @param tell gives a frame to the call's process, where it is still there; `sent`: called when it is out of our hands
 * @param stop asks for the end of the call's process; called at most once
 * @param outFolder where a file result is put
 */
export const createReceiver = (
  id: number,
  call: SandboxCall,
  outFolder: string,
  tell: (frame: Buffer, sent?: () => void) => void,
  stop: () => void,
): Receiver => {
  const { promise, resolve, reject } = Promise.withResolvers<SandboxResult>();
  let underWay = 0;
  let underWayBytes = 0;
  let items = 0;
  let file: FileHandle | undefined;
  let filePath = '';
  let fileBytes = 0;
  let tail: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;
  const progress = createProgressRelay(call.onProgress);
  const asks = createAsks(
    call,
    () => receiver.startedAt,
    (request, { ok, json }, sent) => tell(answerFrame(id, request, ok, json), sent),
  );

  /** What a call says besides its results. */
  const words: Readonly<Record<number, (body: Buffer) => void>> = {
    [toHost.progress]: progress.take,
    [toHost.ask]: asks.take,
    [toHost.withdraw]: asks.withdraw,
  };

  /** One item or chunk was taken in. */
  const ack = (): void => tell(bareFrame(toSandbox.ack, id));

  const takeIn = (body: Buffer, consume: (body: Buffer) => void | Promise<void>): void => {
    if (receiver.settled) {
      ack();
      return;
    }
    if (underWay > 0 && (underWay >= window.frames || underWayBytes + body.length > window.bytes)) {
      throw new ProtocolViolation('more of a stream under way than its window');
    }
    underWay++;
    underWayBytes += body.length;
    const step = async () => {
      if (failure === undefined && receiver.stopped === undefined) {
        try {
          await consume(body);
        } catch (error) {
          failure = { error };
          receiver.stopped = { code: 'internal', detail: 'The result could not be handed on.', at: performance.now() };
          stop();
        }
      }
      underWay--;
      underWayBytes -= body.length;
      ack();
    };
    tail = tail === undefined ? step() : tail.then(step);
  };

  const takeItem = (json: Buffer): void => {
    if (json.length > call.limits.outputBytes) throw new ProtocolViolation('an item longer than its limit');
    items++;
    takeIn(json, (bytes) => call.onItem?.(bytes));
  };

  const create = (): Promise<FileHandle> => {
    filePath = `${outFolder}/${randomBytes(12).toString('hex')}`;
    return open(filePath, 'wx', 0o600);
  };

  const writeChunk = async (bytes: Buffer): Promise<void> => {
    fileBytes += bytes.length;
    if (fileBytes > call.limits.fileBytes) {
      receiver.stopped = {
        code: 'output-too-large',
        detail: `The file result is longer than the ${call.limits.fileBytes} bytes allowed.`,
        at: performance.now(),
      };
      stop();
      return;
    }
    file ??= await create();
    await file.writeFile(bytes);
  };

  const outcomeOf = async (end: End): Promise<SandboxOutcome> => {
    const said = end.result;
    if (receiver.stopped !== undefined) {
      return { type: 'failed', code: receiver.stopped.code, detail: receiver.stopped.detail };
    }
    switch (said.kind) {
      case 'value':
        if (said.json.length > call.limits.outputBytes) {
          return { type: 'failed', code: 'output-too-large', detail: 'The result is longer than its limit.' };
        }
        return { type: 'value', json: said.json };
      case 'stream':
        return { type: 'stream', items };
      case 'file': {
        file ??= await create();
        return { type: 'file', name: said.name, contentType: said.contentType, path: filePath, size: fileBytes };
      }
      case 'failed': {
        // Only the host cancels.
        if (said.code === 'cancelled')
          return { type: 'failed', code: 'crashed', detail: 'The call was given up inside.' };
        const { kind: _, ...rest } = said;
        return { type: 'failed', ...rest };
      }
    }
  };

  const settle = async (end: End, wallNs: number): Promise<void> => {
    if (tail !== undefined) await tail;
    progress.close();
    const outcome = await outcomeOf(end);
    if (file !== undefined) {
      await file.close();
      if (outcome.type !== 'file') await unlink(filePath);
    }
    if (failure !== undefined) throw failure.error;
    resolve({
      outcome,
      usage: {
        cpuNs: Math.min(end.cpuNs, Math.round(wallNs * cpus)),
        cpuSource: end.cpuSource ?? 'sandbox-reported',
        // It cannot have had more; where it cannot be known it is 0.
        peakMemoryBytes: Math.min(end.peakBytes, call.limits.memoryBytes + 4 * 2 ** 30),
        wallNs,
      },
      stdout: end.stdout,
      stderr: end.stderr,
      truncatedBytes: Math.min(end.truncatedBytes, Number.MAX_SAFE_INTEGER),
    });
  };

  const close = (end: End): void => {
    if (receiver.settled) return;
    receiver.settled = true;
    asks.close();
    settle(end, Math.max(1, Math.round((performance.now() - receiver.startedAt) * 1e6))).catch(reject);
  };

  const receiver = {
    id,
    call,
    settled: false,
    startedAt: performance.now(),
    stopped: undefined as Receiver['stopped'],
    take: (type: number, body: Buffer) => {
      if (type === toHost.item) takeItem(body);
      else if (type === toHost.chunk) takeIn(body, writeChunk);
      else if (!Object.hasOwn(words, type)) throw new ProtocolViolation(`a frame of type ${type} from a call`);
      else if (!receiver.settled) words[type]!(body);
    },
    end: (end: End) => close(end),
    fail: (code: ErrorCode, detail: string, known: Parameters<Receiver['fail']>[2] = {}) =>
      close({
        result: { kind: 'failed', code, detail },
        cpuNs: 0,
        peakBytes: 0,
        truncatedBytes: 0,
        stdout: '',
        stderr: '',
        ...known,
      }),
    abandon: (why: NotBegun) => {
      if (receiver.settled) return;
      receiver.settled = true;
      asks.close();
      progress.close();
      reject(why);
    },
    result: promise,
  };
  return receiver;
};
