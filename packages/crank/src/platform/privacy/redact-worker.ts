import { parentPort } from 'node:worker_threads';
import { type RedactDone, type RedactTask, redactTask } from './redact-task.ts';

export type FromRedactWorker = { done: RedactDone } | { failed: string };

const port = parentPort;
if (port === null) throw new Error('redact-worker.ts runs in a worker thread');

port.on('message', (task: RedactTask) => {
  let answer: FromRedactWorker;
  try {
    answer = { done: redactTask(task) };
  } catch (error) {
    answer = { failed: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(answer);
});
