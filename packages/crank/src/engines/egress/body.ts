import type { BodyLength } from './head.ts';
import { Refusal } from './refusal.ts';

/** Follows the body of a request, so that nothing behind it is passed on. */
export interface BodyMeter {
  /** How many of these bytes belong to it. @throws Refusal 400 where its chunks are not well-formed */
  take(bytes: Buffer): number;
  readonly done: boolean;
}

const CR = 0x0d;
const LF = 0x0a;
const MAX_SIZE_DIGITS = 12;

const counted = (length: number): BodyMeter => {
  let left = length;
  return {
    take: (bytes) => {
      const taken = Math.min(left, bytes.length);
      left -= taken;
      return taken;
    },
    get done() {
      return left === 0;
    },
  };
};

/** RFC 9112, section 7.1, without extensions and trailers, in which readers have differed. */
const chunked = (): BodyMeter => {
  let state: 'size' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'last-cr' | 'last-lf' | 'done' = 'size';
  let digits = '';
  let left = 0;
  const bad = (): Refusal => new Refusal(400, 'The chunks of the body are not well-formed.');
  const step = (byte: number): void => {
    if (state === 'size') {
      if (byte === CR && digits !== '') state = 'size-lf';
      else if (/^[0-9a-fA-F]$/.test(String.fromCharCode(byte)) && digits.length < MAX_SIZE_DIGITS)
        digits += String.fromCharCode(byte);
      else throw bad();
      return;
    }
    const expected = state === 'size-lf' || state === 'data-lf' || state === 'last-lf' ? LF : CR;
    if (byte !== expected) throw bad();
    if (state === 'size-lf') {
      left = Number.parseInt(digits, 16);
      digits = '';
      state = left === 0 ? 'last-cr' : 'data';
    } else if (state === 'data-cr') state = 'data-lf';
    else if (state === 'data-lf') state = 'size';
    else if (state === 'last-cr') state = 'last-lf';
    else state = 'done';
  };
  return {
    take: (bytes) => {
      let at = 0;
      while (at < bytes.length && state !== 'done') {
        if (state === 'data') {
          const some = Math.min(left, bytes.length - at);
          at += some;
          left -= some;
          if (left === 0) state = 'data-cr';
        } else step(bytes[at++]!);
      }
      return at;
    },
    get done() {
      return state === 'done';
    },
  };
};

export const bodyMeter = (length: BodyLength): BodyMeter => (length === 'chunked' ? chunked() : counted(length));
