/** An error as a node answers it: RFC 9457 with Crank's members. */
export interface Problem {
  type: string;
  code: string;
  title: string;
  status: number;
  detail: string;
  /** Whether to try again: not, later, or later under the same Idempotency-Key. */
  retry: 'never' | 'after' | 'same-key';
  /** Id of the call, where one exists. */
  call?: string;
  /** Seconds until another try makes sense. */
  retryAfter?: number;
  [member: string]: unknown;
}

/** Thrown for every answer that is not a success. */
export class CrankProblem extends Error {
  override readonly name = 'CrankProblem';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}
