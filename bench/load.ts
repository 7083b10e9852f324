import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
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

/** One keep-alive connection: sends the request, gives the status once the answer is whole. */
const connect = async (host: string, port: number, sent: Buffer) => {
  const socket = createConnection({ host, port, noDelay: true });
  await once(socket, 'connect');
  let got: Buffer = Buffer.alloc(0);
  let answered: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  const broken = (error?: Error): void =>
    answered?.reject(error ?? new Error('the server closed a connection that was to be kept'));
  socket.on('error', broken).on('close', () => broken());
  socket.on('data', (chunk: Buffer) => {
    got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
    const end = got.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = got.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) return broken(new Error(`an answer of unknown length: ${head}`));
    if (got.length < end + 4 + Number(length)) return;
    got = Buffer.alloc(0);
    answered!.resolve(Number(head.slice(9, 12)));
  });
  return {
    request: (): Promise<number> =>
      new Promise((resolve, reject) => {
        answered = { resolve, reject };
        socket.write(sent);
      }),
    close: () => {
      answered = undefined;
      socket.destroy();
    },
  };
};

/** Speaks HTTP over plain sockets: the client shares the cores with the server, and Node's own takes three times as much of them. */
const run = async (options: Load): Promise<Measured> => {
  const { hostname, host, port, pathname, search } = new URL(options.url);
  const headers = {
    host,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(options.body)),
    ...options.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const sent = Buffer.from(`POST ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${options.body}`);
  const begin = performance.now() + options.warmUpMs;
  const end = begin + options.ms;
  const took: number[] = [];
  let failed = 0;
  const connection = async (): Promise<void> => {
    const { request, close } = await connect(hostname, Number(port), sent);
    for (;;) {
      const start = performance.now();
      if (start >= end) return close();
      const status = await request();
      if (start < begin) continue;
      if (status === 200) took.push(performance.now() - start);
      else failed++;
    }
  };
  const startCpu = process.cpuUsage();
  await Promise.all(Array.from({ length: options.concurrency }, connection));
  const { user, system } = process.cpuUsage(startCpu);
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
