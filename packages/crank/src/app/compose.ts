import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '#src/core/clock.ts';
import { formatDestination } from '#src/core/destination.ts';
import { CrankError } from '#src/core/error.ts';
import { loadSigner } from '#src/engines/audit/keys.ts';
import { openLogKey } from '#src/engines/audit/log-key.ts';
import { createEgress } from '#src/engines/egress/proxy.ts';
import { gridOf } from '#src/engines/metering/carbon.ts';
import { openEnergyGauge } from '#src/engines/metering/energy-gauge.ts';
import { createMeter } from '#src/engines/metering/meter.ts';
import { tariffAt } from '#src/engines/metering/price.ts';
import { createPackaging } from '#src/engines/packaging/packaging.ts';
import { compileBundle } from '#src/engines/policy/compile.ts';
import { createPolicyEngine } from '#src/engines/policy/engine.ts';
import { ensureOpa } from '#src/engines/policy/opa.ts';
import { createSandbox } from '#src/engines/sandbox/create.ts';
import { createWorkspaceWorker } from '#src/engines/workspaces/workspace-worker.ts';
import { act, nodePrincipal } from '#src/platform/act.ts';
import { resumeAlerts } from '#src/platform/budgets/alert-delivery.ts';
import { Budgets } from '#src/platform/budgets/budgets.ts';
import { CallCounts } from '#src/platform/call-counts.ts';
import { CanaryWatch } from '#src/platform/canary-watch.ts';
import { Catalog } from '#src/platform/catalog.ts';
import { Cosigning } from '#src/platform/cosigning.ts';
import { DecisionLog } from '#src/platform/decision-log/decision-log.ts';
import { loggedEngine } from '#src/platform/decision-log/logged-engine.ts';
import { Directory } from '#src/platform/discovery/directory.ts';
import { collectPackages } from '#src/platform/dispose.ts';
import { fire } from '#src/platform/firing.ts';
import { Flights } from '#src/platform/flights.ts';
import { handoversOf, settleHandover } from '#src/platform/handovers.ts';
import { HealthWatch } from '#src/platform/health.ts';
import { Idempotency } from '#src/platform/idempotency.ts';
import { Jobs } from '#src/platform/jobs/jobs.ts';
import { sweepKept } from '#src/platform/keeping.ts';
import { fileWrapper } from '#src/platform/key-wrapper.ts';
import { Load } from '#src/platform/load.ts';
import { LogFiles } from '#src/platform/log-files.ts';
import type { Platform } from '#src/platform/platform.ts';
import { loadPolicies } from '#src/platform/policies.ts';
import { namePredecessor } from '#src/platform/predecessor.ts';
import { Prices } from '#src/platform/prices/prices.ts';
import { sweepQuotes } from '#src/platform/prices/quotes.ts';
import { Privacy } from '#src/platform/privacy/privacy.ts';
import { quarantine } from '#src/platform/quarantine.ts';
import { Rates } from '#src/platform/rates.ts';
import { Recorder } from '#src/platform/recorder.ts';
import { Refusals } from '#src/platform/refusals.ts';
import { Runs } from '#src/platform/run/runs.ts';
import { sweepRuns } from '#src/platform/run/sweep-runs.ts';
import { Scheduler } from '#src/platform/scheduler.ts';
import { Secrets } from '#src/platform/secrets.ts';
import { SloWatch } from '#src/platform/slo/slo-watch.ts';
import { Subjects } from '#src/platform/subjects.ts';
import { Deliveries } from '#src/platform/webhook-deliveries.ts';
import { Witness } from '#src/platform/witness.ts';
import { createWorkshop } from '#src/platform/workshop.ts';
import { Workspaces } from '#src/platform/workspaces.ts';
import { WrappingKeys } from '#src/platform/wrapping-keys.ts';
import { openStore } from '#src/store/store.ts';
import type { Config } from './config.ts';
import { claimFolder, emptyScratch, originOf, prepareDataFolder } from './data-folder.ts';
import { makeFirstOwner } from './first-owner.ts';
import { openIdentity } from './open-identity.ts';
import { openTracer } from './open-tracer.ts';
import { openPublishedLog } from './published-log.ts';
import { version } from './version.ts';

/** Milliseconds: requests to a bucket cost money. */
const BUCKET_FOLLOW_MS = 1_000;

const SWEEP_MS = 600_000;
/** Milliseconds without use after which the plain copy of a workspace is removed. */
const WORKSPACE_IDLE_MS = 600_000;

export interface Composed {
  platform: Platform;
  ownerKey: string;
  /** Lets calls in flight finish, then ends every part, the store last. */
  close(): Promise<void>;
}

/** Builds the parts of a node and joins them. @param onFailed called where a part dies that the node cannot do without */
export const compose = async (config: Config, onFailed: (error: Error) => void): Promise<Composed> => {
  const folder = prepareDataFolder(config.data);
  const free = claimFolder(folder.root);
  const log = pino({ level: config.logLevel, base: null });
  emptyScratch(folder.scratch);
  const root = process.getuid?.() === 0;
  const as = root || config.container ? { uid: config.sandboxUid, gid: config.sandboxUid } : {};

  let made: Platform | undefined;
  const egress = createEgress({ ceiling: config.egress });
  // Builds reach the package index, which the operator chose: wherever it stands, and nothing else.
  const indexEgress = createEgress({ ceiling: [], trusted: true });
  const sandbox = createSandbox({
    scratchDir: folder.scratch,
    runtimeDir: folder.runtime,
    folders: [
      { path: folder.root, inside: true },
      { path: config.tools, inside: false },
    ],
    ...as,
    ...(config.container && { container: config.container }),
    log: (level, message, fields) => log[level](fields, message),
    onConnection: (socket, key) => egress.accept(socket, key),
    onViolation: (key, violation) => {
      if (made === undefined) return; // of the node's own test
      quarantine(made, key, violation).catch((err: unknown) =>
        log.error({ err }, 'a version could not be quarantined'),
      );
    },
  });
  const failed = (await sandbox.selfTest()).filter((check) => !check.ok);
  if (failed.length > 0) {
    await sandbox.close();
    free();
    throw new CrankError(
      'isolation-unavailable',
      `No isolation on this machine, so the node does not start: ${failed.map(({ name, detail, fix }) => `${name}: ${detail}; to mend it: ${fix}`).join('\n')}\n\`crank doctor\` tells more.`,
    );
  }

  const store = await openStore(config.database);
  const origin = originOf(folder.keys, config.origin);
  const key = { folder: folder.keys, socket: config.signer };
  const logKey = await openLogKey(key, origin);
  await settleHandover(store, origin, logKey);
  const logFiles = await LogFiles.open({
    vkey: logKey.vkey,
    origin,
    files: await openPublishedLog({ folder: folder.log, bucket: config.logBucket }, origin),
    store,
    log,
    ...(config.logBucket && { followMs: BUCKET_FOLLOW_MS }),
  });
  const load = new Load(config.concurrency);
  let cosigning: Cosigning | undefined;
  const recorder = await Recorder.start({
    store: config.database,
    key,
    origin,
    alone: () => load.inFlight <= 1,
    crowded: (account) => load.crowdedBy(account),
    onGrown: (size) => {
      logFiles.grown(size);
      cosigning?.grown();
    },
    onFailed,
    onUnsummed: (why) => log.error({ why }, 'calls could not be added to usage'),
  });
  const shown = await openIdentity(store.db, { node: origin, keys: folder.keys, egress: config.egress });
  const { identity } = shown;
  await makeFirstOwner({ store, identity, node: origin, recorder }, config.account, folder.ownerKey);
  const nodeActs = { node: origin, recorder };
  const nodeOf = { ...nodeActs, account: config.account, store };
  await namePredecessor(nodeOf, join(folder.keys, 'predecessor.json'));
  const alarming = { ...nodeOf, log };
  cosigning = new Cosigning({ ...alarming, logFiles });
  const witness = new Witness(alarming, loadSigner(folder.keys, `${origin}/witness`, 'witness'));
  const refusals = new Refusals(
    async (counts) => {
      await act(nodeActs, nodePrincipal(nodeActs, config.account), 'security.refusals', counts, []);
    },
    (err) => log.error({ err }, 'refusals could not be recorded'),
  );
  const { usable: interpreters } = await sandbox.interpreters();
  const packaging = createPackaging({
    versionsDir: folder.versions,
    envsDir: folder.envs,
    toolsDir: config.tools,
    interpreters,
    workshop: createWorkshop(sandbox, indexEgress),
    indexHosts: config.indexHosts,
    log: (message, fields) => log.info(fields, message),
  });
  const energy = openEnergyGauge({ calibration: config.energyCalibration });
  const { decisionLog: logs } = config;
  const decisions =
    logs &&
    new DecisionLog({
      ...{ url: logs.url, token: logs.token, payloads: logs.payloads, log },
      folder: logs.file ? join(folder.root, 'decisions') : undefined,
      labels: { app: 'crank', id: origin, version },
    });
  const bare = createPolicyEngine();
  const policy = decisions === undefined ? bare : loggedEngine(bare, decisions);
  const catalog = new Catalog(store.db);
  const idempotency = new Idempotency(store.db);
  const subjects = await Subjects.open(store.db, origin, join(folder.keys, 'subjects'));
  const wrapper = fileWrapper(WrappingKeys.open(join(folder.keys, 'secrets')));
  const workspaces = new Workspaces({
    ...{ db: store.db, wrapper, folder: folder.workspaces, openFolder: folder.open, idleMs: WORKSPACE_IDLE_MS },
    worker: createWorkspaceWorker((err) => log.error({ err }, 'the thread for workspaces ended')),
    owner: root ? { uid: config.sandboxUid, gid: config.sandboxUid } : undefined,
    log: (err, what) => log.error({ err }, what),
  });
  const sweep = setInterval(() => {
    idempotency.sweep().catch((err: unknown) => log.error({ err }, 'expired answers could not be deleted'));
    made?.deliveries.sweep(made).catch((err: unknown) => log.error({ err }, 'old deliveries could not be deleted'));
    sweepQuotes(store.db).catch((err: unknown) => log.error({ err }, 'expired quotes could not be deleted'));
    made?.jobs.sweep().catch((err: unknown) => log.error({ err }, 'old results of jobs could not be deleted'));
    if (made !== undefined)
      sweepRuns(made).catch((err: unknown) =>
        log.error({ err }, 'code that nobody runs any more could not be removed'),
      );
    sweepKept(store.db).catch((err: unknown) => log.error({ err }, 'what was kept long enough could not be deleted'));
  }, SWEEP_MS).unref();

  const slos = new SloWatch(systemClock);
  const grid = gridOf(config.grid);

  const tariff = () => tariffAt(Date.now(), config.carbonPrice);
  const platform: Platform = {
    version,
    node: origin,
    regions: config.regions,
    account: config.account,
    store,
    ...shown,
    rate: new Rates({ principal: config.rate, account: config.accountRate }),
    policy,
    compilePolicy: async (files) =>
      compileBundle(files, {
        opaPath: await ensureOpa({ toolsDir: config.tools, onProgress: (text) => log.info(text) }),
      }),
    sandbox,
    packaging,
    egress,
    meter: createMeter(energy.price, grid, tariff),
    tariff,
    energy,
    grid,
    surroundings: config.surroundings,
    recorder,
    catalog,
    directory: new Directory(store.db, catalog),
    runs: new Runs(),
    flights: new Flights(),
    idempotency,
    secrets: new Secrets(store.db, wrapper),
    privacy: new Privacy(store.db, wrapper),
    workspaces,
    scheduler: new Scheduler(systemClock, fire),
    jobs: new Jobs({ concurrency: config.jobs, keepMs: config.jobResultMs }),
    budgets: new Budgets(store, origin),
    prices: new Prices(store),
    deliveries: new Deliveries(systemClock, wrapper),
    subjects,
    refusals,
    logFiles,
    logKey,
    witness,
    cosigning,
    counts: new CallCounts(),
    tracer: await openTracer(config.traces, origin, log),
    health: { look: () => health.look() },
    callLog: config.callLog,
    slos,
    log,
    scratch: folder.scratch,
    load,
  };
  const health = new HealthWatch(platform);
  const canaries = new CanaryWatch(platform);
  platform.catalog.onDrawn = canaries.note;
  await loadPolicies(platform);
  await logFiles.writeHandovers(await handoversOf(platform));
  made = platform;
  const nodeAct = (kind: 'node.start' | 'node.stop', object: Record<string, string | number>) =>
    act(nodeActs, nodePrincipal(nodeActs, config.account), kind, object, []);
  await nodeAct('node.start', inForce(config, policy.default.digest));
  await collectPackages(platform);
  await workspaces.tidy();
  await platform.budgets.start((err) => log.error({ err }, 'holds of budgets could not be looked for'));
  await platform.prices.changed();
  await resumeAlerts(platform);
  await platform.scheduler.start(platform);
  await platform.deliveries.start(platform);
  await slos.start(platform);
  await platform.jobs.start(platform);

  return {
    platform,
    ownerKey: folder.ownerKey,
    close: async () => {
      platform.load.draining = true;
      clearInterval(sweep);
      await Promise.all([platform.scheduler.close(), platform.deliveries.close(), platform.jobs.close()]);
      platform.budgets.close();
      energy.close();
      await canaries.close();
      await refusals.close();
      await sandbox.close();
      await workspaces.close();
      egress.close();
      await slos.close().catch((err: unknown) => log.error({ err }, 'what was counted could not be written'));
      await cosigning.close();
      await nodeAct('node.stop', {}).catch((err: unknown) => log.error({ err }, 'the stop could not be recorded'));
      indexEgress.close();
      await recorder.close();
      logKey.close();
      await logFiles.close();
      await policy.close();
      await platform.tracer.close();
      await decisions?.close();
      await platform.privacy.close();
      await store.close();
      free();
    },
  };
};

const decisionLogText = (logs: Config['decisionLog']): string =>
  [logs?.file ? 'file' : [], logs?.url ?? []].flat().join(',') || 'none';

/** What of its settings changes what a node does with calls: its start puts it in the log. */
const inForce = (config: Config, policy: string): Record<string, string | number> => ({
  version,
  policy,
  isolation: config.container ? 'container' : 'bubblewrap',
  egress: config.egress.map(formatDestination).join(',') || 'none',
  grid: config.grid,
  carbonPrice: config.carbonPrice === undefined ? 'epa' : String(config.carbonPrice),
  region: config.regions.join(',') || 'none',
  decisionLog: decisionLogText(config.decisionLog),
  rate: config.rate,
  accountRate: config.accountRate,
  concurrency: config.concurrency,
  database: 'sqlite' in config.database ? 'sqlite' : 'postgres',
});
