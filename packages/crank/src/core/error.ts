import type { QuotaLeft } from './quota.ts';

/**
 * The catalogue of errors that leave the platform. A code is never reused; CONTRACT.md's table and this one are
 * compared by a test. `exit` is the command line's exit code, `retry` tells a machine whether to try again:
 * `never` (the same request fails again), `after` (later), `same-key` (later, under the same Idempotency-Key).
 */
export const catalogue = {
  'malformed-request': { status: 400, exit: 2, retry: 'never', title: 'The request is not well-formed' },
  unauthenticated: { status: 401, exit: 3, retry: 'never', title: 'No valid credentials' },
  'payment-required': { status: 402, exit: 3, retry: 'never', title: 'Payment required' },
  'budget-exhausted': { status: 402, exit: 3, retry: 'never', title: 'The budget is used up' },
  forbidden: { status: 403, exit: 3, retry: 'never', title: 'Not permitted' },
  'policy-denied': { status: 403, exit: 3, retry: 'never', title: 'Denied by policy' },
  'not-found': { status: 404, exit: 2, retry: 'never', title: 'Not found' },
  'method-not-allowed': { status: 405, exit: 2, retry: 'never', title: 'Method not allowed' },
  'idempotency-conflict': { status: 409, exit: 2, retry: 'never', title: 'Idempotency key used with another request' },
  'version-conflict': { status: 409, exit: 2, retry: 'never', title: 'Conflicts with the current state' },
  'too-large': { status: 413, exit: 2, retry: 'never', title: 'Too large' },
  'unsupported-media-type': { status: 415, exit: 2, retry: 'never', title: 'Unsupported media type' },
  'invalid-input': { status: 422, exit: 2, retry: 'never', title: 'The input does not match the schema' },
  'not-deployable': { status: 422, exit: 2, retry: 'never', title: 'This cannot be deployed' },
  'rate-limited': { status: 429, exit: 3, retry: 'after', title: 'Too many requests' },
  cancelled: { status: 499, exit: 1, retry: 'same-key', title: 'Cancelled by the caller' },
  'script-error': { status: 500, exit: 1, retry: 'never', title: 'The script raised an error' },
  'out-of-memory': { status: 500, exit: 1, retry: 'never', title: 'The script ran out of memory' },
  crashed: { status: 500, exit: 1, retry: 'never', title: 'The script ended abnormally' },
  'output-too-large': { status: 500, exit: 1, retry: 'never', title: 'The output is too large' },
  'invalid-output': { status: 500, exit: 1, retry: 'never', title: 'The output is not valid' },
  internal: { status: 500, exit: 70, retry: 'same-key', title: 'Our fault' },
  overloaded: { status: 503, exit: 4, retry: 'after', title: 'Overloaded' },
  'isolation-unavailable': { status: 503, exit: 4, retry: 'after', title: 'No isolation level is available' },
  unavailable: { status: 503, exit: 4, retry: 'after', title: 'Unavailable' },
  'workspace-full': { status: 507, exit: 1, retry: 'never', title: 'The workspace is full' },
  timeout: { status: 504, exit: 1, retry: 'never', title: 'Out of time' },
  'call-cycle': { status: 508, exit: 1, retry: 'never', title: 'A call that leads to itself' },
  'call-limit': { status: 508, exit: 1, retry: 'never', title: 'Too many calls within a call' },
} as const satisfies Record<
  string,
  { status: number; exit: number; retry: 'never' | 'after' | 'same-key'; title: string }
>;

export type ErrorCode = keyof typeof catalogue;

/** One thing wrong with the input: a JSON Pointer (RFC 6901) into it and what is wrong there. */
export interface InputError {
  pointer: string;
  message: string;
}

/** One reason why a source cannot be deployed, or a remark about it, with the smallest change that mends it. */
export interface Finding {
  level: 'error' | 'warning';
  file: string;
  /** 1-based; absent where the finding is about the whole file. */
  line?: number;
  /** 1-based, in characters; where the syntax is wrong. */
  column?: number;
  message: string;
  fix: string;
}

/** An exception of the user's script. The traceback is for the owner of the service only. */
export interface ScriptException {
  type: string;
  message: string;
  traceback?: string;
}

export interface ErrorExtras {
  reasons?: string[];
  errors?: InputError[];
  findings?: Finding[];
  exception?: ScriptException;
  /** Of bad credentials: what RFC 6750 calls it. */
  challenge?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  /** Seconds until another try makes sense. */
  retryAfter?: number;
  /** Of a request too many: what is left of the quotas that it counted against. */
  quotas?: readonly QuotaLeft[];
  /** Id of the call that this error answers, where one exists. */
  call?: string;
  cause?: unknown;
}

/**
 * An error of the domain: what happened and what to do, in `message`. Doors translate it into a status or exit code.
 * Anything else that is thrown is our fault and leaves as `internal`.
 */
export class CrankError extends Error {
  override readonly name = 'CrankError';
  readonly code: ErrorCode;
  readonly extras: ErrorExtras;

  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}) {
    super(detail, extras.cause === undefined ? {} : { cause: extras.cause });
    this.code = code;
    this.extras = extras;
  }
}
