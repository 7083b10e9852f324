import { CrankError } from '#src/core/error.ts';
import { abortOutcome } from './on-abort.ts';
import { NotBegun } from './receiver.ts';
import type { PlannedCall, SandboxCall, SandboxResult } from './sandbox.ts';
import type { Zygote } from './zygote.ts';

/** The zygote of one template, its queue and its restarts. */
export interface Pool {
  run(call: SandboxCall, kind?: number): Promise<SandboxResult>;
  /** Makes ready for the next call with these workspaces, where a zygote runs. */
  prepare(call: PlannedCall): void;
  /** Calls running or queued. */
  readonly busy: number;
  /** Date.now() of the last call's end, or of the creation. */
  readonly lastUsed: number;
  readonly running: boolean;
  /** Of its sandbox, where one runs. */
  readonly pid: number | undefined;
  /** Kills the zygote; settles when it has gone. */
  close(reason: string): Promise<void>;
}

export interface PoolOptions {
  start: () => Promise<Zygote>;
  /** Called when a zygote ended because it lied (`Zygote.violation`). */
  onViolation: (violation: string) => void;
  /** Calls at one time, beside those within others; more wait in the queue. Known once a zygote could be started. */
  concurrency: () => number;
  queue: number;
}

/** Sandboxes that stand, and calls that run in them or wait. */
export const loadOf = (pools: readonly Pool[]): { standing: number; calls: number } => ({
  standing: pools.filter(({ running }) => running).length,
  calls: pools.reduce((sum, { busy }) => sum + busy, 0),
});

/** A call that a dying process had not begun is tried again this many times. */
const retries = 3;
const shortestPause = 250;
const longestPause = 30_000;

export const createPool = (options: PoolOptions): Pool => {
  const queue: { depth: number; go: () => void }[] = [];
  let active = 0;
  let lastUsed = Date.now();
  let zygote: Zygote | undefined;
  let starting: Promise<Zygote> | undefined;
  let closed: string | undefined;
  /** Starts that failed and zygotes that died, since a call last succeeded. */
  let failures = 0;
  let pausedUntil = 0;
  let lastError: CrankError | undefined;
  const ends = new Set<Promise<unknown>>();

  const failed = (error: CrankError | undefined): void => {
    failures++;
    lastError = error;
    // The first death of a zygote that served may be chance; a second one, or a start that fails, is not.
    if (error === undefined && failures < 2) return;
    pausedUntil = Date.now() + Math.min(longestPause, shortestPause * 2 ** Math.min(failures - 1, 10));
  };

  const ready = (): Zygote | Promise<Zygote> => {
    if (zygote !== undefined && !zygote.spent) return zygote;
    if (starting !== undefined) return starting;
    const pause = pausedUntil - Date.now();
    if (pause > 0) {
      if (lastError !== undefined) throw lastError;
      const retryAfter = Math.ceil(pause / 1000);
      throw new CrankError(
        'overloaded',
        `The sandbox of this service ended abnormally ${failures} times in a row; it starts again in ${retryAfter} s. See the calls' records for the reason.`,
        { retryAfter },
      );
    }
    starting = begin();
    return starting;
  };

  const begin = async (): Promise<Zygote> => {
    zygote?.kill('it was replaced');
    try {
      const started = await options.start();
      zygote = started;
      const end = started.ended.then(() => {
        ends.delete(end);
        if (started.violation !== undefined) options.onViolation(started.violation);
        if (zygote !== started) return;
        zygote = undefined;
        if (closed === undefined && !started.orderly) failed(undefined);
      });
      ends.add(end);
      if (closed !== undefined) started.kill(closed);
      return started;
    } catch (error) {
      if (error instanceof CrankError) failed(error);
      throw error;
    } finally {
      starting = undefined;
    }
  };

  /**
   * A call within others finds a place more for each of them: they hold theirs and wait for it, so that without one
   * nothing would move. Of all calls that wait for another, the deepest one's always finds a place this way.
   */
  const hasRoom = (depth: number): boolean => active < options.concurrency() + depth;

  const enter = ({ signal, depth = 0 }: SandboxCall): void | Promise<void> => {
    if (hasRoom(depth)) {
      active++;
      return;
    }
    // Calls within others are bounded by those.
    if (depth === 0 && queue.length >= options.queue) {
      throw new CrankError('overloaded', `${queue.length} calls of this service are waiting already. Try again soon.`, {
        retryAfter: 1,
      });
    }
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', giveUp);
        active++;
        resolve();
      };
      const waiting = { depth, go };
      const giveUp = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        active++; // what called us leaves by the same door as all others
        resolve();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      queue.push(waiting);
    });
  };

  const leave = (): void => {
    active--;
    lastUsed = Date.now();
    for (let at = nextIn(); at >= 0; at = nextIn()) queue.splice(at, 1)[0]!.go();
  };

  /** Where in the queue the one stands that may enter: the deepest, for whose end most wait, and of those the first. */
  const nextIn = (): number => {
    let next = -1;
    for (const [at, { depth }] of queue.entries()) {
      if (hasRoom(depth) && (next < 0 || depth > queue[next]!.depth)) next = at;
    }
    return next;
  };

  const run = async (call: SandboxCall, kind?: number): Promise<SandboxResult> => {
    const waited = enter(call);
    if (waited !== undefined) await waited;
    try {
      for (let attempt = 1; ; attempt++) {
        if (closed !== undefined) throw new CrankError('unavailable', `The sandbox is closed: ${closed}.`);
        if (call.signal.aborted) return neverRan(call.signal);
        try {
          const at = ready();
          const result = await (at instanceof Promise ? await at : at).run(call, kind);
          if (result.outcome.type !== 'failed') failures = 0;
          return result;
        } catch (error) {
          if (!(error instanceof NotBegun)) throw error;
          if (attempt > retries) {
            throw new CrankError(
              'overloaded',
              `The sandbox of this service ended before the call began: ${error.message}.`,
              {
                retryAfter: 1,
              },
            );
          }
        }
      }
    } finally {
      leave();
    }
  };

  return {
    run,
    prepare: (call) => {
      if (zygote?.spent === false) zygote.prepare(call);
    },
    get busy() {
      return active + queue.length;
    },
    get lastUsed() {
      return lastUsed;
    },
    get running() {
      return zygote !== undefined || starting !== undefined;
    },
    get pid() {
      return zygote?.pid;
    },
    close: async (reason) => {
      closed ??= reason;
      zygote?.kill(reason);
      // A start under way sees `closed` and ends by itself; its failure is its caller's to hear.
      await starting?.catch(() => {});
      await Promise.all(ends);
    },
  };
};

const neverRan = (signal: AbortSignal): SandboxResult => ({
  outcome: { type: 'failed', ...abortOutcome(signal) },
  usage: { cpuNs: 0, cpuSource: 'sandbox-reported', peakMemoryBytes: 0, wallNs: 0 },
  stdout: '',
  stderr: '',
  truncatedBytes: 0,
});
