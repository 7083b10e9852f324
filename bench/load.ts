import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface Load {
  url: string;
  body: string;
  headers: Record<string, string>;
  concurrency: number;
  /** Not counted. */
  warmUpMs: number;
  ms: number;
}

export interface Measured {
  /** Milliseconds. */
  p50: number;
  p99: number;
  perSecond: number;
  /** Answers other than 200. */
  failed: number;
  /** CPU time that the load itself took, milliseconds; it is on the same cores. */
  cpuMs: number;
}

/** The value below which a share of the sorted samples lies. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Sends the same request over and over, each connection one at a time, from a process of its own. */
export const load = (options: Load): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.once('message', (measured) => resolve(measured as Measured));
    child.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
  });

const run = async (options: Load): Promise<Measured> => {
  const agent = new Agent({ keepAlive: true, maxSockets: options.concurrency });
  const { hostname, port, pathname, search } = new URL(options.url);
  const once = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          agent,
          hostname,
          port,
          path: pathname + search,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(options.body),
            ...options.headers,
          },
        },
        (answer) => {
          answer.resume();
          answer.once('end', () => resolve(answer.statusCode ?? 0));
        },
      );
      sent.once('error', reject);
      sent.end(options.body);
    });
  const begin = performance.now() + options.warmUpMs;
  const end = begin + options.ms;
  const took: number[] = [];
  let failed = 0;
  const connection = async (): Promise<void> => {
    for (;;) {
      const start = performance.now();
      if (start >= end) return;
      const status = await once();
      if (start < begin) continue;
      if (status === 200) took.push(performance.now() - start);
      else failed++;
    }
  };
  const startCpu = process.cpuUsage();
  await Promise.all(Array.from({ length: options.concurrency }, connection));
  const { user, system } = process.cpuUsage(startCpu);
  agent.destroy();
  took.sort((a, b) => a - b);
  return {
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    perSecond: took.length / (options.ms / 1000),
    failed,
    cpuMs: (user + system) / 1000,
  };
};

if (process.send !== undefined && process.argv[2] !== undefined) {
  process.send(await run(JSON.parse(process.argv[2]) as Load));
}
