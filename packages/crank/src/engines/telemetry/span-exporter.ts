import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { encodeSpans, type Origin } from './otlp-json.ts';
import type { Span } from './span.ts';

export interface SpanExporterOptions {
  /** Whole address, such as `http://127.0.0.1:4318/v1/traces`. */
  url: string;
  headers: Readonly<Record<string, string>>;
  gzip: boolean;
  /** Milliseconds for one request. */
  timeoutMs: number;
  /** Milliseconds that spans wait for others at most. */
  delayMs: number;
  /** Spans that wait at most; what comes beyond is dropped and counted. */
  queue: number;
  /** Spans of one request. */
  batch: number;
  /** Milliseconds before the first retry; twice as long before each further one. */
  backoffMs?: number;
  warn: (message: string, fields: object) => void;
}

export interface SpanCounts {
  exported: number;
  /** Lost: the queue was full, or the collector refused them or could not be reached for too long. */
  dropped: number;
  queued: number;
}

const TRIES = 5;
const BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;
/** Statuses after which the same may be sent again (OTLP specification, "Retryable Response Codes"). */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const WARN_EVERY_MS = 60_000;
const ANSWER_BYTES = 64 * 1024;

/** What a collector said to a batch. `retryAfterMs`: when it wants it again. */
type Answered = { rejected: number; why?: string } | { retryAfterMs?: number; why: string };

/**
 * Sends spans to a collector by OTLP over HTTP, in batches, one after the other. Nothing waits for it and nothing fails by
 * it: where the collector is slow or away, spans are dropped and counted.
 */
export class SpanExporter {
  readonly #origin: Origin;
  readonly #options: SpanExporterOptions;
  #queue: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #exported = 0;
  #dropped = 0;
  #warned = Number.NEGATIVE_INFINITY;
  readonly #stop = new AbortController();

  constructor(origin: Origin, options: SpanExporterOptions) {
    this.#origin = origin;
    this.#options = options;
  }

  get counts(): SpanCounts {
    return { exported: this.#exported, dropped: this.#dropped, queued: this.#queue.length };
  }

  /** Takes the spans of one call: all of them or none, for half a trace misleads. */
  add(spans: readonly Span[]): void {
    const { queue, batch, delayMs } = this.#options;
    if (this.#queue.length + spans.length > queue) {
      this.#dropped += spans.length;
      return;
    }
    this.#queue.push(...spans);
    if (this.#running !== undefined) return;
    if (this.#queue.length >= batch) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), delayMs).unref();
  }

  /** Sends what is left, within so many milliseconds; what does not go is dropped. */
  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), ms);
    await this.#running;
    if (this.#queue.length > 0) this.#begin();
    await this.#running;
    clearTimeout(timer);
    this.#dropped += this.#queue.length;
    this.#queue = [];
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0) this.#timer ??= setTimeout(() => this.#begin(), this.#options.delayMs).unref();
    });
  }

  async #run(): Promise<void> {
    do {
      const batch = this.#queue.splice(0, this.#options.batch);
      const rejected = await this.#send(batch);
      this.#dropped += rejected;
      this.#exported += batch.length - rejected;
    } while (!this.#stop.signal.aborted && this.#queue.length >= this.#options.batch);
  }

  /** @returns how many of them the collector does not have */
  async #send(spans: readonly Span[]): Promise<number> {
    const text = encodeSpans(this.#origin, spans);
    const body = this.#options.gzip ? gzipSync(text) : text;
    for (let attempt = 1; ; attempt++) {
      const answered = await this.#post(body);
      if (answered.why !== undefined) this.#warn(answered.why);
      if ('rejected' in answered) return Math.min(answered.rejected, spans.length);
      if (attempt === TRIES || this.#stop.signal.aborted) return spans.length;
      const backoff = Math.min(LONGEST_BACKOFF_MS, (this.#options.backoffMs ?? BACKOFF_MS) * 2 ** (attempt - 1));
      const wait = answered.retryAfterMs ?? backoff * (0.5 + Math.random() / 2);
      await sleep(wait, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      if (this.#stop.signal.aborted) return spans.length;
    }
  }

  async #post(body: string | Buffer<ArrayBuffer>): Promise<Answered> {
    const { url, headers, gzip, timeoutMs } = this.#options;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', ...(gzip && { 'content-encoding': 'gzip' }) },
        body,
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stop.signal]),
      });
      const text = (await answer.text()).slice(0, ANSWER_BYTES);
      if (answer.ok) return rejectedIn(text);
      const why = `it answered ${answer.status} ${text.slice(0, 200)}`.trim();
      if (!retryable.has(answer.status)) return { rejected: Number.POSITIVE_INFINITY, why };
      const after = Number(answer.headers.get('retry-after') ?? Number.NaN);
      return { why, ...(after >= 0 && { retryAfterMs: Math.min(LONGEST_BACKOFF_MS, after * 1e3) }) };
    } catch (error) {
      const { message, cause } = error as Error;
      return { why: cause instanceof Error ? `${message}: ${cause.message}` : message };
    }
  }

  #warn(why: string): void {
    const now = performance.now();
    if (now - this.#warned < WARN_EVERY_MS) return;
    this.#warned = now;
    const { url } = this.#options;
    this.#options.warn(`The collector does not take traces: ${why}`, { url, ...this.counts });
  }
}

/** What a collector that took a batch left out (`partial_success`). */
const rejectedIn = (text: string): Answered => {
  let said: { partialSuccess?: { rejectedSpans?: number | string; errorMessage?: string } };
  try {
    said = JSON.parse(text || '{}') as typeof said;
  } catch {
    return { rejected: 0 }; // some answer in plain text: taken is taken
  }
  const { rejectedSpans, errorMessage } = said?.partialSuccess ?? {};
  const rejected = Number(rejectedSpans ?? 0) || 0;
  return rejected > 0 ? { rejected, why: `it left out ${rejected} spans: ${errorMessage ?? ''}` } : { rejected: 0 };
};
