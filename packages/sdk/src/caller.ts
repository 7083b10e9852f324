import { type CallOptions, callHeaders } from './call-options.ts';
import { type CallResult, callHead, decodeBody } from './call-result.ts';
import { CallStream, type Progress } from './call-stream.ts';
import { callForm, type FileInput, splitFiles } from './form.ts';
import type { Job } from './generated/api.ts';
import { ApprovalNeeded, CrankJob } from './job.ts';
import { toJson } from './json.ts';
import { parseServiceName, servicePath } from './service-name.ts';
import type { Sent, Transport } from './transport.ts';
import { type Expected, type Trust, verifyWith } from './trust.ts';

export interface RunRequest {
  /** A Python module: a function with annotated parameters, or a script. */
  code: string;
  /** Arguments by parameter name. */
  input?: object | undefined;
  /** Which function, where there are several. */
  operation?: string | undefined;
  /** Packages (PEP 508), beside those that the code names or imports. */
  requirements?: readonly string[] | undefined;
  /** Interpreter series, such as `3.11`. */
  python?: string | undefined;
}

export interface StreamOptions extends CallOptions {
  /** Told how far the service is, between items. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** A request for a call, and what its receipt will have to say. */
export interface Made {
  path: string;
  headers: Record<string, string>;
  body: Blob | string;
  expected: Expected;
}

/** Calls of operations, and of code that is handed in. */
export class Caller {
  readonly #transport: Transport;
  readonly #trust: Trust | undefined;

  constructor(transport: Transport, trust: Trust | undefined) {
    this.#transport = transport;
    this.#trust = trust;
  }

  async call<T>(made: Made, options: CallOptions): Promise<CallResult<T>> {
    const { response, bytes } = await this.#answer(made, options);
    const result = { value: decodeBody(bytes, response.headers, options.bigint ?? false) as T, ...callHead(response) };
    return this.#check(result, bytes, made, options);
  }

  /** The result's JSON text, digit for digit. */
  async text(made: Made, options: CallOptions): Promise<CallResult<string>> {
    const { response, bytes } = await this.#answer(made, options);
    const result = { value: new TextDecoder().decode(bytes), ...callHead(response) };
    return this.#check(result, bytes, made, options);
  }

  async submit<T>(made: Made, options: CallOptions): Promise<CrankJob<T>> {
    const headers = { ...made.headers, prefer: 'respond-async' };
    const state = await this.#send({ ...made, headers }, options, (response) => response.json() as Promise<Job>);
    return this.#job<T>(state, made, options);
  }

  stream<T>(made: Made, options: StreamOptions): CallStream<T> {
    const trust = this.#trustOf(options);
    return new CallStream<T>({
      bigint: options.bigint ?? false,
      onProgress: options.onProgress,
      open: async (accept) => {
        // An answer under a key is not kept where it is a stream: what got lost in the middle cannot be had again.
        const headers = { ...made.headers, accept };
        const response = await this.#send(
          { ...made, headers },
          { idempotencyKey: false, ...options },
          async (given) => given,
        );
        if (response.status === 202) throw new ApprovalNeeded(this.#job((await response.json()) as Job, made, options));
        return response;
      },
      ...(trust && {
        verify: async (output, end) => {
          await this.verify(trust, end.call, { ...made.expected, ...(end.error === undefined && { output }) });
        },
      }),
    });
  }

  /** @throws NotVerified; CrankError where the receipt cannot be had */
  async verify(trust: Trust, id: string, expected: Expected = {}): Promise<NonNullable<CallResult['receipt']>> {
    const path = `/v1/receipts/${encodeURIComponent(id)}`;
    const file = await this.#transport.send({ method: 'GET', path }, (response) => response.arrayBuffer());
    return verifyWith(trust, new Uint8Array(file), { id, ...expected });
  }

  async #answer(made: Made, options: CallOptions): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    const { response, bytes } = await this.#send(made, options, async (given) => ({
      response: given,
      bytes: new Uint8Array(await given.arrayBuffer()),
    }));
    if (response.status === 202)
      throw new ApprovalNeeded(this.#job(JSON.parse(new TextDecoder().decode(bytes)) as Job, made, options));
    return { response, bytes };
  }

  #job<T>(state: Job, made: Made, options: CallOptions): CrankJob<T> {
    const check = (result: CallResult<T>, bytes: Uint8Array): Promise<CallResult<T>> =>
      this.#check(result, bytes, made, options);
    return new CrankJob<T>(this.#transport, state.id, { state, bigint: options.bigint, check });
  }

  async #check<T>(result: CallResult<T>, output: Uint8Array, made: Made, options: CallOptions): Promise<CallResult<T>> {
    const trust = this.#trustOf(options);
    if (trust === undefined) return result;
    return { ...result, receipt: await this.verify(trust, result.call, { ...made.expected, output }) };
  }

  #trustOf({ verify = this.#trust }: CallOptions): Trust | undefined {
    return verify === false ? undefined : verify;
  }

  #send<T>(made: Made, options: CallOptions, read: (response: Response) => Promise<T>): Promise<T> {
    const headers = { ...callHeaders(options, this.#transport.policy.retries > 0), ...made.headers };
    const { deadline, signal } = options;
    const sent: Sent = { method: 'POST', path: made.path, headers, body: made.body, deadline, signal };
    return this.#transport.send({ ...sent, again: headers['idempotency-key'] !== undefined }, read);
  }
}

/** @param more files beside those among the arguments, by parameter */
export const operationCall = (
  name: string,
  operation: string,
  args: object | string,
  version: string | undefined,
  more: Readonly<Record<string, FileInput | readonly FileInput[]>> = {},
): Made => {
  const at = parseServiceName(name);
  if (at.version !== undefined && version !== undefined)
    throw new TypeError(`${name} names a version already: leave out the other one, ${version}.`);
  const wanted = at.version ?? version;
  const path = `${servicePath(at, operation)}${wanted === undefined ? '' : `?version=${encodeURIComponent(wanted)}`}`;
  const stated = { service: at.service, operation };
  const { plain, files } = typeof args === 'string' ? { plain: {}, files: [] } : splitFiles({ ...args, ...more });
  if (files.length > 0) {
    const { body, contentType } = callForm(plain, files);
    return { path, headers: { 'content-type': contentType }, body, expected: { stated } };
  }
  const body = typeof args === 'string' ? args : toJson(plain);
  const input = new TextEncoder().encode(body);
  return { path, headers: { 'content-type': 'application/json' }, body, expected: { stated, input } };
};

export const codeCall = (request: RunRequest): Made => {
  const body = toJson(request);
  const input = new TextEncoder().encode(toJson(request.input ?? {}));
  return { path: '/v1/run', headers: { 'content-type': 'application/json' }, body, expected: { input } };
};
