import { type ErrorCode, errorCodes, type Problem } from './generated/api.ts';

/** Something that was asked of a node and did not come to be. `code` is of the contract's catalogue; its kind is the class. */
export class CrankError extends Error {
  override readonly name: string = 'CrankError';
  /** `not-verified` is the client's own: a receipt did not hold. A newer node may have codes that this client does not know. */
  readonly code: ErrorCode | 'not-verified';
  /** Whether to try again: not, later, or later under the same idempotency key. */
  readonly retry: Problem['retry'];
  /** The node's words (RFC 9457), where it said any. */
  readonly problem: Problem | undefined;

  constructor(
    code: CrankError['code'],
    detail: string,
    more: { retry: Problem['retry']; problem?: Problem; cause?: unknown },
  ) {
    super(detail, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.retry = more.retry;
    this.problem = more.problem;
  }

  /** Of the answer; undefined where none came. */
  get status(): number | undefined {
    return this.problem?.status;
  }

  /** Id of the call, where one exists: its receipt has the same. */
  get call(): string | undefined {
    return this.problem?.call;
  }

  /** Seconds until another try makes sense. */
  get retryAfter(): number | undefined {
    return this.problem?.retryAfter;
  }
}

/** The request is wrong: `errors` say where the input does not fit, `findings` why a source cannot be deployed. */
export class InvalidRequest extends CrankError {
  override readonly name = 'InvalidRequest';

  get errors(): NonNullable<Problem['errors']> {
    return this.problem?.errors ?? [];
  }

  get findings(): NonNullable<Problem['findings']> {
    return this.problem?.findings ?? [];
  }
}

/** Who asks may not: identity, policy (`reasons`), budget or rate. */
export class Refused extends CrankError {
  override readonly name = 'Refused';

  get reasons(): readonly string[] {
    return this.problem?.reasons ?? [];
  }
}

/** The service's code failed, ran out of time or memory, or answered with what it does not promise. The call has a receipt. */
export class ServiceFailed extends CrankError {
  override readonly name = 'ServiceFailed';

  get exception(): Problem['exception'] {
    return this.problem?.exception;
  }
}

/** No node answered, or one that is overloaded or stops. Whether a call was made is not known unless `problem` is there. */
export class Unreachable extends CrankError {
  override readonly name = 'Unreachable';
}

/** The node failed; nothing was charged. */
export class NodeFailed extends CrankError {
  override readonly name = 'NodeFailed';
}

/** A receipt does not hold. `part` says what of it, as `crank-verify` names it. */
export class NotVerified extends CrankError {
  override readonly name = 'NotVerified';
  readonly part: string;

  constructor(part: string, detail: string, cause?: unknown) {
    super('not-verified', detail, { retry: 'never', cause });
    this.part = part;
  }
}

const kinds: Readonly<Record<number, typeof CrankError>> = {
  1: ServiceFailed,
  2: InvalidRequest,
  3: Refused,
  4: Unreachable,
  70: NodeFailed,
};

/** The error that a problem document tells. Codes that are not known yet go by their status. */
export const errorOf = (problem: Problem): CrankError => {
  const kind = kinds[errorCodes[problem.code]?.exit ?? kindOfStatus(problem.status)] ?? CrankError;
  return new kind(problem.code, problem.detail, { retry: problem.retry, problem });
};

const kindOfStatus = (status: number): number => {
  if (status === 503 || status === 502) return 4;
  if (status >= 500) return status === 500 ? 70 : 1;
  return [401, 402, 403, 429].includes(status) ? 3 : 2;
};
