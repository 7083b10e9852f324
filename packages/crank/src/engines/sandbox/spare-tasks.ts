import type { SandboxTask } from './sandbox.ts';
import { dropTask, type TaskKind, type TaskSandbox } from './task.ts';

/** A spare that nobody needed for so long ends: whoever works on a script has stopped. */
const IDLE_MS = 120_000;
/** After a task its sandbox's successor is made ready, once what came of the task is done. */
const LATER_MS = 500;
const MOST = 8;

interface Spare {
  sandbox: Promise<TaskSandbox | undefined>;
  timer: NodeJS.Timeout;
}

const keyOf = ({ name, account, interpreter, limits }: TaskKind): string =>
  JSON.stringify([name, account, interpreter, limits]);

/** Sandboxes that wait for the next task of a kind, each for one: what is saved is the wait for their start. */
export class SpareTasks {
  readonly #launch: (kind: TaskKind) => Promise<TaskSandbox>;
  readonly #spares = new Map<string, Spare>();
  readonly #later = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(launch: (kind: TaskKind) => Promise<TaskSandbox>) {
    this.#launch = launch;
  }

  /** One that is ready, or is about to be; undefined where there is none. */
  async take(task: SandboxTask): Promise<TaskSandbox | undefined> {
    const key = keyOf(task);
    const spare = this.#spares.get(key);
    if (spare === undefined) return undefined;
    this.#spares.delete(key);
    clearTimeout(spare.timer);
    const sandbox = await spare.sandbox;
    if (sandbox === undefined || !sandbox.hasEnded()) return sandbox;
    await dropTask(sandbox);
    return undefined;
  }

  /** Has one made for the next task of this kind. */
  prepare({ name, account, interpreter, limits }: SandboxTask): void {
    const kind: TaskKind = { name, account, interpreter, limits };
    const key = keyOf(kind);
    if (this.#closed || this.#later.has(key)) return;
    const later = setTimeout(() => {
      this.#later.delete(key);
      if (this.#spares.has(key) || this.#spares.size >= MOST) return;
      this.#spares.set(key, {
        // Should it fail, the task itself says why.
        sandbox: this.#launch(kind).catch(() => undefined),
        timer: setTimeout(() => void this.#drop(key), IDLE_MS).unref(),
      });
    }, LATER_MS).unref();
    this.#later.set(key, later);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#later.values()) clearTimeout(timer);
    await Promise.all([...this.#spares.keys()].map((key) => this.#drop(key)));
  }

  async #drop(key: string): Promise<void> {
    const spare = this.#spares.get(key);
    if (spare === undefined) return;
    this.#spares.delete(key);
    clearTimeout(spare.timer);
    const sandbox = await spare.sandbox;
    if (sandbox !== undefined) await dropTask(sandbox);
  }
}
