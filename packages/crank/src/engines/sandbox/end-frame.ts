import type { ErrorCode, InputError, ScriptException } from '#src/core/error.ts';
import { captureBytes, ProtocolViolation } from './frames.ts';
import type { SandboxUsage } from './sandbox.ts';

/** What a child says at its end, read strictly. Times and sizes are its own word (or its zygote's): the caller clamps. */
export interface End {
  result:
    | { kind: 'value'; json: Buffer }
    | { kind: 'file'; name: string; contentType: string }
    | { kind: 'stream' }
    | { kind: 'failed'; code: ErrorCode; detail: string; exception?: ScriptException; errors?: InputError[] };
  cpuNs: number;
  /** Who says so; the sandbox unless told otherwise. */
  cpuSource?: SandboxUsage['cpuSource'];
  peakBytes: number;
  truncatedBytes: number;
  stdout: string;
  stderr: string;
}

/** The outcomes that a sandbox may claim for itself. */
const claimable: ReadonlySet<string> = new Set<ErrorCode>([
  'cancelled',
  'script-error',
  'out-of-memory',
  'crashed',
  'output-too-large',
  'invalid-input',
  'invalid-output',
  'isolation-unavailable',
  'timeout',
]);

const headBytes = 33;
/** JSON Pointer (RFC 6901, section 3). */
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

/**
 * The body of an END or ENDED frame (`runtime/crank_runtime/frames.py`).
 *
 * @throws ProtocolViolation for anything that is not exactly one.
 */
export const parseEnd = (body: Buffer): End => {
  if (body.length < headBytes) throw new ProtocolViolation('an END frame without a head');
  const kind = body[0]!;
  const outBytes = body.readUInt32LE(25);
  const errBytes = body.readUInt32LE(29);
  if (outBytes > captureBytes || errBytes > captureBytes || headBytes + outBytes + errBytes > body.length) {
    throw new ProtocolViolation('an END frame whose lengths do not add up');
  }
  const errAt = headBytes + outBytes;
  const restAt = errAt + errBytes;
  return {
    result: parseResult(kind, body.subarray(restAt)),
    cpuNs: Number(body.readBigUInt64LE(1)),
    peakBytes: Number(body.readBigUInt64LE(9)),
    truncatedBytes: Number(body.readBigUInt64LE(17)),
    stdout: outBytes === 0 ? '' : body.toString('utf8', headBytes, errAt),
    stderr: errBytes === 0 ? '' : body.toString('utf8', errAt, restAt),
  };
};

const parseResult = (kind: number, rest: Buffer): End['result'] => {
  switch (kind) {
    case 0:
      return { kind: 'value', json: rest };
    case 1: {
      const { name, contentType } = parseObject(rest);
      return { kind: 'file', name: text(name, 'name', 1024), contentType: text(contentType, 'contentType', 255) };
    }
    case 2:
      return { kind: 'stream' };
    case 3:
      return parseFailure(parseObject(rest));
    default:
      throw new ProtocolViolation(`an END frame of kind ${kind}`);
  }
};

const parseFailure = (said: Record<string, unknown>): End['result'] => {
  const code = text(said['code'], 'code', 40);
  if (!claimable.has(code)) throw new ProtocolViolation(`the outcome ${code}`);
  const detail = text(said['detail'], 'detail', 8000);
  const failed = { kind: 'failed' as const, code: code as ErrorCode, detail };
  if (code === 'invalid-input') {
    const pointer = text(said['pointer'] ?? '', 'pointer', 8000);
    if (!POINTER.test(pointer)) throw new ProtocolViolation('a pointer that is none');
    return { ...failed, errors: [{ pointer, message: detail }] };
  }
  const exception = said['exception'];
  if (exception === undefined) return failed;
  if (typeof exception !== 'object' || exception === null) throw new ProtocolViolation('an exception of no shape');
  const { type, message, traceback } = exception as Record<string, unknown>;
  return {
    ...failed,
    exception: {
      type: text(type, 'type', 400),
      message: text(message, 'message', 8000),
      traceback: text(traceback ?? '', 'traceback', 24_000),
    },
  };
};

const parseObject = (bytes: Buffer): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ProtocolViolation('an END frame that is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolViolation('an END frame that is not a JSON object');
  }
  return value as Record<string, unknown>;
};

const text = (value: unknown, what: string, longest: number): string => {
  if (typeof value !== 'string' || value.length > longest)
    throw new ProtocolViolation(`a ${what} that is no short text`);
  return value.toWellFormed();
};
