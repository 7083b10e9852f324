import { parentPort } from 'node:worker_threads';
import { work } from './work.ts';
import type { FromWorker, ToWorker } from './workspace-worker.ts';

const port = parentPort!;
/** How often the opening of a state tells how far it is, bytes. */
const TOLD_EVERY = 16 * 1024 * 1024;

const send = (message: FromWorker): void => port.postMessage(message);

const progress = (id: number): ((count: number) => void) => {
  let done = 0;
  let told = 0;
  return (count) => {
    done += count;
    if (done - told < TOLD_EVERY) return;
    told = done;
    send({ id, done });
  };
};

port.on('message', ({ id, name, parameters }: ToWorker) => {
  const run = work[name] as (...all: unknown[]) => Promise<unknown>;
  run(...parameters, ...(name === 'open' ? [progress(id)] : [])).then(
    (value) => send({ id, value }),
    (error: unknown) => send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
