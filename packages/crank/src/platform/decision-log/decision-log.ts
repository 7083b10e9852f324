import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { AppliedBundle } from '#src/engines/policy/bundle.ts';
import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';
import { MASK_RULE } from '#src/engines/policy/points.ts';
import { eventOf } from './decision-event.ts';
import type { DecisionLogInput, FromDecisionLog, ToDecisionLog } from './decision-log-worker.ts';

/** What waits at most until it is delivered, in UTF-16 code units; what comes then is dropped, and that is told. */
const MOST_WAITING = 64 * 2 ** 20;
/** Decisions of so long go to the thread at once. */
const TOGETHER_MS = 20;
/** How often what was dropped is told. */
const TELL_MS = 10_000;

export interface DecisionLogOptions extends DecisionLogInput {
  /** Whether the arguments of calls are logged, with what detectors find masked. */
  payloads: boolean;
  labels: Readonly<Record<string, string>>;
  log: Logger;
  mostWaiting?: number;
}

/**
 * Logs decisions as OPA does, off the thread that takes them: here they become a text, and a thread masks, compresses and
 * delivers them.
 */
export class DecisionLog {
  readonly #options: DecisionLogOptions;
  readonly #worker: Worker;
  readonly #closed: Promise<number>;
  #together: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #waiting = 0;
  #count = 0;
  #dropped = 0;
  #told = 0;
  #dead: string | undefined;

  constructor(options: DecisionLogOptions) {
    this.#options = options;
    const { folder, url, token, log } = options;
    this.#worker = new Worker(new URL('./decision-log-worker.ts', import.meta.url), {
      workerData: { folder, url, token } satisfies DecisionLogInput,
      name: 'decision-log',
      env: {},
      execArgv: [],
    });
    this.#worker.unref();
    this.#closed = new Promise((resolve) => {
      this.#worker.on('message', (message: FromDecisionLog) => {
        if ('settled' in message) {
          this.#waiting -= message.settled;
          this.#count -= 1;
        } else if ('warn' in message) log.warn(`decision log: ${message.warn}`);
        else resolve(message.lost);
      });
      this.#worker.on('error', (err) => {
        this.#dead = String(err);
        log.error(
          { err, lost: this.#count },
          'decision log: its thread ended; nothing is logged until the node starts again',
        );
        resolve(this.#count);
      });
    });
  }

  /** @param took milliseconds @param redact what was to be taken out of an output */
  note(request: PolicyRequest, decision: Decision, took: number, redact?: readonly string[]): void {
    const { payloads, labels, mostWaiting = MOST_WAITING } = this.#options;
    const text = JSON.stringify(eventOf(request, decision, took, { payloads, labels, ...(redact && { redact }) }));
    if (this.#dead !== undefined || this.#waiting + text.length > mostWaiting) {
      this.#drop();
      return;
    }
    this.#waiting += text.length;
    this.#count += 1;
    this.#together.push(text);
    this.#timer ??= setTimeout(() => this.#hand(), TOGETHER_MS).unref();
  }

  /** Bundles of an account in force; those that have a rule `mask` are asked about its decisions from now on. */
  masks(account: string, bundles: readonly AppliedBundle[]): void {
    this.#hand();
    this.#post({ account, masks: bundles.filter(({ entrypoints }) => entrypoints.includes(MASK_RULE)) });
  }

  /** Delivers what waits, for some seconds, and tells what could not be. */
  async close(): Promise<void> {
    this.#hand();
    this.#worker.ref();
    this.#post({ close: true });
    const lost = (await this.#closed) + this.#dropped;
    if (lost > 0) this.#options.log.error({ lost }, 'decision log: decisions were not delivered, and are lost');
    await this.#worker.terminate();
  }

  #post(message: ToDecisionLog): void {
    this.#worker.postMessage(message);
  }

  #hand(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#together.length > 0) this.#post({ events: this.#together });
    this.#together = [];
  }

  #drop(): void {
    this.#dropped += 1;
    if (Date.now() - this.#told < TELL_MS) return;
    this.#told = Date.now();
    this.#options.log.error({ dropped: this.#dropped }, 'decision log: too much waits, so that decisions are dropped');
    this.#dropped = 0;
  }
}
