import { type CallResult, callHead, decodeBody } from './call-result.ts';
import { sleep } from './deadline.ts';
import { CrankError } from './errors.ts';
import { bodyLines, serverEvents } from './event-stream.ts';
import type { Job } from './generated/api.ts';
import type { Transport } from './transport.ts';

/** After a connection that broke, milliseconds. */
const AGAIN_MS = 500;

/** A call that outlives its request. Iterating gives its states until it has ended; a connection that breaks is made again. */
export class CrankJob<T = unknown> implements AsyncIterable<Job> {
  readonly #transport: Transport;
  readonly #bigint: boolean;
  readonly #check: ((result: CallResult<T>, bytes: Uint8Array) => Promise<CallResult<T>>) | undefined;
  /** Of the call, and of its receipt. */
  readonly id: string;
  /** As it was when last heard of; undefined where only its id is known. */
  state: Job | undefined;

  constructor(
    transport: Transport,
    id: string,
    more: {
      state?: Job;
      bigint?: boolean | undefined;
      /** Of its result's receipt. */
      check?: (result: CallResult<T>, bytes: Uint8Array) => Promise<CallResult<T>>;
    } = {},
  ) {
    this.#transport = transport;
    this.#bigint = more.bigint ?? false;
    this.#check = more.check;
    this.id = id;
    this.state = more.state;
  }

  get #path(): string {
    return `/v1/jobs/${encodeURIComponent(this.id)}`;
  }

  /** How far it is now. @throws CrankError */
  async refresh(options: { signal?: AbortSignal } = {}): Promise<Job> {
    const response = await this.#transport.send({ method: 'GET', path: this.#path, ...options });
    return this.#heard(response);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Job, void, void> {
    return this.follow();
  }

  /** Its states, from that of now until it has ended. @throws CrankError; what `signal` says where that aborts */
  async *follow(options: { signal?: AbortSignal } = {}): AsyncGenerator<Job, void, void> {
    const { signal } = options;
    for (;;) {
      const response = await this.#transport.send({ method: 'GET', path: `${this.#path}/events`, signal });
      try {
        for await (const { data } of serverEvents(bodyLines(response.body!))) {
          this.state = JSON.parse(data) as Job;
          yield this.state;
          if (this.state.state === 'ended') return;
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof CrankError) throw error;
      }
      await sleep(AGAIN_MS, signal);
    }
  }

  /** Waits until it has ended. @throws CrankError */
  async done(options: { signal?: AbortSignal } = {}): Promise<Job> {
    if (this.state?.state === 'ended') return this.state;
    let last: Job | undefined;
    for await (const state of this.follow(options)) last = state;
    return last!;
  }

  /** Waits until it has ended, and gives what the call came to. @throws CrankError, also that which the call ended with */
  async result(options: { signal?: AbortSignal } = {}): Promise<CallResult<T>> {
    await this.done(options);
    const { bytes, response } = await this.#transport.send(
      { method: 'GET', path: `${this.#path}/result`, ...options },
      async (given) => ({ response: given, bytes: new Uint8Array(await given.arrayBuffer()) }),
    );
    const result = { value: decodeBody(bytes, response.headers, this.#bigint) as T, ...callHead(response) };
    return this.#check === undefined ? result : this.#check(result, bytes);
  }

  /** Ends it; of one that has ended, deletes the result. @throws CrankError */
  async cancel(): Promise<Job> {
    return this.#heard(await this.#transport.send({ method: 'DELETE', path: this.#path }));
  }

  /** Lets it run, where it waits for a second principal. @throws CrankError */
  approve(comment?: string): Promise<Job> {
    return this.#decide('approve', comment);
  }

  /** Ends it, where it waits for a second principal. @throws CrankError */
  reject(comment?: string): Promise<Job> {
    return this.#decide('reject', comment);
  }

  async #decide(verdict: string, comment: string | undefined): Promise<Job> {
    const sent =
      comment === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ comment }) };
    return this.#heard(await this.#transport.send({ method: 'POST', path: `${this.#path}/${verdict}`, ...sent }));
  }

  async #heard(response: Response): Promise<Job> {
    this.state = (await response.json()) as Job;
    return this.state;
  }
}

/** The call was taken, and runs once another principal has approved it: follow `job`. */
export class ApprovalNeeded extends Error {
  override readonly name = 'ApprovalNeeded';
  readonly job: CrankJob;

  constructor(job: CrankJob) {
    super(
      `The call ${job.id} waits for approval by another principal: ${job.state?.approval?.reasons.join('; ') ?? ''}`,
    );
    this.job = job;
  }
}
