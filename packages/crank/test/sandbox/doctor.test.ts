import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorCheck } from '#src/doors/cli/commands/doctor.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { interpreter } from './harness.ts';

const crank = fileURLToPath(new URL('../../bin/crank', import.meta.url));
const filtered = fileURLToPath(new URL('./filtered.py', import.meta.url));
const root = process.getuid!() === 0;

/** The real doctor on a machine that was really made so, by a shell script that ends with running `"$@"`. */
describe('the doctor on a machine that', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeAll(() => {
    folder = temporaryFolder('doctor');
    chmodSync(folder.path, 0o755);
  });
  afterAll(() => folder.remove());

  const run = (script: string, args: readonly string[], env: Record<string, string> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
      const all = { ...process.env, CRANK_DATA: join(folder.path, 'data'), XDG_CACHE_HOME: folder.path, ...env };
      execFile('sh', ['-ec', script, 'sh', crank, ...args], { env: all }, (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error);
        else resolve({ code: error === null ? 0 : (error.code as number), stdout, stderr });
      });
    });
  const doctor = async (script: string, env?: Record<string, string>) => {
    const { code, stdout, stderr } = await run(script, ['doctor', '--json'], env);
    if (stdout === '') throw new Error(stderr);
    return { code, checks: JSON.parse(stdout) as DoctorCheck[] };
  };
  const trapsIn = (checks: readonly DoctorCheck[]) =>
    checks.flatMap(({ trap, ok }) => (trap === undefined || ok ? [] : [trap]));
  /** As an ordinary user of a namespace within the one that the script so far has made its own. */
  const insideAsUser = 'exec unshare --user --map-user=1000 --map-group=1000 "$@"';

  it('allows no further user namespaces', async () => {
    const { code, checks } = await doctor(
      `exec unshare --user --map-root-user sh -ec 'echo 1 > /proc/sys/user/max_user_namespaces; ${insideAsUser}' sh "$@"`,
    );
    expect(trapsIn(checks)).toEqual(['max-user-namespaces']);
    expect(checks.find(({ ok }) => !ok)!.fix).toContain('sysctl -w user.max_user_namespaces=15000');
    expect(code).toBe(4);
  });

  it('allows bubblewrap its namespaces, and slots none within', async () => {
    const { checks } = await doctor(
      `exec unshare --user --map-root-user sh -ec 'echo 2 > /proc/sys/user/max_user_namespaces; ${insideAsUser}' sh "$@"`,
    );
    expect(trapsIn(checks)).toEqual(['max-user-namespaces']);
  });

  it('covers a part of /proc, as container engines do', async () => {
    const { checks } = await doctor(
      `exec unshare --user --map-root-user --mount --pid --fork --mount-proc sh -ec 'mount --bind /dev/null /proc/timer_list || mount --bind /dev/null /proc/keys; ${insideAsUser}' sh "$@"`,
    );
    expect(trapsIn(checks)).toEqual(['masked-proc']);
  });

  it.each(['mount,pivot_root', 'sethostname', 'unshare,mount'])(
    'has a seccomp filter that refuses %s',
    async (names) => {
      const { checks } = await doctor(`exec ${interpreter()} ${filtered} ${names} "$@"`);
      expect(trapsIn(checks)).toEqual(['seccomp']);
    },
  );

  it('has a bwrap that is no program', async () => {
    const { checks } = await doctor(
      `exec unshare --user --map-root-user --mount sh -ec 'mount --bind /dev/null /usr/bin/bwrap; ${insideAsUser}' sh "$@"`,
    );
    expect(trapsIn(checks)).toEqual(['bubblewrap-broken']);
  });

  it('has no bwrap', async () => {
    const { checks } = await doctor(
      `exec unshare --user --map-root-user --mount sh -ec 'mkdir -p ${folder.path}/bin ${folder.path}/work; mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=${folder.path}/bin,workdir=${folder.path}/work /usr/bin; rm /usr/bin/bwrap; ${insideAsUser}' sh "$@"`,
    );
    expect(trapsIn(checks)).toEqual(['bubblewrap-missing']);
    expect(checks.find(({ ok }) => !ok)!.fix).toMatch(/bubblewrap/);
  });

  it('knows one uid only, and the node is its root', async () => {
    const { checks } = await doctor('exec unshare --user --map-root-user "$@"');
    expect(trapsIn(checks)).toEqual(['unmapped-uid']);
  });

  it.runIf(root)('has its data below a closed folder (as root)', async () => {
    const closed = join(folder.path, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const { checks } = await doctor('exec "$@"', { CRANK_DATA: join(closed, 'data') });
    expect(trapsIn(checks)).toEqual(['folder-closed']);
    expect(checks.find(({ ok }) => !ok)!.fix).toContain(`chmod o+x ${closed}`);
  });

  it.runIf(root)('has its only readable Python in /usr (as root)', async () => {
    const home = join(folder.path, 'pyenv');
    mkdirSync(join(home, 'bin'), { recursive: true });
    cpSync(interpreter(), join(home, 'bin/python3'));
    chmodSync(home, 0o700);
    const { code, checks } = await doctor('exec "$@"', { PATH: `${home}/bin:${process.env['PATH']}` });
    expect(checks.find(({ trap }) => trap === 'python-closed')).toMatchObject({
      ok: true,
      detail: expect.stringContaining(`${home} is closed to the sandbox's user`) as string,
    });
    expect(code).toBe(0);
  });

  it.runIf(root)('mounts its data without exec and its control groups read-only (as root)', async () => {
    const script = `exec unshare --mount sh -ec 'mount -t tmpfs -o noexec none /mnt; for at in /sys/fs/cgroup /sys/fs/cgroup/memory; do if mountpoint -q $at; then mount -o remount,bind,ro $at; fi; done; exec "$@"' sh "$@"`;
    const { code, checks } = await doctor(script, { CRANK_DATA: '/mnt/data' });
    const advice = checks.filter(({ trap }) => trap !== undefined);
    expect(advice.map(({ trap, ok }) => `${trap} ${ok}`)).toEqual(['folder-noexec true', 'no-control-groups true']);
    expect(code).toBe(0);
  });

  it('has a node that refuses to start, for the reason and with the fix that the doctor names', async () => {
    const { checks } = await doctor(`exec ${interpreter()} ${filtered} mount "$@"`);
    const { fix } = checks.find(({ trap }) => trap === 'seccomp')!;
    const { code, stderr } = await run(`exec ${interpreter()} ${filtered} mount "$@"`, ['up', '--port', '0']);
    expect(code).toBe(4);
    expect(stderr).toContain('a seccomp filter around this process refuses clone, unshare or mount');
    expect(stderr).toContain(fix);
  });
});
