import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultLimits, type Isolation, type Limits } from '#src/core/service.ts';
import { createSandbox, type PythonSandbox, type SandboxOptions } from '#src/engines/sandbox/create.ts';
import type { SandboxCall, SandboxResult, SandboxTemplate } from '#src/engines/sandbox/sandbox.ts';

export const limits: Limits = {
  ...defaultLimits,
  wallMs: 20_000,
  cpuMs: 10_000,
  memoryBytes: 128 * 2 ** 20,
  tmpBytes: 16 * 2 ** 20,
  fileBytes: 8 * 2 ** 20,
  outputBytes: 2 ** 20,
};

/** A sandbox engine on folders of its own, readable for its user whatever our umask and home are. */
export const workshop = (options: Partial<SandboxOptions> = {}) => {
  const root = mkdtempSync(join(tmpdir(), 'crank-sandbox-'));
  chmodSync(root, 0o755);
  const codeDir = join(root, 'code');
  cpSync(fileURLToPath(new URL('./services', import.meta.url)), codeDir, { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', codeDir]);
  const sandbox = createSandbox({ scratchDir: join(root, 'scratch'), runtimeDir: join(root, 'runtime'), ...options });
  const remove = async () => {
    await sandbox.close();
    rmSync(root, { recursive: true, force: true });
  };
  return { root, codeDir, sandbox, remove };
};
export type Workshop = ReturnType<typeof workshop>;

export const interpreter = (): string =>
  ['/usr/bin', '/usr/local/bin']
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .find((path) => /\/python3\.\d+$/.test(path))!;

export const templateOf = (
  { codeDir }: Workshop,
  entry: string,
  isolation: Isolation,
  more: Partial<SandboxTemplate> = {},
): SandboxTemplate => ({
  key: `${entry}:${isolation}`,
  account: 'test',
  isolation,
  interpreter: interpreter(),
  codeDir,
  libDirs: [],
  entry,
  limits,
  ...more,
});

export type CallOptions = Partial<Omit<SandboxCall, 'limits'>> & { limits?: Partial<Limits> };

/** Calls an operation with plain values. */
export const calling =
  (sandbox: PythonSandbox, template: SandboxTemplate) =>
  (operation: string, input: unknown = {}, options: CallOptions = {}): Promise<SandboxResult> =>
    sandbox.run(template, {
      id: 'call',
      operation,
      input: Buffer.from(JSON.stringify(input)),
      context: Buffer.from('{}'),
      files: [],
      signal: new AbortController().signal,
      ...options,
      limits: { ...template.limits, ...options.limits },
    });

/** The JSON value of a result that must be one. */
export const jsonOf = ({ outcome, stderr }: SandboxResult): unknown => {
  if (outcome.type !== 'value') throw new Error(`no value but ${JSON.stringify(outcome)} ${stderr}`);
  return JSON.parse(Buffer.from(outcome.json).toString());
};

/** The code of a result that must have failed. */
export const codeOf = ({ outcome }: SandboxResult): string =>
  outcome.type === 'failed' ? outcome.code : `not failed: ${outcome.type}`;

/** Host pids whose command line contains the text. */
export const processesWith = (text: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text);
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(Number);

/** Waits for something to become true, without a limit of its own: the test's timeout is the limit. */
export const eventually = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};
