import { type Deadline, sleep, startDeadline } from './deadline.ts';
import { type CrankError, errorOf, Unreachable } from './errors.ts';
import type { Problem } from './generated/api.ts';
import { defaultRetries, type Failure, type RetryPolicy, retryDelay } from './retry.ts';

export interface TransportOptions {
  /** Address of the node; in a browser where the page comes from, else http://127.0.0.1:7700. */
  url?: string | undefined;
  /** API key or token, or what gives the one to use; without one, only what is public can be had. */
  key?: string | (() => string | Promise<string>) | undefined;
  /** Instead of the global one. */
  fetch?: typeof fetch | undefined;
  /** How often and when what failed is tried again, as far as that is safe; 0 tries nothing twice. */
  retries?: number | Partial<RetryPolicy> | undefined;
}

export interface Sent {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: Blob | string | Uint8Array<ArrayBuffer> | FormData | undefined;
  /** Whether it may be made twice; where absent, if it reads only. */
  again?: boolean;
  /** Milliseconds or a duration, for all tries together. The node is told, too. */
  deadline?: number | string | undefined;
  signal?: AbortSignal | undefined;
}

/** Requests of one node: authenticated, tried again where that is safe, failures as errors of the catalogue. */
export class Transport {
  readonly url: string;
  readonly #key: TransportOptions['key'];
  readonly #fetch: typeof fetch;
  readonly policy: RetryPolicy;

  constructor(options: TransportOptions) {
    const { retries } = options;
    this.url = (options.url ?? ownOrigin() ?? 'http://127.0.0.1:7700').replace(/\/+$/, '');
    this.#key = options.key;
    // Browsers want it called on the window.
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
    this.policy = { ...defaultRetries, ...(typeof retries === 'number' ? { retries } : retries) };
  }

  /**
   * An answer that is a success.
   *
   * @param read what is wanted of it: a body that gets lost on the way is asked for again, as far as that is safe
   * @throws CrankError; what `signal` says where that aborts
   */
  async send(sent: Sent): Promise<Response>;
  async send<T>(sent: Sent, read: (response: Response) => Promise<T>): Promise<T>;
  async send<T>(sent: Sent, read?: (response: Response) => Promise<T>): Promise<T | Response> {
    const again = sent.again ?? (sent.method === 'GET' || sent.method === 'HEAD');
    const deadline = startDeadline(sent.deadline, sent.signal);
    for (let tries = 1; ; tries++) {
      const came = await this.#attempt(sent, deadline, read);
      if ('value' in came) return came.value;
      const { error, failure } = came;
      const delay = retryDelay(failure, again, tries, this.policy, Math.random());
      if (delay === undefined || delay >= (deadline.left() ?? Infinity)) throw error;
      await sleep(delay, sent.signal);
    }
  }

  async #attempt<T>(
    sent: Sent,
    deadline: Deadline,
    read?: (response: Response) => Promise<T>,
  ): Promise<{ value: T | Response } | Failed> {
    const headers = new Headers(sent.headers);
    const key = typeof this.#key === 'function' ? await this.#key() : this.#key;
    if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
    const left = deadline.left();
    if (left !== undefined) headers.set('crank-deadline', `${Math.max(1, left)}ms`);
    try {
      const response = await this.#fetch(`${this.url}${sent.path}`, {
        method: sent.method,
        headers,
        ...(sent.body !== undefined && { body: sent.body }),
        ...(deadline.signal && { signal: deadline.signal }),
      });
      if (!response.ok) return await problemIn(response, this.url);
      return { value: read === undefined ? response : await read(response) };
    } catch (cause) {
      sent.signal?.throwIfAborted();
      const why = deadline.signal?.aborted ? 'did not answer by the deadline' : 'does not answer';
      const detail = `The node at ${this.url} ${why}; whether it did what was asked is not known.`;
      return { error: new Unreachable('unavailable', detail, { retry: 'same-key', cause }), failure: {} };
    }
  }
}

interface Failed {
  error: CrankError;
  failure: Failure;
}

const problemIn = async (response: Response, url: string): Promise<Failed> => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) && seconds >= 0 ? { retryAfter: seconds } : {};
  const text = await response.text();
  const problem = response.headers.get('content-type')?.startsWith('application/problem+json')
    ? problemOf(text)
    : undefined;
  if (problem !== undefined)
    return { error: errorOf({ ...retryAfter, ...problem }), failure: { problem, ...retryAfter } };
  const detail = `${url} answered ${response.status}, and not as a Crank node does: look at its address, or at a proxy in front of it.`;
  const error = new Unreachable('unavailable', detail, { retry: 'same-key' });
  return { error, failure: { status: response.status, ...retryAfter } };
};

const problemOf = (text: string): Problem | undefined => {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    return typeof problem?.code === 'string'
      ? ({ detail: problem.code, retry: 'never', ...problem } as Problem)
      : undefined;
  } catch {
    return undefined;
  }
};

const ownOrigin = (): string | undefined => {
  const { location } = globalThis as { location?: { origin: string } };
  return location?.origin.startsWith('http') ? location.origin : undefined;
};
