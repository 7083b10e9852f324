import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';
import { defaultLimits, type Isolation } from '#src/core/service.ts';
import type { Ground, PythonSandbox, SandboxOptions } from './create.ts';
import { installHint } from './distribution.ts';
import { hostOf } from './host.ts';
import type { Interpreter } from './interpreter.ts';
import { askForNamespaces, gatherFacts } from './machine-facts.ts';
import type { Check, SandboxTemplate } from './sandbox.ts';
import { type Trap, trapsOf } from './traps.ts';

const limits = { ...defaultLimits, wallMs: 10_000, cpuMs: 5_000, memoryBytes: 128 * 2 ** 20, tmpBytes: 8 * 2 ** 20 };

/**
 * What `crank doctor` prints: the parts that sandboxes are made of, then a real call in each isolation level that tries
 * what must not work. Never throws: what fails is a check that is not ok, with what to type.
 */
export const selfTest = async (
  sandbox: PythonSandbox,
  options: SandboxOptions,
  stand: () => Promise<Ground>,
): Promise<Check[]> => {
  const checks: Check[] = [];
  const attempt = async <T>(name: string, act: () => Promise<{ value: T; detail: string }>): Promise<T | undefined> => {
    try {
      const { value, detail } = await act();
      checks.push({ name, ok: true, detail, fix: '' });
      return value;
    } catch (error) {
      checks.push({ name, ok: false, detail: (error as Error).message, fix: fixFor(error) });
      return undefined;
    }
  };
  /** Whether nothing stands in the way of this. What does is a check of its own, with its fix. */
  const clear = (name: NonNullable<Trap['blocks']>, traps: readonly Trap[], said = ''): boolean => {
    const found = traps.filter(({ blocks }) => blocks === name);
    for (const { trap, what, fix } of found) {
      checks.push({ name, ok: false, detail: said === '' ? what : `${what} (${said})`, fix, trap });
    }
    return found.length === 0;
  };

  const facts = await gatherFacts(options);
  const first = trapsOf(facts);
  const bubblewrapHolds = async (): Promise<boolean> => {
    if (!clear('bubblewrap', first)) return false;
    const host = hostOf(facts);
    checks.push({
      name: 'bubblewrap',
      ok: true,
      detail: `${host.version.join('.')} (${host.bwrap}), sandboxes run as uid ${host.user.uid}`,
      fix: '',
    });
    const refused = await askForNamespaces(facts);
    if (!clear('user namespaces', trapsOf({ ...facts, refused }), Object.values(refused).join('; '))) return false;
    checks.push({ name: 'user namespaces', ok: true, detail: 'can be made without privileges', fix: '' });
    return true;
  };
  const contained = options.container !== undefined;
  if (contained) {
    const named = await attempt('container engine', async () => {
      const { driver } = await stand();
      const slots = driver.namespaces
        ? 'every call has namespaces of its own inside'
        : 'calls have no namespaces of their own inside, so that a sandbox runs one at a time';
      return { value: true, detail: `${driver.name}, sandboxes run as uid ${driver.foreign?.uid}; ${slots}` };
    });
    if (named === undefined) return checks;
  } else if (!(await bubblewrapHolds())) return checks;
  if (!clear('folders', first)) return checks;

  const runtime = await attempt('seccomp', async () => ({
    value: (await stand()).runtime.path,
    detail: 'filters made by libseccomp',
  }));
  if (runtime === undefined) return checks;
  const python = await choosePython(sandbox, facts.distribution, checks);
  if (python === undefined) return checks;
  const { groups, driver } = await stand();
  const advice = trapsOf({ ...facts, groups: typeof groups === 'string' && !contained ? groups : undefined });
  const whole = contained
    ? 'memory and processes are limited for each container as a whole, and for each process of a call'
    : typeof groups === 'string'
      ? undefined
      : `memory and processes of a call are limited as a whole (${groups.name})`;
  if (whole !== undefined) checks.push({ name: 'limits', ok: true, detail: whole, fix: '' });
  for (const { trap, what, fix, blocks } of advice) {
    if (blocks === undefined) checks.push({ name: adviceNames[trap] ?? trap, ok: true, detail: what, fix, trap });
  }

  const secret = `${options.scratchDir}/secret-${randomBytes(8).toString('hex')}`;
  await mkdir(options.scratchDir, { recursive: true });
  await writeFile(secret, 'for nobody inside', { mode: 0o644 });
  try {
    for (const isolation of contained ? (['container'] as const) : (['fresh', 'warm'] as const)) {
      const template = probeTemplate(runtime, python.path, isolation);
      const explain = (said: string) =>
        trapsOf({ ...facts, refused: { slot: said } }).find(({ blocks }) => blocks !== undefined);
      const promised = driver.namespaces ? expectations : sharedExpectations;
      checks.push(...(await probe(sandbox, template, { secret, promised }, explain)));
      await sandbox.retire(template.key);
    }
  } finally {
    await rm(secret, { force: true });
  }
  return checks;
};

const probeTemplate = (runtime: string, interpreter: string, isolation: Isolation): SandboxTemplate => ({
  key: `self-test-${isolation}`,
  account: 'self-test',
  isolation,
  interpreter,
  codeDir: `${runtime}/self_test`,
  libDirs: [],
  entry: 'probe.py',
  limits,
});

/** What the probe answers: `true` where the forbidden act was refused, otherwise what happened. */
const expectations: Record<string, string> = {
  user: 'runs as an ordinary user',
  capabilities: 'has no capabilities',
  'new-privileges': 'can gain no privileges',
  filter: 'has a seccomp filter',
  network: 'sockets are refused',
  'host-file': 'files of the host are not there',
  shadow: '/etc/shadow is not readable',
  environment: 'the environment tells nothing of the host',
  'read-only': 'only /tmp can be written to',
  tmp: '/tmp is its own and empty',
  processes: 'sees no process but its own',
  fork: 'starts no subprocess',
  namespaces: 'makes no namespaces',
  descriptors: 'has no descriptor but its own',
};

/** Where calls share the namespaces of their container, they see its processes. */
const { processes: _, ...sharedExpectations } = expectations;

const probe = async (
  sandbox: PythonSandbox,
  template: SandboxTemplate,
  { secret, promised }: { secret: string; promised: Readonly<Record<string, string>> },
  explain: (said: string) => Trap | undefined,
): Promise<Check[]> => {
  const { isolation } = template;
  const failed = (detail: string, fix: string): Check[] => [{ name: `${isolation}: a call`, ok: false, detail, fix }];
  try {
    const { outcome, usage, stderr } = await sandbox.run(template, {
      id: 'self-test',
      operation: 'probe',
      input: Buffer.from(JSON.stringify({ secret })),
      context: Buffer.from('{}'),
      files: [],
      limits,
      signal: AbortSignal.timeout(30_000),
    });
    if (outcome.type !== 'value') {
      const detail = outcome.type === 'failed' ? `${outcome.code}: ${outcome.detail} ${stderr}` : outcome.type;
      return failed(detail.trim(), 'Please report this with the output of `crank doctor --json`.');
    }
    const said = JSON.parse(Buffer.from(outcome.json).toString()) as Record<string, unknown>;
    const ms = (usage.wallNs / 1e6).toFixed(1);
    return [
      { name: `${isolation}: a call`, ok: true, detail: `answered in ${ms} ms`, fix: '' },
      ...Object.entries(promised).map(([name, promise]) => ({
        name: `${isolation}: ${name}`,
        ok: said[name] === true,
        detail: said[name] === true ? promise : `not so: ${promise} (${String(said[name])})`,
        fix: said[name] === true ? '' : 'Do not run services on this machine, and please report this.',
      })),
    ];
  } catch (error) {
    const { message } = error as Error;
    const trap = /\bbwrap: /.test(message) ? explain(message) : undefined;
    return failed(message, trap?.fix ?? fixFor(error)).map((check) => ({ ...check, ...(trap && { trap: trap.trap }) }));
  }
};

/** What a piece of advice stands under. */
const adviceNames: Readonly<Record<string, string>> = {
  'no-control-groups': 'limits',
  hidepid: '/proc',
  'folder-noexec': 'folders',
};

const choosePython = async (
  sandbox: PythonSandbox,
  distribution: readonly string[],
  checks: Check[],
): Promise<Interpreter | undefined> => {
  const { usable, rejected } = await sandbox.interpreters();
  const value = usable[0];
  const left = rejected.map(({ path, reason }) => `${path} is not used: ${reason}`).join('; ');
  const closed = rejected.some(({ reason }) => reason.includes("closed to the sandbox's user"));
  checks.push({
    name: 'python',
    ok: value !== undefined,
    detail: [usable.map(({ version, path }) => `${version} (${path})`).join(', ') || 'none works in the sandbox', left]
      .filter(Boolean)
      .join('; '),
    fix:
      value === undefined
        ? `install a Python 3.9 or newer that every user can read (${installHint('python3', distribution)})`
        : '',
    ...((closed || value === undefined) && { trap: closed ? 'python-closed' : 'python-missing' }),
  });
  return value;
};

const fixFor = (error: unknown): string =>
  error instanceof CrankError ? error.message.slice(error.message.indexOf(': ') + 2) : 'See the detail.';
