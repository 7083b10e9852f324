import { parentPort, workerData } from 'node:worker_threads';
import { progressIn } from './progress.ts';
import { sampleRequest } from './sample-request.ts';
import { type Evaluation, loadWasmPolicy } from './wasm-policy.ts';

/** What the thread is given at its start. Modules are compiled already; threads share the code. */
export interface WorkerInput {
  bundles: readonly { module: WebAssembly.Module; wasmBytes: number; data: string; entrypoints: readonly string[] }[];
  memoryBytes: number;
  /** Of PROGRESS_BYTES: what is being asked, and since when. */
  progress: SharedArrayBuffer;
}

/** Rules to ask, all on the same input (JSON text of an object). */
export interface Question {
  input: string;
  asks: readonly { bundle: number; entrypoint: string }[];
}

export type FromWorker = { ready: true } | { failed: string } | { answers: readonly Evaluation[] };

const port = parentPort;
if (port === null) throw new Error('policy-worker.ts runs in a worker thread');
const { bundles, memoryBytes, progress } = workerData as WorkerInput;
const { asked, since } = progressIn(progress);
const mark = (): void => {
  const { user, system } = process.threadCpuUsage();
  since[0] = user + system;
};
const utf8 = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer;
const send = (message: FromWorker): void => port.postMessage(message);

try {
  const policies = bundles.map((bundle) => loadWasmPolicy({ ...bundle, memoryBytes }));
  // What the first evaluation compiles and looks up is no part of anybody's deadline.
  for (const [nth, { entrypoints }] of bundles.entries())
    for (const entrypoint of entrypoints) policies[nth]!.evaluate(utf8(sampleRequest('public')), entrypoint);
  port.on('message', ({ input, asks }: Question) => {
    mark();
    const json = utf8(input);
    const answers = asks.map(({ bundle, entrypoint }, index) => {
      Atomics.store(asked, 0, index);
      return policies[bundle]!.evaluate(json, entrypoint);
    });
    send({ answers });
    mark();
  });
  mark();
  send({ ready: true });
} catch (error) {
  send({ failed: error instanceof Error ? error.message : String(error) });
}
