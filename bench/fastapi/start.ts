import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureUv } from '../../packages/crank/src/engines/packaging/ensure-uv.ts';
import { freePort, ready } from '../node.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** FastAPI on uvicorn, one worker as one node is one gateway, its packages in a cache folder. */
export const startFastApi = async (): Promise<{ url: string; stop: () => Promise<void> }> => {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'crank', 'bench');
  mkdirSync(cache, { recursive: true });
  const uv = await ensureUv(join(cache, 'tools'), (message) => console.error(message));
  const environment = join(cache, 'fastapi');
  const run = promisify(execFile);
  await run(uv, ['venv', '--quiet', '--allow-existing', '--python', '/usr/bin/python3', environment]);
  const python = join(environment, 'bin', 'python');
  await run(uv, ['pip', 'install', '--quiet', '--python', python, '-r', join(folder, 'requirements.txt')]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    python,
    [
      '-m',
      'uvicorn',
      'app:app',
      '--port',
      String(port),
      '--loop',
      'uvloop',
      '--http',
      'httptools',
      '--log-level',
      'warning',
      '--no-access-log',
    ],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  await ready(`${url}/readyz`, child);
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
};
