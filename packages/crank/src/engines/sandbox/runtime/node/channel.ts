import fs from 'node:fs';

/** The frames of `crank_runtime/node/program.py`, on descriptor 3. */
export const kinds = {
  ready: 2,
  unfit: 3,
  value: 4,
  item: 5,
  chunk: 6,
  file: 7,
  stream: 8,
  failed: 9,
  progress: 10,
  ask: 11,
} as const;

export const channel = 3;
export const headBytes = 5;
// Taken before the module runs: libraries change built-in functions.
const { readSync, writeSync } = fs;
const { from, alloc, allocUnsafe, concat } = Buffer;
const { stringify } = JSON;

/** Blocks while the receiver is behind: that is how a stream waits for its reader. */
export const send = (kind: number, body: Uint8Array | string): void => {
  const bytes = typeof body === 'string' ? from(body, 'utf8') : body;
  const head = alloc(headBytes);
  head.writeUInt32LE(bytes.length + 1, 0);
  head.writeUInt8(kind, 4);
  writeAll(bytes.length < 4096 ? concat([head, bytes]) : head);
  if (bytes.length >= 4096) writeAll(bytes);
};

export const sendJson = (kind: number, value: unknown): void => send(kind, stringify(value));

const writeAll = (bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(channel, bytes, at, bytes.length - at);
};

/** What is to be done, what the platform fills in, and the input: JSON texts. */
export interface Request {
  request: string;
  context: string;
  input: string;
}

/** Blocks until there is something to do: nothing of the module runs meanwhile. */
export const receive = (): Request => {
  const length = exactly(headBytes).readUInt32LE(0) - 1;
  const body = exactly(length);
  const inRequest = 8 + body.readUInt32LE(0);
  const inContext = inRequest + body.readUInt32LE(4);
  return {
    request: body.toString('utf8', 8, inRequest),
    context: body.toString('utf8', inRequest, inContext),
    input: body.toString('utf8', inContext),
  };
};

const exactly = (size: number): Buffer => {
  const whole = allocUnsafe(size);
  for (let at = 0; at < size; ) {
    const count = readSync(channel, whole, at, size - at, null);
    if (count === 0) process.exit(0);
    at += count;
  }
  return whole;
};
