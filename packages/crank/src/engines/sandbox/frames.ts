import type { Limits } from '#src/core/service.ts';

/** The bytes between host and sandbox: `runtime/crank_runtime/frames.py` is the specification. */
export const toSandbox = { call: 1, load: 2, ack: 3, spawn: 4, kill: 5, watch: 6, task: 7, answer: 8 } as const;
export const toHost = {
  ready: 1,
  loadFailed: 2,
  item: 3,
  chunk: 4,
  end: 5,
  spawned: 6,
  ended: 7,
  gone: 8,
  started: 9,
  done: 10,
  progress: 11,
  ask: 12,
  withdraw: 13,
} as const;
export const kinds = { call: 0, describe: 1 } as const;

/** Frames and bytes of a stream or file that a child may have under way, unacknowledged. One frame is always allowed. */
export const window = { frames: 8, bytes: 256 * 1024 } as const;
/** stdout and stderr are kept up to this many bytes each. */
export const captureBytes = 64 * 1024;

const headerBytes = 9;
const limitsBytes = 56;
const failureBytes = 128 * 1024;

/** What came from a sandbox breaks the protocol: its process is killed, nothing of it is believed. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}

/** The longest frame that a sandbox under these limits may send. */
export const longestFrame = (limits: Limits): number =>
  Math.max(limits.outputBytes, failureBytes, 64 * 1024) + 2 * captureBytes + 256;

/** A whole number below 2^53 in 64 bits. */
const writeWide = (value: number, into: Buffer, at: number): void => {
  const whole = Math.ceil(value);
  into.writeUInt32LE(whole % 2 ** 32, at);
  into.writeUInt32LE(Math.floor(whole / 2 ** 32), at + 4);
};

const writeLimits = (limits: Limits, into: Buffer, at: number): void => {
  writeWide(limits.wallMs, into, at);
  writeWide(limits.cpuMs, into, at + 8);
  writeWide(limits.memoryBytes, into, at + 16);
  writeWide(limits.outputBytes, into, at + 24);
  writeWide(limits.fileBytes, into, at + 32);
  writeWide(limits.tmpBytes, into, at + 40);
  into.writeUInt32LE(limits.subprocesses, at + 48);
  into.writeUInt32LE(limits.threads, at + 52);
};

const header = (into: Buffer, type: number, id: number, bodyBytes: number): void => {
  into.writeUInt32LE(5 + bodyBytes, 0);
  into[4] = type;
  into.writeUInt32LE(id, 5);
};

/** A frame without a body: LOAD, ACK, KILL. */
export const bareFrame = (type: number, id: number): Buffer => {
  const frame = Buffer.allocUnsafe(headerBytes);
  header(frame, type, id, 0);
  return frame;
};

/** The answer to an ask: `ok`, or a problem. */
export const answerFrame = (id: number, request: number, ok: boolean, json: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(headerBytes + 5 + json.byteLength);
  header(frame, toSandbox.answer, id, 5 + json.byteLength);
  frame.writeUInt32LE(request, headerBytes);
  frame[headerBytes + 4] = ok ? 1 : 0;
  frame.set(json, headerBytes + 5);
  return frame;
};

export const taskFrame = (request: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(headerBytes + request.length);
  header(frame, toSandbox.task, 0, request.length);
  frame.set(request, headerBytes);
  return frame;
};

/** `nonce`: for slots only (`frames.py`). */
export const spawnFrame = (line: number, limits: Limits, nonce: Uint8Array = new Uint8Array(0)): Buffer => {
  const frame = Buffer.allocUnsafe(headerBytes + limitsBytes + nonce.length);
  header(frame, toSandbox.spawn, line, limitsBytes + nonce.length);
  writeLimits(limits, frame, headerBytes);
  frame.set(nonce, headerBytes + limitsBytes);
  return frame;
};

/** `cpuNs`: how much more CPU the running call may use; 0 ends the watch. */
export const watchFrame = (line: number, cpuNs: number): Buffer => {
  const frame = Buffer.allocUnsafe(headerBytes + 8);
  header(frame, toSandbox.watch, line, 8);
  frame.writeBigUInt64LE(BigInt(Math.ceil(cpuNs)), headerBytes);
  return frame;
};

/** One call as it goes to the sandbox. `files`: JSON, or empty. */
export const callFrame = (
  id: number,
  kind: number,
  operation: string,
  input: Uint8Array,
  context: Uint8Array,
  files: string,
  limits: Limits,
): Buffer => {
  const operationBytes = Buffer.byteLength(operation);
  const filesBytes = Buffer.byteLength(files);
  const body = limitsBytes + 11 + operationBytes + filesBytes + context.byteLength + input.byteLength;
  const frame = Buffer.allocUnsafe(headerBytes + body);
  header(frame, toSandbox.call, id, body);
  writeLimits(limits, frame, headerBytes);
  let at = headerBytes + limitsBytes;
  frame[at] = kind;
  frame.writeUInt16LE(operationBytes, at + 1);
  frame.writeUInt32LE(filesBytes, at + 3);
  frame.writeUInt32LE(context.byteLength, at + 7);
  at += 11;
  at += frame.write(operation, at);
  at += frame.write(files, at);
  frame.set(context, at);
  frame.set(input, at + context.byteLength);
  return frame;
};

interface FrameDecoder {
  (chunk: Buffer): void;
  /** Whether the next byte begins a frame. */
  isBetweenFrames(): boolean;
}

/**
 * Cuts a byte stream into frames. `longest` bounds what one frame may make us hold.
 *
 * @throws ProtocolViolation from the returned function when a length cannot be true.
 */
export const frameDecoder = (
  longest: number,
  onFrame: (type: number, id: number, body: Buffer) => void,
): FrameDecoder => {
  let head = Buffer.alloc(0);
  let pending: Buffer | undefined;
  let filled = 0;

  const decode = (chunk: Buffer): void => {
    let data = chunk;
    if (pending !== undefined) {
      const taken = data.copy(pending, filled);
      filled += taken;
      if (filled < pending.length) return;
      const frame = pending;
      pending = undefined;
      data = data.subarray(taken);
      onFrame(frame[4]!, frame.readUInt32LE(5), frame.subarray(headerBytes));
    } else if (head.length > 0) {
      data = Buffer.concat([head, data]);
      head = Buffer.alloc(0);
    }
    while (data.length >= headerBytes) {
      const length = data.readUInt32LE(0);
      if (length < 5 || length > longest) throw new ProtocolViolation(`a frame of ${length} bytes`);
      if (data.length < 4 + length) {
        pending = Buffer.allocUnsafe(4 + length);
        filled = data.copy(pending);
        return;
      }
      onFrame(data[4]!, data.readUInt32LE(5), data.subarray(headerBytes, 4 + length));
      data = data.subarray(4 + length);
    }
    if (data.length > 0) head = Buffer.from(data);
  };
  return Object.assign(decode, { isBetweenFrames: () => pending === undefined && head.length === 0 });
};
