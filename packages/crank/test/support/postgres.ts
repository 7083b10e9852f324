import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const programs = (): string => {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (folder === undefined)
    throw new Error('PostgreSQL is not installed: apt-get install postgresql (npm test does it where it may)');
  return folder;
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A PostgreSQL server of its own in a temporary folder, on loopback. initdb refuses root, so it then runs as `nobody`. */
export const startPostgres = async (): Promise<{ url: string; stop: () => Promise<void> }> => {
  const bin = programs();
  const data = mkdtempSync(join(tmpdir(), 'crank-postgres-'));
  const root = process.getuid?.() === 0;
  const id = root ? Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' })) : undefined;
  const as = id === undefined ? {} : { uid: id, gid: id };
  if (id !== undefined) chownSync(data, id, id);
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', join(data, 'db'), '-U', 'crank', '-A', 'trust', '-N', '--locale=C.UTF-8', '-E', 'UTF8'],
    {
      ...as,
      env,
      cwd: data,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const port = await freePort();
  const server = spawn(
    join(bin, 'postgres'),
    [
      '-D',
      join(data, 'db'),
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      data,
      '-c',
      'fsync=off',
      '-c',
      'logging_collector=off',
    ],
    { ...as, env, cwd: data, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await new Promise<void>((resolve, reject) => {
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said.slice(-500)}`)));
  });
  return {
    url: `postgres://crank@127.0.0.1:${port}/postgres`,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
};
