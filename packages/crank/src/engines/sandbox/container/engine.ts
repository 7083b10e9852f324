import { spawn } from 'node:child_process';
import { CrankError } from '#src/core/error.ts';

/** A container engine's command line, with options that stand before its commands. */
export interface Engine {
  kind: 'docker' | 'podman';
  command: string;
  options: readonly string[];
  version: string;
}

/** What an engine's command said. @throws Error with what it complained about */
export const runEngine = (
  { command, options }: Pick<Engine, 'command' | 'options'>,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(0),
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, [...options, ...args], { stdio: 'pipe', timeout: 60_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(Object.assign(new Error(stderr.trim() || `exit status ${code}`), { stderr }));
    });
    child.stdin.on('error', () => {}); // it ended without reading: its exit status tells
    child.stdin.end(input);
  });

/**
 * The engine to use: the one that is named (`docker`, `podman`, a path, with options behind it), or the first of the two
 * that answers.
 *
 * @throws CrankError `isolation-unavailable`
 */
export const findEngine = async (named: string | undefined): Promise<Engine> => {
  const complaints: string[] = [];
  for (const line of named === undefined ? ['docker', 'podman'] : [named]) {
    const [command = '', ...options] = line.split(' ').filter(Boolean);
    try {
      // Docker's own format; podman has another structure, and says so by its name.
      const said = JSON.parse(await runEngine({ command, options }, ['version', '--format', '{{json .}}'])) as {
        Client?: { Version?: string };
        Server?: { Version?: string } | null;
      };
      const kind = /podman/.test(await runEngine({ command, options }, ['--version'])) ? 'podman' : 'docker';
      return { kind, command, options, version: said.Server?.Version ?? said.Client?.Version ?? '' };
    } catch (error) {
      complaints.push(`${command}: ${(error as Error).message.split('\n').at(-1)!.slice(0, 300)}`);
    }
  }
  throw new CrankError(
    'isolation-unavailable',
    `No container engine answers (${complaints.join('; ')}). Start Docker, or install podman, and let this user use it; or set CRANK_CONTAINER_ENGINE.`,
  );
};
