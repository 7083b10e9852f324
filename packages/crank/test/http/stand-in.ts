import { mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '#src/core/clock.ts';
import { defaultLimits, type JsonSchema, type Operation } from '#src/core/service.ts';
import { createHttpServer, type HttpServer } from '#src/doors/http/server.ts';
import { createMcpDoor } from '#src/doors/mcp/door.ts';
import { createEgress } from '#src/engines/egress/proxy.ts';
import { Identity } from '#src/engines/identity/identity.ts';
import { openTokenKeys } from '#src/engines/identity/token-keys.ts';
import { createTokens } from '#src/engines/identity/tokens.ts';
import { gridOf } from '#src/engines/metering/carbon.ts';
import { openEnergyGauge } from '#src/engines/metering/energy-gauge.ts';
import { createMeter } from '#src/engines/metering/meter.ts';
import { tariffAt } from '#src/engines/metering/price.ts';
import { createPolicyEngine } from '#src/engines/policy/engine.ts';
import type { SandboxCall, SandboxOutcome } from '#src/engines/sandbox/sandbox.ts';
import { noTracer } from '#src/engines/telemetry/tracer.ts';
import { Budgets } from '#src/platform/budgets/budgets.ts';
import { CallCounts } from '#src/platform/call-counts.ts';
import { Catalog } from '#src/platform/catalog.ts';
import { Directory } from '#src/platform/discovery/directory.ts';
import { fire } from '#src/platform/firing.ts';
import { Flights } from '#src/platform/flights.ts';
import { HealthWatch } from '#src/platform/health.ts';
import { Idempotency } from '#src/platform/idempotency.ts';
import { Jobs } from '#src/platform/jobs/jobs.ts';
import { fileWrapper } from '#src/platform/key-wrapper.ts';
import { Load } from '#src/platform/load.ts';
import type { Platform } from '#src/platform/platform.ts';
import { Prices } from '#src/platform/prices/prices.ts';
import { Privacy } from '#src/platform/privacy/privacy.ts';
import { Rates } from '#src/platform/rates.ts';
import type { RecordEntry } from '#src/platform/record-entry.ts';
import { Runs } from '#src/platform/run/runs.ts';
import { Scheduler } from '#src/platform/scheduler.ts';
import { Secrets } from '#src/platform/secrets.ts';
import { SloWatch } from '#src/platform/slo/slo-watch.ts';
import { Subjects } from '#src/platform/subjects.ts';
import { Deliveries } from '#src/platform/webhook-deliveries.ts';
import { WrappingKeys } from '#src/platform/wrapping-keys.ts';
import { openStore } from '#src/store/store.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** What stands for the user's code: gets the call, gives its outcome. */
export type Run = (call: SandboxCall) => SandboxOutcome | Promise<SandboxOutcome>;

export interface Door {
  url: string;
  port: number;
  key: string;
  platform: Platform;
  /** Everything recorded, in order. */
  entries: RecordEntry[];
  /** What the node's log was told. */
  logged: string[];
  /** Files of the log by path. */
  files: Map<string, Uint8Array>;
  /** Names left in the folder for files on their way. */
  scratch(): string[];
  /** Answers a request; the owner's key goes with it unless told otherwise. */
  send(path: string, init?: RequestInit & { key?: string | null }): Promise<Response>;
  server: HttpServer;
  close(): Promise<void>;
}

export const operation = (name: string, more: Partial<Operation> = {}): Operation => ({
  name,
  description: '',
  input: { type: 'object' },
  output: true,
  result: 'json',
  files: [],
  ...more,
});

/** An input schema that takes these arguments and no others. */
export const takes = (properties: Record<string, JsonSchema>, more: { required?: string[] } = {}): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});

/**
 * The real door before the real use cases, store, identity and policy. Stand-ins are the sandbox (a function), the
 * recorder (writes the rows without a log) and the files of the log.
 */
export const openDoor = async (
  operations: readonly Operation[],
  run: Run,
  options: { description?: string } = {},
): Promise<Door> => {
  const folder = temporaryFolder('door');
  const scratch = join(folder.path, 'scratch');
  mkdirSync(scratch);
  const store = await openStore({ sqlite: join(folder.path, 'door.db') });
  const identity = new Identity(store.db);
  const owner = identity.create({ account: 'acme', name: 'owner', role: 'owner' });
  await store.db.executeQuery(owner.query);
  const energy = openEnergyGauge();
  const now = Date.now();
  const digest = `sha256:${'ab'.repeat(32)}`;
  const manifest = {
    name: 'things',
    description: options.description ?? 'Things.',
    runtime: 'python',
    entry: 'things.py',
    python: '3.11',
    isolation: 'fresh',
    limits: { ...defaultLimits, fileBytes: 4 * 2 ** 20 },
    requirements: [],
    lock: null,
    operations: Object.fromEntries(operations.map((each) => [each.name, each])),
  };
  const version = { account: 'acme', service: 'things', digest };
  await store.db
    .insertInto('services')
    .values({ account: 'acme', name: 'things', description: '', created_at: now })
    .execute();
  await store.db
    .insertInto('versions')
    .values({
      ...version,
      manifest: JSON.stringify(manifest),
      findings: '[]',
      created_at: now,
      created_by: owner.info.id,
    })
    .execute();
  await store.db
    .insertInto('aliases')
    .values({ ...version, alias: 'latest' })
    .execute();

  const entries: RecordEntry[] = [];
  const logged: string[] = [];
  const files = new Map<string, Uint8Array>();
  const policy = createPolicyEngine();
  const recorder: Pick<Platform['recorder'], 'commit' | 'waiting'> = {
    waiting: 0,
    commit: async (entry) => {
      entries.push(entry);
      const { call, usage, idempotency } = entry.rows ?? {};
      if (call !== undefined) await store.db.insertInto('calls').values(call).execute();
      if (usage !== undefined) await store.db.insertInto('usage').values(usage).execute();
      if (idempotency !== undefined) await store.db.insertInto('idempotency').values(idempotency).execute();
      for (const { sql, parameters } of entry.queries ?? []) {
        await store.db.executeQuery({ sql, parameters } as Parameters<typeof store.db.executeQuery>[0]);
      }
      return { index: entries.length, size: entries.length };
    },
  };
  const sandbox: Pick<Platform['sandbox'], 'run' | 'retire' | 'level' | 'load'> = {
    load: { standing: 0, calls: 0 },
    level: (asked) => asked,
    run: async (_template, call) => ({
      outcome: await run(call),
      usage: { cpuNs: 1_000_000, cpuSource: 'sandbox-reported', peakMemoryBytes: 1, wallNs: 1_000_000 },
      stdout: '',
      stderr: '',
      truncatedBytes: 0,
    }),
    retire: async () => undefined,
  };
  const logFiles = { vkey: 'door+12345678+AAAA', size: 3, read: async (path: string) => files.get(path) };
  const packaging = {
    locate: () => ({ interpreter: '', codeDir: '', libDirs: [] }),
    drop: async () => undefined,
    collect: async () => undefined,
  };
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  const wrapper = fileWrapper(WrappingKeys.open(join(folder.path, 'secrets')));
  const catalog = new Catalog(store.db);
  const platform: Platform = {
    regions: [],
    node: 'door.local/1',
    account: 'acme',
    store,
    identity,
    tokens: createTokens({
      node: 'door.local/1',
      keys: await openTokenKeys(join(folder.path, 'tokens'), 1),
      principalOf: (key) => identity.byKey(key),
    }),
    discover: async () => undefined,
    rate: new Rates({ principal: 1e6, account: 1e6 }),
    policy,
    compilePolicy: async () => {
      throw new Error('no policy is compiled here');
    },
    sandbox: sandbox as Platform['sandbox'],
    egress: createEgress({ ceiling: [] }),
    packaging: packaging as unknown as Platform['packaging'],
    meter: createMeter(energy.price, gridOf('WORLD'), () => tariffAt(Date.now())),
    tariff: () => tariffAt(Date.now()),
    prices: new Prices(store),
    energy,
    grid: gridOf('WORLD'),
    surroundings: { pue: 1, embodied: undefined },
    recorder: recorder as Platform['recorder'],
    catalog,
    directory: new Directory(store.db, catalog),
    runs: new Runs(),
    flights: new Flights(),
    idempotency: new Idempotency(store.db),
    subjects: await Subjects.open(store.db, 'door.local/1', join(folder.path, 'subjects')),
    privacy: new Privacy(store.db, wrapper),
    workspaces: {} as Platform['workspaces'],
    secrets: new Secrets(store.db, wrapper),
    budgets: new Budgets(store, 'door.local/1'),
    jobs: new Jobs({ concurrency: 1, keepMs: 1 }),
    scheduler: new Scheduler(systemClock, fire),
    deliveries: new Deliveries(systemClock, wrapper),
    refusals: { count: () => undefined, countOnce: () => undefined } as unknown as Platform['refusals'],
    logFiles: logFiles as unknown as Platform['logFiles'],
    logKey: {} as Platform['logKey'],
    witness: {} as Platform['witness'],
    cosigning: {} as Platform['cosigning'],
    tracer: noTracer,
    health: { look: () => new HealthWatch(platform).look() },
    callLog: 'none',
    slos: new SloWatch(systemClock),
    version: '0.0.0',
    counts: new CallCounts(),
    log,
    scratch,
    load: new Load(100),
  };
  const server = await createHttpServer(platform, {
    ...{ host: '127.0.0.1', port: 0, version: '0', log, console: '' },
    mcp: createMcpDoor(platform, '0'),
  });
  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    key: owner.secret,
    platform,
    entries,
    logged,
    files,
    scratch: () => readdirSync(scratch),
    send: (path, { key = owner.secret, ...init } = {}) =>
      fetch(server.url + path, {
        redirect: 'manual',
        ...init,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(init.headers as Record<string, string>),
        },
      }),
    server,
    close: async () => {
      energy.close();
      await server.close();
      await policy.close();
      await store.close();
      folder.remove();
    },
  };
};

/** Sends bytes as they are and gives everything that comes back until the node hangs up. */
export const exchange = (port: number, request: string | Uint8Array): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });

export const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 1_000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not come to pass: ${what}`);
};
