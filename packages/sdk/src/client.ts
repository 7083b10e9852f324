import { CrankProblem, type Problem } from './problem.ts';

export interface ClientOptions {
  /** Address of the node. */
  url?: string;
  /** API key. */
  key: string;
  /** Instead of the global fetch. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Version digest (at least 8 digits) or alias. */
  version?: string;
  /** The same key gives the same answer for 24 hours; with it a call may be repeated safely. */
  idempotencyKey?: string;
  /** How long to wait: `5s`, `500ms`. */
  deadline?: string;
  /** Whose data the input is, so that it can be erased; the caller otherwise. */
  subject?: string;
  /** An id of your own: its calls go to one version, where the service's canary is drawn by session. */
  session?: string;
  /** How confidential the arguments are: it raises what the service or a policy says, and never lowers it. */
  classification?: 'public' | 'internal' | 'confidential' | 'restricted';
  /** Files by parameter, several where it takes a list; the call is then sent as multipart. */
  files?: Readonly<Record<string, Blob | readonly Blob[]>>;
  signal?: AbortSignal;
}

export interface CallResult<T> {
  /** The parsed result, or a Blob where the operation returns a file. */
  value: T;
  /** Id of the call, and of its receipt. */
  call: string;
  version: string;
}

export interface DeployFile {
  /** Path within the source, with `/` between folders. */
  path: string;
  content: Blob | string;
}

/** A client of one node, for browsers and Node. */
export class CrankClient {
  readonly #url: string;
  readonly #key: string;
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions) {
    this.#url = (options.url ?? 'http://127.0.0.1:7700').replace(/\/+$/, '');
    this.#key = options.key;
    this.#fetch = options.fetch ?? fetch;
  }

  /**
   * Runs an operation. Numbers beyond 2^53 lose digits in `value`, as everywhere in JavaScript: use `callText` for them.
   *
   * @throws CrankProblem
   */
  async call<T = unknown>(
    service: string,
    operation: string,
    args: object = {},
    options: CallOptions = {},
  ): Promise<CallResult<T>> {
    const response = await this.#call(service, operation, args, options);
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    const value = (isJson ? await response.json() : await response.blob()) as T;
    return { value, ...head(response) };
  }

  /** Runs an operation and gives the result's JSON text, digit for digit. @throws CrankProblem */
  async callText(
    service: string,
    operation: string,
    args: object | string = {},
    options: CallOptions = {},
  ): Promise<CallResult<string>> {
    const response = await this.#call(service, operation, args, options);
    return { value: await response.text(), ...head(response) };
  }

  /** The items of a streaming operation, as they come. @throws CrankProblem, also in the middle */
  async *stream<T = unknown>(
    service: string,
    operation: string,
    args: object = {},
    options: CallOptions = {},
  ): AsyncGenerator<T> {
    const response = await this.#call(service, operation, args, options);
    const decoder = new TextDecoder();
    let rest = '';
    let ended = false;
    for await (const chunk of response.body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('{"$crank":')) yield JSON.parse(line) as T;
        else {
          const { error } = (JSON.parse(line) as { $crank: { error?: Problem } }).$crank;
          if (error !== undefined) throw new CrankProblem(error);
          ended = true;
        }
      }
    }
    if (!ended) throw new Error('the stream broke off before its end');
  }

  /** Deploys a source. @throws CrankProblem, with `findings` where it cannot be deployed */
  async deploy(
    files: readonly DeployFile[],
    name?: string,
  ): Promise<{ name: string; version: string; created: boolean }> {
    const form = new FormData();
    for (const file of files) form.append('file', new Blob([file.content]), file.path);
    if (name !== undefined) form.append('name', name);
    const response = await this.#send('/v1/services', { method: 'POST', body: form });
    return (await response.json()) as { name: string; version: string; created: boolean };
  }

  /** A receipt file, to be kept and verified with crank-verify. @throws CrankProblem */
  async receipt(id: string): Promise<Uint8Array> {
    const response = await this.#send(`/v1/receipts/${encodeURIComponent(id)}`, {});
    return new Uint8Array(await response.arrayBuffer());
  }

  async #call(service: string, operation: string, args: object | string, options: CallOptions): Promise<Response> {
    const headers = new Headers();
    if (options.idempotencyKey !== undefined) headers.set('idempotency-key', options.idempotencyKey);
    if (options.deadline !== undefined) headers.set('crank-deadline', options.deadline);
    if (options.subject !== undefined) headers.set('crank-subject', options.subject);
    if (options.session !== undefined) headers.set('crank-session', options.session);
    if (options.classification !== undefined) headers.set('crank-classification', options.classification);
    const query = options.version === undefined ? '' : `?version=${encodeURIComponent(options.version)}`;
    let body: string | FormData;
    if (options.files === undefined) {
      headers.set('content-type', 'application/json');
      body = typeof args === 'string' ? args : JSON.stringify(args);
    } else {
      body = new FormData();
      for (const [name, value] of Object.entries(args))
        body.append(name, typeof value === 'string' ? value : JSON.stringify(value));
      for (const [name, some] of Object.entries(options.files))
        for (const file of [some].flat()) body.append(name, file, file instanceof File ? file.name : name);
    }
    return this.#send(`/v1/services/${encodeURIComponent(service)}/${encodeURIComponent(operation)}${query}`, {
      method: 'POST',
      headers,
      body,
      ...(options.signal && { signal: options.signal }),
    });
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.#key}`);
    const response = await this.#fetch(`${this.#url}${path}`, { ...init, headers });
    if (response.ok) return response;
    if (response.headers.get('content-type')?.startsWith('application/problem+json')) {
      throw new CrankProblem((await response.json()) as Problem);
    }
    throw new Error(`${this.#url}${path} answered ${response.status} and is no Crank node`);
  }
}

const head = (response: Response): { call: string; version: string } => ({
  call: response.headers.get('crank-call') ?? '',
  version: response.headers.get('crank-version') ?? '',
});
