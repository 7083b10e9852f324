import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { PolicyBundle } from './bundle.ts';
import type { FromWorker, Question, WorkerInput } from './policy-worker.ts';
import { PROGRESS_BYTES, progressIn } from './progress.ts';
import type { Evaluation } from './wasm-policy.ts';

export interface RunnerOptions {
  /** Of CPU, for one question, that is for all rules asked at one point. Ten times as long where the thread gets none. */
  deadlineMs: number;
  /** Memory of one bundle's WASM; its data counts. */
  memoryBytes: number;
  /** Its rules may run away on the sample request, so that they are not asked before somebody asks. */
  untried?: boolean;
}

/** Evaluates bundles in a thread that can be ended. */
export interface PolicyRunner {
  /** Starts the thread where there is none. @throws Error where a bundle does not load */
  start(): Promise<void>;
  /** One Evaluation per ask. Never rejects: what ran away, crashed or did not load is an Evaluation that says so. */
  ask(question: Question): Promise<readonly Evaluation[]>;
  /** Ends the thread; what was asked before is answered first. */
  retire(): Promise<void>;
  /** Whether a thread is there. */
  readonly running: boolean;
}

interface Waiting {
  question: Question;
  settle: (answers: readonly Evaluation[]) => void;
}

/** How many times its deadline a thread may take by the clock. */
const WAITS = 10;
const SHORTEST_LOOK_MS = 10;
/** Time for a thread to load its bundles. */
const START_MS = 15_000;
const MOST_WAITING = 1000;
/** A bundle that ran away this often in a row is not asked for a while: each time costs a thread and its deadline. */
const RUNAWAYS = 3;
const PAUSE_MS = 10_000;

/** A thread with its bundles loaded. What it says goes to whoever waits; nobody waiting is no error. */
interface Thread {
  worker: Worker;
  onMessage: (message: FromWorker) => void;
  onLost: (why: string) => void;
}

const spawn = (input: WorkerInput, gone: () => void): Promise<Thread> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./policy-worker.ts', import.meta.url), {
      workerData: input,
      name: 'policy',
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    worker.unref(); // timers hold the process while somebody waits
    const thread: Thread = {
      worker,
      onMessage: (message) => {
        clearTimeout(timer);
        if ('failed' in message) reject(new Error(message.failed));
        else resolve(thread);
      },
      onLost: (why) => {
        clearTimeout(timer);
        reject(new Error(why));
      },
    };
    const timer = setTimeout(() => {
      thread.onLost(`it did not load within ${START_MS} ms`);
      void worker.terminate();
    }, START_MS);
    worker.on('message', (message: FromWorker) => thread.onMessage(message));
    worker.on('error', (error) => {
      gone();
      thread.onLost(`its thread crashed: ${String(error)}`);
    });
    worker.on('exit', () => {
      gone();
      thread.onLost('its thread ended');
    });
  });

const failAll = (question: Question, error: string): readonly Evaluation[] =>
  question.asks.map(() => ({ ok: false, error }));

/** A runner over bundles; asks refer to them by their place. Questions are answered one at a time, in order. */
export const createRunner = async (bundles: readonly PolicyBundle[], options: RunnerOptions): Promise<PolicyRunner> => {
  const compiled = await Promise.all(
    bundles.map(async ({ wasm, data, entrypoints }) => ({
      module: await WebAssembly.compile(new Uint8Array(wasm)),
      wasmBytes: wasm.length,
      data,
      entrypoints: options.untried ? [] : entrypoints,
    })),
  );
  const progress = new SharedArrayBuffer(PROGRESS_BYTES);
  const { asked, since } = progressIn(progress);
  const input: WorkerInput = { bundles: compiled, memoryBytes: options.memoryBytes, progress };
  const queue: Waiting[] = [];
  let busy = false;
  let starting: Promise<Thread> | undefined;
  let runaways = 0;
  let pausedUntil = 0;
  let drained: (() => void) | undefined;

  const start = (): Promise<Thread> => {
    if (starting !== undefined) return starting;
    const mine: Promise<Thread> = spawn(input, () => {
      if (starting === mine) starting = undefined;
    });
    starting = mine;
    return mine;
  };

  /** CPU time of a thread on its question. */
  const usedMs = async (worker: Worker): Promise<number> => {
    // One that has ended says so itself, and one that cannot be asked is ended at the latest.
    const asking = worker.cpuUsage().catch(() => undefined);
    const used = await Promise.race([asking, sleep(options.deadlineMs, undefined, { ref: false })]);
    return used === undefined ? 0 : (used.user + used.system - since[0]!) / 1000;
  };

  /** Asks a thread; resolves however that ends. */
  const put = (thread: Thread, question: Question): Promise<readonly Evaluation[]> =>
    new Promise((resolve) => {
      let settled = false;
      const settle = (answers: readonly Evaluation[]): void => {
        settled = true;
        clearTimeout(timer);
        thread.onMessage = () => undefined;
        thread.onLost = () => undefined;
        resolve(answers);
      };
      const latest = performance.now() + WAITS * options.deadlineMs;
      const look = async (): Promise<void> => {
        // Where our own thread was held up, the answer may be here already: let it be read first.
        await new Promise(setImmediate);
        if (settled) return;
        const left = options.deadlineMs - (await usedMs(thread.worker));
        if (settled) return;
        // On a busy machine the time of the clock is no measure of what a rule took.
        if (left > 0 && performance.now() < latest) {
          timer = setTimeout(look, Math.max(left, SHORTEST_LOOK_MS));
          return;
        }
        runaways += 1;
        if (runaways >= RUNAWAYS) pausedUntil = Date.now() + PAUSE_MS;
        starting = undefined;
        thread.onLost(`it did not answer within ${options.deadlineMs} ms`);
        void thread.worker.terminate();
      };
      let timer = setTimeout(look, options.deadlineMs);
      thread.onMessage = (message) => {
        runaways = 0;
        settle('answers' in message ? message.answers : failAll(question, 'it gave no answer'));
      };
      thread.onLost = (why) => {
        const at = Atomics.load(asked, 0);
        const other = 'it was not asked, because another rule failed';
        settle(question.asks.map((_, index) => ({ ok: false, error: index === at ? why : other })));
      };
      thread.worker.postMessage(question);
    });

  const work = async (): Promise<void> => {
    busy = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { question, settle } = next;
      settle(
        await start().then(
          (thread) => put(thread, question),
          (error: Error) => failAll(question, error.message),
        ),
      );
    }
    busy = false;
    drained?.();
  };

  return {
    start: async () => void (await start()),
    ask: (question) => {
      if (Date.now() < pausedUntil) {
        const error = `it ran away ${RUNAWAYS} times in a row and is not asked for ${PAUSE_MS / 1000} s`;
        return Promise.resolve(failAll(question, error));
      }
      if (queue.length >= MOST_WAITING) {
        return Promise.resolve(failAll(question, `${MOST_WAITING} decisions wait for it already`));
      }
      return new Promise((settle) => {
        queue.push({ question, settle });
        if (!busy) void work();
      });
    },
    retire: async () => {
      if (busy) await new Promise<void>((resolve) => (drained = resolve));
      const ending = starting;
      starting = undefined;
      await ending?.then(
        (thread) => thread.worker.terminate(),
        () => undefined, // it never loaded, so there is nothing to end
      );
    },
    get running() {
      return starting !== undefined;
    },
  };
};
