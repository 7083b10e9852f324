import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CrankError } from '#src/core/error.ts';
import { defaultLimits, type Isolation } from '#src/core/service.ts';
import type { PythonSandbox, SandboxOptions } from './create.ts';
import { findHost } from './host.ts';
import { runToEnd } from './interpreter.ts';
import type { Check, SandboxTemplate } from './sandbox.ts';

const limits = { ...defaultLimits, wallMs: 10_000, cpuMs: 5_000, memoryBytes: 128 * 2 ** 20, tmpBytes: 8 * 2 ** 20 };

/**
 * What `crank doctor` prints: the parts that sandboxes are made of, then a real call in each isolation level that tries
 * what must not work. Never throws: what fails is a check that is not ok, with what to type.
 */
export const selfTest = async (
  sandbox: PythonSandbox,
  options: SandboxOptions,
  stand: () => Promise<{ runtime: { path: string }; groups: { name: string } | string }>,
): Promise<Check[]> => {
  const checks: Check[] = [];
  const attempt = async <T>(
    name: string,
    act: () => Promise<{ value: T; detail: string }>,
    fix = fixFor,
  ): Promise<T | undefined> => {
    try {
      const { value, detail } = await act();
      checks.push({ name, ok: true, detail, fix: '' });
      return value;
    } catch (error) {
      checks.push({ name, ok: false, detail: (error as Error).message, fix: fix(error) });
      return undefined;
    }
  };

  const host = await attempt('bubblewrap', async () => {
    const value = await findHost(options);
    return { value, detail: `${value.version.join('.')} (${value.bwrap}), sandboxes run as uid ${value.user.uid}` };
  });
  const namespaces =
    host &&
    (await attempt(
      'user namespaces',
      async () => {
        const args = [
          '--unshare-user',
          '--unshare-pid',
          '--unshare-net',
          '--ro-bind',
          '/',
          '/',
          '--proc',
          '/proc',
          'true',
        ];
        await runToEnd(host.bwrap, args, host.foreign ? host.user : undefined);
        return { value: true, detail: 'can be made without privileges' };
      },
      namespacesFix,
    ));
  const runtime =
    namespaces &&
    (await attempt('seccomp', async () => ({
      value: (await stand()).runtime.path,
      detail: 'filters made by libseccomp',
    })));
  const python =
    runtime &&
    (await attempt('python', async () => {
      const { usable, rejected } = await sandbox.interpreters();
      const reasons = rejected.map(({ path, reason }) => `; ${path} is not used: ${reason}`).join('');
      const value = usable[0];
      if (value === undefined)
        throw new CrankError('isolation-unavailable', `no Python works in the sandbox${reasons}`);
      return { value, detail: `${usable.map(({ version, path }) => `${version} (${path})`).join(', ')}${reasons}` };
    }));
  if (!runtime || !python) return checks;
  const { groups } = await stand();
  checks.push({
    name: 'limits',
    ok: true,
    detail:
      typeof groups === 'string'
        ? `memory and processes are limited for each process, not for a call as a whole: no control groups, for ${groups}`
        : `memory and processes of a call are limited as a whole (${groups.name})`,
    fix: '',
  });

  const secret = `${options.scratchDir}/secret-${randomBytes(8).toString('hex')}`;
  await mkdir(options.scratchDir, { recursive: true });
  await writeFile(secret, 'for nobody inside', { mode: 0o644 });
  try {
    for (const isolation of ['fresh', 'warm'] as const) {
      const template = probeTemplate(runtime, python.path, isolation);
      checks.push(...(await probe(sandbox, template, secret, isolation)));
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

const probe = async (
  sandbox: PythonSandbox,
  template: SandboxTemplate,
  secret: string,
  isolation: Isolation,
): Promise<Check[]> => {
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
      ...Object.entries(expectations).map(([name, promise]) => ({
        name: `${isolation}: ${name}`,
        ok: said[name] === true,
        detail: said[name] === true ? promise : `not so: ${promise} (${String(said[name])})`,
        fix: said[name] === true ? '' : 'Do not run services on this machine, and please report this.',
      })),
    ];
  } catch (error) {
    return failed((error as Error).message, fixFor(error));
  }
};

/** Distributions and administrators can forbid unprivileged user namespaces in three ways; this names the one at work. */
const namespacesFix = (): string => {
  if (readSetting('kernel/unprivileged_userns_clone') === 0)
    return 'As root: sysctl -w kernel.unprivileged_userns_clone=1';
  if (readSetting('user/max_user_namespaces') === 0) return 'As root: sysctl -w user.max_user_namespaces=15000';
  if (readSetting('kernel/apparmor_restrict_unprivileged_userns') === 1) {
    return 'Ubuntu: give bwrap an AppArmor profile that has `userns,` (apt-get install apparmor-profiles, then enable bwrap-userns-restrict), or as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  }
  return 'Allow unprivileged user namespaces; inside of a container, start that with --security-opt seccomp=unconfined --security-opt apparmor=unconfined.';
};

const readSetting = (name: string): number | undefined => {
  try {
    return Number(readFileSync(`/proc/sys/${name}`, 'utf8'));
  } catch {
    return undefined; // this kernel has no such setting
  }
};

const fixFor = (error: unknown): string =>
  error instanceof CrankError ? error.message.slice(error.message.indexOf(': ') + 2) : 'See the detail.';
