import { parentPort, workerData } from 'node:worker_threads';
import { type Evaluation, loadWasmPolicy } from './wasm-policy.ts';

/** What the thread is given at its start. Modules are compiled already; threads share the code. */
export interface WorkerInput {
  bundles: readonly { module: WebAssembly.Module; wasmBytes: number; data: string }[];
  memoryBytes: number;
  /** One Int32: the number of the question being asked, so that a runaway can be named. */
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
const current = new Int32Array(progress);
const send = (message: FromWorker): void => port.postMessage(message);

try {
  const policies = bundles.map((bundle) => loadWasmPolicy({ ...bundle, memoryBytes }));
  port.on('message', ({ input, asks }: Question) => {
    const json = new Uint8Array(Buffer.from(input)).buffer;
    const answers = asks.map(({ bundle, entrypoint }, index) => {
      Atomics.store(current, 0, index);
      return policies[bundle]!.evaluate(json, entrypoint);
    });
    send({ answers });
  });
  send({ ready: true });
} catch (error) {
  send({ failed: error instanceof Error ? error.message : String(error) });
}
