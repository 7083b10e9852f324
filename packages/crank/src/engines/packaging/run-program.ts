import { spawn } from 'node:child_process';

/** How a program ended, with what it printed. Texts are cut at 4 MiB. */
export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What an operator sets for package tools. Nothing else of our environment, above all no secret of ours, is passed on. */
const PASSED =
  /^(?:PATH|HOME|USER|LANG|LC_\w+|TMPDIR|TERM|XDG_\w+|UV_\w+|PIP_\w+|SSL_CERT_\w+|NETRC|(?:HTTPS?|ALL|NO)_PROXY)$/i;

export const toolEnvironment = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const passed = Object.entries(process.env).filter(([name, value]) => value !== undefined && PASSED.test(name));
  return { ...(Object.fromEntries(passed) as Record<string, string>), ...extra };
};

const MAX_OUTPUT = 4 * 2 ** 20;

/**
 * Runs one of our tools to its end. Lines of stderr are reported as they come.
 *
 * @throws the system's error where the program cannot be started (`code` ENOENT, EACCES)
 */
export const runProgram = (
  program: string,
  args: readonly string[],
  options: {
    cwd: string;
    env: Record<string, string>;
    input?: string;
    timeoutMs: number;
    onLine?: (line: string) => void;
  },
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: 'pipe',
      timeout: options.timeoutMs,
    });
    const output = { stdout: '', stderr: '' };
    let line = '';
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (output[name].length < MAX_OUTPUT) output[name] += text;
        if (name === 'stdout' || options.onLine === undefined) return;
        const lines = (line + text).split('\n');
        line = lines.pop()!.slice(-1_000);
        for (const whole of lines) if (whole.trim() !== '') options.onLine(whole.trim());
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      // The program may end without reading everything; its exit code tells the story.
      if (error.code !== 'EPIPE') reject(error);
    });
    child.stdin.end(options.input ?? '');
  });
