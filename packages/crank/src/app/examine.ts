import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDestination } from '#src/core/destination.ts';
import type { DoctorCheck } from '#src/doors/cli/commands/doctor.ts';
import { openEnergyGauge } from '#src/engines/metering/energy-gauge.ts';
import { createSandbox } from '#src/engines/sandbox/create.ts';
import { openStore } from '#src/store/store.ts';
import { type MissingTool, missingTools } from './builtin-services.ts';
import { type Config, loadConfig, nodeUrl } from './config.ts';

type Env = Readonly<Record<string, string | undefined>>;

const attempt = async (name: string, fix: string, run: () => Promise<string>): Promise<DoctorCheck> => {
  try {
    return { name, ok: true, detail: await run(), fix: '' };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error), fix };
  }
};

const networkOf = ({ container, egress }: Config): string => {
  if (container) return 'none: sandboxes that are containers have no way out';
  return egress.length === 0
    ? 'none; CRANK_EGRESS names what policy may grant'
    : `at most ${egress.map(formatDestination).join(', ')}, where a manifest asks for it and policy grants it`;
};

const energyOf = ({ energyCalibration }: Config): string => {
  const gauge = openEnergyGauge({ calibration: energyCalibration });
  gauge.close();
  const { grade, source, uncertainty } = gauge.origin;
  const instead = gauge.absent.length === 0 ? '' : `; ${gauge.absent.join('; ')}`;
  return `grade ${grade} (${uncertainty}), ${source}${instead}`;
};

/** Not a failure: the service goes on without what the tool does. */
const toolCheck = ({ service, tool, lost, packages }: MissingTool): DoctorCheck => ({
  name: `tools of ${service}`,
  ok: true,
  detail: `${tool} is not installed, so there is no conversion of ${lost}`,
  fix: `install ${packages} (Debian's name), and start the node again`,
});

/** What works on this machine, found by trying it; needs no running node. */
export const examine = async (env: Env, progress: (text: string) => void): Promise<DoctorCheck[]> => {
  const config = loadConfig(env);
  const root = process.getuid?.() === 0;
  const folder = mkdtempSync(join(tmpdir(), 'crank-doctor-'));
  chmodSync(folder, 0o711);
  const sandbox = createSandbox({
    scratchDir: join(folder, 'scratch'),
    runtimeDir: join(folder, 'runtime'),
    folders: [
      { path: config.data, inside: true },
      { path: config.tools, inside: false },
    ],
    ...((root || config.container) && { uid: config.sandboxUid, gid: config.sandboxUid }),
    ...(config.container && { container: config.container }),
  });
  try {
    const supported = Number(process.versions.node.split('.')[0]) >= 24;
    const checks: DoctorCheck[] = [
      {
        name: 'Node',
        ok: supported,
        detail: process.version,
        fix: supported ? '' : 'npm install in the project: it brings Node 24',
      },
    ];
    progress('trying the sandbox ...');
    checks.push(...(await sandbox.selfTest()));
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
      detail: config.container
        ? `calls run as uid ${config.sandboxUid} of the containers`
        : root
          ? `calls run as uid ${config.sandboxUid}, the node as root`
          : 'calls run as your own uid, as the node does: docs/THREAT_MODEL.md says what stands between them',
      fix: '',
    });
    checks.push({ name: 'energy', ok: true, detail: energyOf(config), fix: '' });
    checks.push({
      name: 'network of services',
      ok: true,
      detail: networkOf(config),
      fix: '',
    });
    checks.push(...missingTools(config.builtin).map(toolCheck));
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
    if (ready) {
      const alarms = await fetch(`${nodeUrl(env)}/metrics`).then(
        async (answer) => Number(/^crank_log_alarms (\d+)$/m.exec(await answer.text())?.[1] ?? 0),
        () => 0,
      );
      checks.push({
        name: 'transparency log',
        ok: alarms === 0,
        detail: alarms === 0 ? 'no log was seen with two histories' : `${alarms} alarms: a log has two histories`,
        fix: alarms === 0 ? '' : 'crank log witness list says which; keep the evidence, and ask who runs that log',
      });
    }
    return checks;
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
