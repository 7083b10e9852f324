import { join } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import { ensureUv } from './ensure-uv.ts';
import { type Ended, runProgram, toolEnvironment } from './run-program.ts';

/** Runs uv for one interpreter, in a folder of ours. */
export type Uv = (
  args: readonly string[],
  run: { cwd: string; python: string; input?: string; progress: (message: string) => void },
) => Promise<Ended>;

const TIMEOUT_MS = 15 * 60_000;

/**
 * @param toolsDir where uv is installed when the machine has none, and where it keeps its cache of wheels, unless
 * UV_CACHE_DIR names another place. It is not the user's own cache: files there are linked into their environments.
 */
export const createUv =
  (toolsDir: string, pythons: readonly string[]): Uv =>
  async (args, { cwd, python, input, progress }) => {
    const program = await ensureUv(toolsDir, progress, pythons);
    const env = toolEnvironment();
    env['UV_CACHE_DIR'] ??= join(toolsDir, 'uv-cache');
    const common = ['--python', python, '--no-python-downloads', '--no-build', '--color', 'never', '--no-progress'];
    const ended = await runProgram(program, [...args, ...common], {
      cwd,
      env,
      timeoutMs: TIMEOUT_MS,
      onLine: (line) => {
        if (/^(?:Resolved|Downloading|Prepared|Installed)\b/.test(line)) progress(line);
      },
      ...(input === undefined ? {} : { input }),
    });
    if (ended.code === null) throw new CrankError('unavailable', 'Installing packages took too long: deploy again.');
    return ended;
  };
