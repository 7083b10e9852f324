import { CrankError, catalogue, type ErrorCode } from '#src/core/error.ts';
import type { Problem } from '#src/core/problem.ts';

/** A problem document that a node answered; exit code and text come from it. */
export class NodeError extends CrankError {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code in catalogue ? (problem.code as ErrorCode) : 'internal', problem.detail);
    this.problem = problem;
  }
}

export interface ClientRequest {
  method?: string;
  query?: Readonly<Record<string, string | undefined>>;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  body?: NonNullable<RequestInit['body']>;
  signal?: AbortSignal;
  /** Take every answer in JSON that is no problem document, whatever its status: JSON-RPC has errors of its own. */
  answers?: boolean;
}

/** Talks to a node over HTTP. */
export class Client {
  readonly url: string;
  readonly #key: () => string | undefined;

  constructor(url: string, key: () => string | undefined) {
    this.url = url.replace(/\/+$/, '');
    this.#key = key;
  }

  /** @throws NodeError for what the node refused or failed at; CrankError `unavailable` where it cannot be reached */
  async send(path: string, request: ClientRequest = {}): Promise<Response> {
    const query = new URLSearchParams(
      Object.entries(request.query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const key = this.#key();
    const headers = new Headers(request.headers);
    if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
    if (request.json !== undefined) headers.set('content-type', 'application/json');
    const body = request.json !== undefined ? JSON.stringify(request.json) : request.body;
    let response: Response;
    try {
      response = await fetch(`${this.url}${path}${query.size > 0 ? `?${query}` : ''}`, {
        method: request.method ?? 'GET',
        headers,
        ...(body !== undefined && { body }),
        ...(request.signal && { signal: request.signal }),
      });
    } catch (error) {
      if (request.signal?.aborted) throw new CrankError('cancelled', 'Stopped.');
      throw new CrankError(
        'unavailable',
        `No node answers at ${this.url}: start one with \`crank up\`, or set CRANK_URL.`,
        { cause: error },
      );
    }
    if (response.ok || (request.answers && /^application\/json\b/.test(response.headers.get('content-type') ?? '')))
      return response;
    throw await asError(response);
  }

  async json<T>(path: string, request: ClientRequest = {}): Promise<T> {
    const response = await this.send(path, request);
    return (await response.json()) as T;
  }
}

const asError = async (response: Response): Promise<CrankError> => {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('application/problem+json')) {
    return new NodeError(JSON.parse(text) as Problem);
  }
  return new CrankError(
    'unavailable',
    `${response.url} answered ${response.status} and is no Crank node: check CRANK_URL.`,
  );
};
