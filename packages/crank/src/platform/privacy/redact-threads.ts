import { Worker } from 'node:worker_threads';
import { CrankError } from '#src/core/error.ts';
import { isNameType } from '#src/engines/privacy/name.ts';
import { createTurns } from '../turns.ts';
import type { RedactDone, RedactTask } from './redact-task.ts';
import { redactTask } from './redact-task.ts';
import type { FromRedactWorker } from './redact-worker.ts';

/** Shorter texts are searched where they are: a thread would take longer. UTF-16 code units. */
const INLINE = 4 * 1024;
/** The same where names are looked for, which takes ten times as long. */
const INLINE_NAMES = 512;
const asksForNames = (task: RedactTask): boolean =>
  (task.kind === 'find' ? task.types : task.rules.flatMap(({ detect = [] }) => detect)).some(isNameType);
/** Threads, and texts that may wait for one. */
const THREADS = 2;
const MOST_WAITING = 200;
/** Time for one text: a hundred times what hostile ones of the largest size took when this was written. */
const DEADLINE_MS = 60_000;
const MEMORY_MB = 512;

/** Searches texts off the main thread, in threads that can be ended. */
export interface RedactThreads {
  /** @throws CrankError `overloaded` where too many wait; Error where it took too long, too much memory, or was not JSON: the text must then not be given out */
  run(task: RedactTask): Promise<RedactDone>;
  close(): Promise<void>;
}

export const createRedactThreads = (): RedactThreads => {
  const inTurn = createTurns(THREADS, MOST_WAITING, 'searches for personal data');
  const idle: Worker[] = [];
  const all = new Set<Worker>();

  const start = (): Worker => {
    const worker = new Worker(new URL('./redact-worker.ts', import.meta.url), {
      name: 'privacy',
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    worker.unref(); // timers hold the process while somebody waits
    all.add(worker);
    worker.once('exit', () => {
      all.delete(worker);
      const at = idle.indexOf(worker);
      if (at >= 0) idle.splice(at, 1);
    });
    // What ends a thread that nobody waits for is noticed by its exit.
    worker.on('error', () => undefined);
    return worker;
  };

  const put = (worker: Worker, task: RedactTask): Promise<RedactDone> =>
    new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        worker.removeAllListeners('message');
        worker.off('error', lost);
        worker.off('exit', lost);
        settle();
      };
      const lost = (why: unknown): void =>
        end(() => reject(new Error(`its thread ended: ${why instanceof Error ? why.message : 'it was stopped'}`)));
      const timer = setTimeout(() => {
        end(() => reject(new Error(`it was not searched within ${DEADLINE_MS / 1000} s`)));
        void worker.terminate();
      }, DEADLINE_MS);
      worker.once('message', (message: FromRedactWorker) =>
        end(() => {
          idle.push(worker);
          if ('done' in message) resolve(message.done);
          else reject(new Error(message.failed));
        }),
      );
      worker.once('error', lost);
      worker.once('exit', lost);
      worker.postMessage(task);
    });

  return {
    run: async (task) => {
      if (task.text.length <= (asksForNames(task) ? INLINE_NAMES : INLINE)) return redactTask(task);
      return inTurn(() => put(idle.pop() ?? start(), task)).catch((error: unknown) => {
        if (!(error instanceof CrankError)) throw error;
        throw new CrankError('overloaded', 'Too many texts wait to be searched for personal data: try again soon.', {
          retryAfter: 5,
        });
      });
    },
    close: async () => {
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
};
