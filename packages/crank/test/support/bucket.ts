import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from './node.ts';

const root = fileURLToPath(new URL('../../../../tools/outside', import.meta.url));

export const credentials = { accessKeyId: 'test', secretAccessKey: 'a secret for tests' };

/** Builds an S3 service of other people's (tools/outside/bucket); false where Go, or its modules, are not there. */
export const buildBucket = (program: string): boolean =>
  spawnSync('go', ['-C', root, 'build', '-o', program, './bucket'], { encoding: 'utf8' }).status === 0;

export interface TestBucket {
  endpoint: string;
  /** Ends the service; what it held is gone with it. */
  stop(): Promise<void>;
  /** As a service that does not answer (SIGSTOP), and again as one that does. */
  pause(): void;
  resume(): void;
}

/** Starts the service with one bucket, `logs`. */
export const startBucket = async (program: string): Promise<TestBucket> => {
  const address = `127.0.0.1:${await freePort()}`;
  const { accessKeyId, secretAccessKey } = credentials;
  const child: ChildProcess = spawn(program, [address, 'logs', accessKeyId, secretAccessKey], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout!, 'data'); // it listens
  return {
    endpoint: `http://${address}`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
  };
};
