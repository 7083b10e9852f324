import { Histogram } from '#src/core/histogram.ts';
import { isRunName } from '#src/core/run-name.ts';

/** A call that has ended, as far as metrics go. */
export interface EndedCall {
  /** Of the service. */
  account: string;
  service: string;
  /** `ok` or an error's code. */
  outcome: string;
  /** From its coming to its answer; undefined where nobody waited for it, as for a job. */
  seconds: number | undefined;
  cpuNs: number;
  joules: number;
  grams: number;
  timing: readonly (readonly [step: string, ms: number, start?: number])[];
  /** Id of its trace, where that is recorded. */
  trace: string | undefined;
}

/** Calls of a service since the node started. */
export interface ServiceCounts {
  service: string;
  /** By `ok` or error code. */
  outcomes: Map<string, number>;
  /** Of calls that somebody waited for. */
  seconds: Histogram;
  cpuSeconds: number;
  joules: number;
  grams: number;
}

/** Bounds of what a call takes from its coming to its answer, seconds; 0.1 is what the platform promises. */
export const CALL_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const STEP_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10];
/** Services of an account that are told apart, and accounts; what comes beyond goes under OTHER. */
const MOST_SERVICES = 200;
const MOST_ACCOUNTS = 2_000;
/** No service can be named so: names begin with a letter. */
const OTHER = '_other';
/** Code that is run once: each piece is a service that no list shows, and would take a label. */
const RUN = '_run';

/** Calls that ended on this node since it started, for its metrics. */
export class CallCounts {
  readonly #accounts = new Map<string, Map<string, ServiceCounts>>();
  /** By step, of all calls. */
  readonly steps = new Map<string, Histogram>();
  /** Of all calls that somebody waited for. */
  readonly seconds = new Histogram(CALL_BOUNDS);

  add(call: EndedCall): void {
    const counts = this.#countsOf(call);
    counts.outcomes.set(call.outcome, (counts.outcomes.get(call.outcome) ?? 0) + 1);
    counts.cpuSeconds += call.cpuNs / 1e9;
    counts.joules += call.joules;
    counts.grams += call.grams;
    if (call.seconds !== undefined) {
      counts.seconds.add(call.seconds, call.trace);
      this.seconds.add(call.seconds); // without its trace: these are for everybody
    }
    for (const [step, ms] of call.timing) {
      let histogram = this.steps.get(step);
      if (histogram === undefined) {
        histogram = new Histogram(STEP_BOUNDS);
        this.steps.set(step, histogram);
      }
      histogram.add(ms / 1e3);
    }
  }

  #countsOf({ account, service }: EndedCall): ServiceCounts {
    const owner = this.#accounts.has(account) || this.#accounts.size < MOST_ACCOUNTS ? account : OTHER;
    let services = this.#accounts.get(owner);
    if (services === undefined) {
      services = new Map();
      this.#accounts.set(owner, services);
    }
    const told = isRunName(service) ? RUN : service;
    const name = services.has(told) || services.size < MOST_SERVICES ? told : OTHER;
    let counts = services.get(name);
    if (counts === undefined) {
      const nothing = { cpuSeconds: 0, joules: 0, grams: 0 };
      counts = { service: name, outcomes: new Map(), seconds: new Histogram(CALL_BOUNDS), ...nothing };
      services.set(name, counts);
    }
    return counts;
  }

  /** What was counted for an account's services. */
  of(account: string): ServiceCounts[] {
    return [...(this.#accounts.get(account)?.values() ?? [])];
  }
}
