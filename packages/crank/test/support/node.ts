import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary.ts';

const CRANK = fileURLToPath(new URL('../../bin/crank', import.meta.url));

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  text: string;
  /** The body parsed, where it is JSON. */
  json: T;
}

/** A real node in its own process on an empty data folder, used as its users do. */
export interface TestNode {
  url: string;
  data: string;
  key: string;
  /** Runs `crank` against the node. */
  crank(args: readonly string[], options?: { stdin?: string; env?: Record<string, string> }): Promise<Ran>;
  request<T = Record<string, unknown>>(
    method: string,
    path: string,
    options?: {
      json?: unknown;
      body?: NonNullable<RequestInit['body']>;
      headers?: Record<string, string>;
      key?: string;
      signal?: AbortSignal;
    },
  ): Promise<Answer<T>>;
  /** Deploys a source given as text by path. */
  deploy(name: string, files: Record<string, string>): Promise<Answer<Record<string, unknown>>>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  start(): Promise<void>;
  pid(): number;
  said(): string;
  remove(): Promise<void>;
}

export const startNode = async (env: Record<string, string> = {}, at?: string): Promise<TestNode> => {
  const folder = temporaryFolder('node');
  const data = at ?? join(folder.path, 'data');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // The user's own environment, since package clients are configured there, but none of the user's Crank; `make-bundle.ts`
  // says what is run.
  const inherited = Object.entries(process.env).filter(([name]) => name === 'CRANK_MAIN' || !name.startsWith('CRANK_'));
  const environment = {
    ...Object.fromEntries(inherited),
    CRANK_DATA: data,
    CRANK_URL: url,
    CRANK_LOG_LEVEL: 'warn',
    XDG_STATE_HOME: join(folder.path, 'state'),
    // Tests pay for what they test.
    CRANK_BUILTIN: 'none',
    ...env,
  };
  let child: ChildProcess;
  let said = '';

  const start = async (): Promise<void> => {
    child = spawn(CRANK, ['up', '--port', String(port)], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    for (const until = Date.now() + 60_000; ; ) {
      if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}: ${said.slice(-2000)}`);
      if (
        await fetch(`${url}/readyz`).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        break;
      if (Date.now() > until) throw new Error(`the node is not ready after a minute: ${said.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // A second node on a database has no first owner.
    node.key = env['CRANK_KEY'] ?? readFileSync(join(data, 'owner.key'), 'utf8').trim();
  };

  const node: TestNode = {
    url,
    data,
    key: '',
    start,
    pid: () => child.pid!,
    said: () => said,
    crank: async (args, options = {}) => {
      const ran = spawn(CRANK, args, { env: { ...environment, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      ran.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
      });
      ran.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      ran.stdin.end(options.stdin ?? '');
      const [code] = (await once(ran, 'close')) as [number | null];
      return { code, stdout, stderr };
    },
    request: async <T>(method: string, path: string, options: Parameters<TestNode['request']>[2] = {}) => {
      const headers = new Headers({ authorization: `Bearer ${options.key ?? node.key}`, ...options.headers });
      if (options.json !== undefined) headers.set('content-type', 'application/json');
      const body = options.json !== undefined ? JSON.stringify(options.json) : options.body;
      const answer = await fetch(url + path, {
        method,
        headers,
        ...(body !== undefined && { body }),
        ...(options.signal && { signal: options.signal }),
      });
      const text = await answer.text();
      const isJson =
        /json/.test(answer.headers.get('content-type') ?? '') && !/ndjson/.test(answer.headers.get('content-type')!);
      return {
        status: answer.status,
        headers: answer.headers,
        text,
        json: (isJson ? JSON.parse(text) : undefined) as T,
      };
    },
    deploy: async (name, files) => {
      const form = new FormData();
      form.append('name', name);
      for (const [path, text] of Object.entries(files)) form.append('file', new Blob([text]), path);
      return node.request('POST', '/v1/services', { body: form });
    },
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit') as Promise<[number | null]>;
      child.kill(signal);
      return (await ended)[0];
    },
    remove: async () => {
      await node.stop('SIGKILL');
      folder.remove();
    },
  };
  await start();
  return node;
};
