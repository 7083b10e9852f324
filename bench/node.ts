import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CRANK = fileURLToPath(new URL('../packages/crank/bin/crank', import.meta.url));

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
  headers: Record<string, string>;
  pid: number;
  /** Deploys one file. */
  deploy(name: string, text: string, manifest?: object): Promise<void>;
  stop(): Promise<void>;
}

/** A node on an empty data folder, with its default settings. */
export const startNode = async (): Promise<BenchNode> => {
  const data = mkdtempSync(join(tmpdir(), 'crank-bench-'));
  chmodSync(data, 0o711);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(CRANK, ['up', '--port', String(port), '--data', data], {
    env: { ...process.env, CRANK_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await ready(`${url}/readyz`, child);
  const headers = { authorization: `Bearer ${readFileSync(join(data, 'owner.key'), 'utf8').trim()}` };
  return {
    url,
    headers,
    pid: child.pid!,
    deploy: async (name, text, manifest) => {
      const form = new FormData();
      form.append('name', name);
      if (manifest !== undefined) form.append('manifest', JSON.stringify(manifest));
      form.append('file', new Blob([text]), `${name}.py`);
      const answer = await fetch(`${url}/v1/services`, { method: 'POST', headers, body: form });
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
};
