import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Identity } from '../packages/crank/src/engines/identity/identity.ts';
import { openStore } from '../packages/crank/src/store/store.ts';

const CRANK = fileURLToPath(new URL('../packages/crank/bin/crank', import.meta.url));
const MAIN = fileURLToPath(new URL('../packages/crank/src/app/main.ts', import.meta.url));
/** Characters kept of what a node logs. */
const SAID = 1 << 20;

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Resolves once a server answers. @throws Error after half a minute, or where its process ends */
export const ready = async (url: string, child: ChildProcess): Promise<void> => {
  for (const until = Date.now() + 30_000; Date.now() < until; ) {
    if (child.exitCode !== null) throw new Error(`${url}: the server ended with ${child.exitCode}`);
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} is not ready after 30 s`);
};

export interface BenchNode {
  url: string;
  /** Of the owner. */
  headers: Record<string, string>;
  readonly pid: number;
  /** Its data folder. */
  data: string;
  /** Whether it runs. */
  alive(): boolean;
  /** The last of what it logged. */
  said(): string;
  /** Makes another account. @returns the headers of its owner */
  account(name: string): Promise<Record<string, string>>;
  /** Deploys one file. */
  deploy(name: string, text: string, manifest?: object, as?: Record<string, string>): Promise<void>;
  /** Ends it at once (SIGKILL), and starts it again on its folder. */
  killed(): Promise<void>;
  /** Ends it and leaves its folder. @returns its exit code, or the signal that ended it */
  end(): Promise<number | string | null>;
  /** Ends it where it runs, and removes its folder. */
  stop(): Promise<void>;
}

/** A node on an empty data folder, with its default settings. @param program Node and its flags; otherwise as users start it */
export const startNode = async (env: Record<string, string> = {}, program?: readonly string[]): Promise<BenchNode> => {
  const data = mkdtempSync(join(tmpdir(), 'crank-bench-'));
  chmodSync(data, 0o711);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CRANK_'));
  const command = [
    ...(program === undefined ? [CRANK] : [...program, MAIN]),
    'up',
    '--port',
    `${port}`,
    '--data',
    data,
  ];
  let child: ChildProcess;
  const orphaned = (): void => void child.kill('SIGKILL');
  process.once('exit', orphaned);
  let said = '';
  const start = (): Promise<void> => {
    child = spawn(command[0]!, command.slice(1), {
      env: { ...Object.fromEntries(inherited), CRANK_LOG_LEVEL: 'warn', CRANK_BUILTIN: 'none', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-SAID);
      });
    return ready(`${url}/readyz`, child);
  };
  try {
    await start();
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw new Error(`${(error as Error).message}: ${said}`);
  }
  const headersOf = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
  const headers = headersOf(readFileSync(join(data, 'owner.key'), 'utf8').trim());
  const node: BenchNode = {
    url,
    headers,
    get pid() {
      return child.pid!;
    },
    data,
    alive: () => child.exitCode === null && child.signalCode === null,
    said: () => said,
    account: async (name) => {
      const store = await openStore({ sqlite: join(data, 'crank.db') }, { migrate: false });
      const { secret, query } = new Identity(store.db).create({ account: name, name: 'owner', role: 'owner' });
      await store.db.executeQuery(query);
      await store.close();
      return headersOf(secret);
    },
    deploy: async (name, text, manifest, as = headers) => {
      const form = new FormData();
      form.append('name', name);
      if (manifest !== undefined) form.append('manifest', JSON.stringify(manifest));
      form.append('file', new Blob([text]), `${name}.py`);
      const answer = await fetch(`${url}/v1/services`, { method: 'POST', headers: as, body: form });
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    },
    killed: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await start();
    },
    end: async () => {
      if (node.alive()) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      process.off('exit', orphaned);
      return child.exitCode ?? child.signalCode;
    },
    stop: async () => {
      await node.end();
      rmSync(data, { recursive: true, force: true });
    },
  };
  return node;
};
