import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { CrankError } from '#src/core/error.ts';

export interface OpaRun {
  code: number;
  stdout: string;
  stderr: string;
}

const MAX_OUTPUT = 16 * 2 ** 20;

/** Bounds on memory (KiB) and CPU time (s), where the shell can set them: what it compiles is a user's. */
const BOUNDED = 'ulimit -v 4194304 2>/dev/null; ulimit -t 60 2>/dev/null; exec "$0" "$@"';

/**
 * Runs the `opa` program with an empty environment and bounded in time, memory and output.
 *
 * @throws CrankError `not-deployable` where it takes too long or writes too much, `unavailable` where it does not start
 */
export const runOpa = (
  opaPath: string,
  args: readonly string[],
  { cwd, timeoutMs = 120_000 }: { cwd?: string; timeoutMs?: number } = {},
): Promise<OpaRun> =>
  new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', BOUNDED, opaPath, ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { HOME: tmpdir(), PATH: '/usr/bin:/bin', TMPDIR: tmpdir() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    let stopped: string | undefined;
    const stop = (why: string): void => {
      stopped ??= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => stop(`took longer than ${timeoutMs / 1000} s`), timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_OUTPUT) stop(`wrote more than ${MAX_OUTPUT} bytes`);
        else out[name].push(chunk);
      });
    }
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new CrankError('unavailable', `The opa program does not start: ${cause.message}.`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (stopped === undefined && signal !== null) stopped = `was ended by ${signal}, out of its CPU time or memory`;
      if (stopped !== undefined) {
        return reject(new CrankError('not-deployable', `Compiling the policy ${stopped}: make it smaller.`));
      }
      const text = (parts: Buffer[]): string => Buffer.concat(parts).toString();
      resolve({ code: code ?? 1, stdout: text(out.stdout), stderr: text(out.stderr) });
    });
  });
