import { Worker } from 'node:worker_threads';
import type { work } from './work.ts';

type Work = typeof work;
type WithoutProgress<T extends unknown[]> = T extends [...infer Rest, (count: number) => void] ? Rest : T;

/** What can be asked of the thread, by name of the work. */
export type WorkspaceWorker = {
  [K in Exclude<keyof Work, 'open'>]: (...parameters: Parameters<Work[K]>) => Promise<Awaited<ReturnType<Work[K]>>>;
} & {
  /** @param onProgress told how many bytes have been written */
  open(parameters: WithoutProgress<Parameters<Work['open']>>, onProgress: (bytes: number) => void): Promise<void>;
  close(): Promise<void>;
};

export interface ToWorker {
  id: number;
  name: keyof Work;
  parameters: unknown[];
}
export type FromWorker = { id: number } & ({ value: unknown } | { error: string } | { done: number });

type Waiting = {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  onProgress?: (bytes: number) => void;
};

/** A thread that hashes, encrypts and decrypts, so that the gateway's does not. It starts when first asked, anew after it died. */
export const createWorkspaceWorker = (onFailed: (error: Error) => void): WorkspaceWorker => {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let last = 0;
  let isClosed = false;

  const heard = (message: FromWorker): void => {
    const one = waiting.get(message.id);
    if (one === undefined) return;
    if ('done' in message) {
      one.onProgress?.(message.done);
      return;
    }
    waiting.delete(message.id);
    if (waiting.size === 0) worker?.unref();
    if ('error' in message) one.reject(new Error(message.error));
    else one.resolve(message.value as never);
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./worker.ts', import.meta.url), { name: 'workspaces' });
    const fail = (error: Error): void => {
      if (worker !== started) return;
      worker = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      if (!isClosed) onFailed(error);
    };
    started.on('error', fail);
    started.on('exit', (code) => fail(new Error(`the thread for workspaces ended with code ${code}`)));
    started.on('message', heard);
    return started;
  };

  const ask = <T>(name: keyof Work, parameters: unknown[], onProgress?: (bytes: number) => void): Promise<T> => {
    if (isClosed) return Promise.reject(new Error('the node stops'));
    worker ??= start();
    worker.ref();
    const id = ++last;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve, reject, ...(onProgress && { onProgress }) });
      worker!.postMessage({ id, name, parameters } satisfies ToWorker);
    });
  };
  const plain = <K extends keyof Work>(name: K) => ((...parameters: unknown[]) => ask(name, parameters)) as never;
  return {
    commit: plain('commit'),
    advance: plain('advance'),
    remove: plain('remove'),
    find: plain('find'),
    list: plain('list'),
    extract: plain('extract'),
    archive: plain('archive'),
    sweep: plain('sweep'),
    forget: plain('forget'),
    open: (parameters, onProgress) => ask('open', parameters, onProgress),
    close: async () => {
      isClosed = true;
      await worker?.terminate();
    },
  };
};
