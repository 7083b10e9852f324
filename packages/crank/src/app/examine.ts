import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoctorCheck } from '#src/doors/cli/commands/doctor.ts';
import { createSandbox } from '#src/engines/sandbox/create.ts';
import { openStore } from '#src/store/store.ts';
import { loadConfig, nodeUrl } from './config.ts';

type Env = Readonly<Record<string, string | undefined>>;

const attempt = async (name: string, fix: string, run: () => Promise<string>): Promise<DoctorCheck> => {
  try {
    return { name, ok: true, detail: await run(), fix: '' };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error), fix };
  }
};

/** What works on this machine, found by trying it; needs no running node. */
export const examine = async (env: Env, progress: (text: string) => void): Promise<DoctorCheck[]> => {
  const config = loadConfig(env);
  const root = process.getuid?.() === 0;
  const folder = mkdtempSync(join(tmpdir(), 'crank-doctor-'));
  chmodSync(folder, 0o711);
  const sandbox = createSandbox({
    scratchDir: join(folder, 'scratch'),
    runtimeDir: join(folder, 'runtime'),
    ...(root && { uid: config.sandboxUid, gid: config.sandboxUid }),
  });
  try {
    const checks: DoctorCheck[] = [
      {
        name: 'Node',
        ok: Number(process.versions.node.split('.')[0]) >= 24,
        detail: process.version,
        fix: 'npm install in the project: it brings Node 24',
      },
    ];
    progress('trying the sandbox ...');
    checks.push(...(await sandbox.selfTest()));
    checks.push(
      await attempt(
        'Python',
        'install Python 3.9 or newer where the sandbox can read it: apt-get install python3',
        async () => {
          const { usable, rejected } = await sandbox.interpreters();
          if (usable.length === 0)
            throw new Error(rejected.map(({ path, reason }) => `${path}: ${reason}`).join('; ') || 'none found');
          const left = rejected.map(({ path, reason }) => `${path} is left out: ${reason}`);
          return [usable.map(({ version, path }) => `${version} (${path})`).join(', '), ...left].join('; ');
        },
      ),
    );
    if ('postgres' in config.database) {
      const { database } = config;
      checks.push(
        await attempt('PostgreSQL', 'check CRANK_DATABASE_URL and that the server runs', async () => {
          const store = await openStore(database, { migrate: false });
          try {
            await store.db.selectNoFrom((from) => from.lit(1).as('one')).execute();
            return 'answers';
          } finally {
            await store.close();
          }
        }),
      );
    }
    checks.push({
      name: 'sandbox user',
      ok: true,
      detail: root
        ? `calls run as uid ${config.sandboxUid}, the node as root`
        : 'calls run as your own uid, as the node does: docs/THREAT_MODEL.md says what stands between them',
      fix: '',
    });
    const ready = await fetch(`${nodeUrl(env)}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    checks.push({
      name: 'node',
      ok: true,
      detail: ready ? `${nodeUrl(env)} is ready` : `none at ${nodeUrl(env)} (start one with crank up)`,
      fix: '',
    });
    return checks;
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
