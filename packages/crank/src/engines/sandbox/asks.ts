import { performance } from 'node:perf_hooks';
import { CrankError } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import { ProtocolViolation } from './frames.ts';
import type { SandboxCall } from './sandbox.ts';

/** A call of another service that a script asks for, in its own words. */
export interface Ask {
  /** What stands for `SERVICE.OPERATION`. */
  target: string;
  /** What stands for the JSON text of the arguments. */
  input: Buffer;
  /** Milliseconds that are left to the call that asks. */
  leftMs: number;
  /** Aborted when that call has ended. */
  signal: AbortSignal;
}

/** JSON text: the result, or the problem document (RFC 9457). */
export interface AskAnswer {
  ok: boolean;
  json: Uint8Array;
}

/** Calls that are within another, within another, and so on. Each of them may be let in where those around it wait. */
export const deepest = 8;
/** Asks of one call under way: their answers may be as large as its own. Its runtime waits with others. */
const atOnce = 8;
/** Asks of one call. Long before, the platform refuses them with a reason; who asks on is no honest script. */
const most = 1000;
const longestTarget = 400;
const headBytes = 6;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export interface Asks {
  /** @throws ProtocolViolation where it is none, or one too many */
  take(body: Buffer): void;
  /** The script no longer wants an answer; one it gets, that of a call that was cancelled. @throws ProtocolViolation as `take` */
  withdraw(body: Buffer): void;
  /** The call has ended: what was asked for is nobody's any more. */
  close(): void;
}

/**
 * Takes the ASK and WITHDRAW frames of one call.
 *
 * @param tell gives an answer to the call's process; `sent` is called when the bytes are out of our hands
 */
export const createAsks = (
  { onAsk, limits }: SandboxCall,
  startedAt: () => number,
  tell: (request: number, answer: AskAnswer, sent: () => void) => void,
): Asks => {
  const underWay = new Map<number, AbortController>();
  let count = 0;
  let withdrawn = 0;
  let closed = false;

  const answer = async (ask: Ask): Promise<AskAnswer> => {
    try {
      if (onAsk === undefined) throw new CrankError('forbidden', 'Nothing is called while a service is described.');
      const given = await onAsk(ask);
      if (given.json.length <= limits.outputBytes) return given;
      throw new CrankError(
        'output-too-large',
        `The answer of ${ask.target} is ${given.json.length} bytes long, and ${limits.outputBytes} are what a call of this service may have: raise \`outputBytes\` in the manifest's limits.`,
      );
    } catch (error) {
      const known = error instanceof CrankError ? error : new CrankError('internal', 'The node failed.');
      return { ok: false, json: Buffer.from(JSON.stringify(problemOf(known, false))) };
    }
  };

  return {
    take: (body) => {
      const { request, target, input } = parseAsk(body);
      if (++count > most) throw new ProtocolViolation('more asks than a call may have');
      if (underWay.size >= atOnce || underWay.has(request)) throw new ProtocolViolation('an ask out of turn');
      if (input.length > limits.outputBytes) throw new ProtocolViolation('arguments longer than their limit');
      const stop = new AbortController();
      underWay.set(request, stop);
      const leftMs = Math.max(0, limits.wallMs - (performance.now() - startedAt()));
      void answer({ target, input, leftMs, signal: stop.signal }).then((given) => {
        if (!closed) tell(request, given, () => underWay.delete(request));
      });
    },
    withdraw: (body) => {
      if (body.length !== 4 || ++withdrawn > count) throw new ProtocolViolation('nothing was asked that is withdrawn');
      underWay.get(body.readUInt32LE(0))?.abort('cancelled'); // unless it was answered meanwhile
    },
    close: () => {
      closed = true;
      for (const stop of underWay.values()) stop.abort('cancelled');
    },
  };
};

const parseAsk = (body: Buffer): { request: number; target: string; input: Buffer } => {
  if (body.length < headBytes) throw new ProtocolViolation('an ASK frame without a head');
  const end = headBytes + body.readUInt16LE(4);
  if (end > body.length || end > headBytes + longestTarget) throw new ProtocolViolation('an ask for no such name');
  try {
    return {
      request: body.readUInt32LE(0),
      target: utf8.decode(body.subarray(headBytes, end)),
      input: body.subarray(end),
    };
  } catch {
    throw new ProtocolViolation('an ask for what is no text');
  }
};
