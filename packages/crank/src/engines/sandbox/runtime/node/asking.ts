import fs from 'node:fs';
import { channel, headBytes, kinds, send, sendJson } from './channel.ts';
import { encode } from './encode.ts';

/** Calls that may be under way at one time, as the host allows. */
const MOST = 8;
const ANSWER = 12;
/** Bytes of an operation's name. */
const MOST_NAME = 400;

const { read } = fs;
const { alloc, allocUnsafe, concat, from, byteLength } = Buffer;
const { parse } = JSON;

interface Problem {
  code?: string;
  detail?: string;
  title?: string;
  exception?: { type: string; message: string };
}

/** A call of another service that gave no result. */
class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: string;
  readonly detail: string;
  /** The problem document (RFC 9457). */
  readonly problem: Problem;

  constructor(target: string, problem: Problem) {
    const { code = 'internal', title, exception } = problem;
    const { detail = title ?? code } = problem;
    super(
      code === 'script-error' && exception !== undefined
        ? `${target} raised ${exception.type}: ${exception.message}`
        : `${target}: ${code}: ${detail}`,
    );
    this.code = code;
    this.detail = detail;
    this.problem = problem;
  }
}

interface Waiting {
  target: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
const queue: (() => void)[] = [];
let last = 0;
let under = 0;

/** `context.call`: calls an operation of another service for whoever made this call. @throws CallError */
export const call =
  (limit: number) =>
  async (target: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
    if (typeof target !== 'string')
      throw new TypeError('the first argument is the name of an operation, such as "words.top_words"');
    if (byteLength(target) > MOST_NAME)
      throw new CallError(`${target.slice(0, 80)}...`, {
        code: 'invalid-input',
        detail: 'No operation has so long a name.',
      });
    const text = encode(args);
    if (byteLength(text) > limit) {
      const detail = `The arguments are ${byteLength(text)} bytes of JSON; ${limit} are what a call of this service may send.`;
      throw new CallError(target, { code: 'too-large', detail });
    }
    if (under >= MOST) await new Promise<void>((turn) => queue.push(turn));
    else under++;
    try {
      return await new Promise((resolve, reject) => ask(target, text, { target, resolve, reject }));
    } finally {
      const next = queue.shift();
      if (next === undefined) under--;
      else next();
    }
  };

const ask = (target: string, text: string, one: Waiting): void => {
  const number = ++last;
  const name = from(target, 'utf8');
  const head = alloc(6);
  head.writeUInt32LE(number, 0);
  head.writeUInt16LE(name.length, 4);
  send(kinds.ask, concat([head, name, from(text, 'utf8')]));
  waiting.set(number, one);
  if (waiting.size === 1) listen();
};

/** Reads answers as long as somebody waits for one. */
const listen = (): void => {
  exactly(headBytes, (head) => {
    exactly(head.readUInt32LE(0) - 1, (body) => {
      if (head.readUInt8(4) === ANSWER) settle(body);
      if (waiting.size > 0) listen();
    });
  });
};

const settle = (body: Buffer): void => {
  const one = waiting.get(body.readUInt32LE(0));
  if (one === undefined) return;
  waiting.delete(body.readUInt32LE(0));
  const value = parse(body.toString('utf8', 5)) as unknown;
  if (body.readUInt8(4) === 1) one.resolve(value);
  else one.reject(new CallError(one.target, value as Problem));
};

const exactly = (size: number, done: (whole: Buffer) => void): void => {
  const whole = allocUnsafe(size);
  let at = 0;
  const more = (): void => {
    if (at === size) {
      done(whole);
      return;
    }
    read(channel, whole, at, size - at, null, (error, count) => {
      if (error !== null || count === 0) process.exit(0); // nobody is there any more
      at += count;
      more();
    });
  };
  more();
};

/** `context.progress`: tells whoever waits how much is done, from 0 to 1 (null: not known), and with what it is busy. */
export const progress = (fraction: number | null = null, message = ''): void => {
  if (fraction !== null && !(typeof fraction === 'number' && fraction >= 0 && fraction <= 1))
    throw new RangeError(`the fraction is what part of the work is done, from 0 to 1; this is ${String(fraction)}`);
  if (typeof message !== 'string') throw new TypeError(`the message is text; this is a ${typeof message}`);
  sendJson(kinds.progress, { fraction, message: message.slice(0, 1_000) });
};
