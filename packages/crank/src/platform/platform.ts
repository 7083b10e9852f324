import type { Logger } from 'pino';
import type { LogKey } from '#src/engines/audit/log-key.ts';
import type { Egress } from '#src/engines/egress/proxy.ts';
import type { Identity } from '#src/engines/identity/identity.ts';
import type { Tokens } from '#src/engines/identity/tokens.ts';
import type { Grid } from '#src/engines/metering/carbon.ts';
import type { EnergyGauge } from '#src/engines/metering/energy-gauge.ts';
import type { Meter } from '#src/engines/metering/meter.ts';
import type { Tariff } from '#src/engines/metering/price.ts';
import type { Machine } from '#src/engines/metering/sci.ts';
import type { Packaging } from '#src/engines/packaging/packaging.ts';
import type { PolicyBundle } from '#src/engines/policy/bundle.ts';
import type { PolicyEngine } from '#src/engines/policy/engine.ts';
import type { Sandbox } from '#src/engines/sandbox/sandbox.ts';
import type { Tracer } from '#src/engines/telemetry/tracer.ts';
import type { Store } from '#src/store/store.ts';
import type { Budgets } from './budgets/budgets.ts';
import type { CallCounts } from './call-counts.ts';
import type { CallLog } from './call-log.ts';
import type { Catalog } from './catalog.ts';
import type { Cosigning } from './cosigning.ts';
import type { Directory } from './discovery/directory.ts';
import type { Flights } from './flights.ts';
import type { HealthWatch } from './health.ts';
import type { Idempotency } from './idempotency.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Load } from './load.ts';
import type { LogFiles } from './log-files.ts';
import type { Prices } from './prices/prices.ts';
import type { Privacy } from './privacy/privacy.ts';
import type { Rates } from './rates.ts';
import type { Recorder } from './recorder.ts';
import type { Refusals } from './refusals.ts';
import type { Runs } from './run/runs.ts';
import type { Scheduler } from './scheduler.ts';
import type { Secrets } from './secrets.ts';
import type { SloWatch } from './slo/slo-watch.ts';
import type { Subjects } from './subjects.ts';
import type { Deliveries } from './webhook-deliveries.ts';
import type { Witness } from './witness.ts';
import type { Workspaces } from './workspaces.ts';

/** The parts that use cases join. Built in `app/`, given to every use case as its first argument. */
export interface Platform {
  /** Of this package. */
  version: string;
  /** Name of this node: the origin of its log. */
  node: string;
  /** Regions that its operator says it is in, the widest first. */
  regions: readonly string[];
  /** The account that the node belongs to: its owners may change keys and witnesses of the log. */
  account: string;
  store: Store;
  identity: Identity;
  /** Short-lived ones that keys mint. */
  tokens: Tokens;
  /** Asks an OpenID provider for its keys. @throws Error that says why it cannot be used */
  discover: (issuer: string) => Promise<unknown>;
  rate: Rates;
  policy: PolicyEngine;
  /** Compiles Rego; gets the `opa` program where it is not there yet. */
  compilePolicy: (files: readonly { path: string; text: string }[]) => Promise<PolicyBundle>;
  sandbox: Sandbox;
  packaging: Packaging;
  /** The way out for calls that were granted one. */
  egress: Egress;
  meter: Meter;
  /** What every node charges for, now. */
  tariff: () => Tariff;
  /** What the machine draws, and what of it calls were told. */
  energy: Pick<EnergyGauge, 'told' | 'totals' | 'origin'>;
  /** Where the machine's electricity comes from, and what is around it. */
  grid: Grid;
  surroundings: Pick<Machine, 'pue' | 'embodied'>;
  recorder: Recorder;
  catalog: Catalog;
  /** What can be called in each account. */
  directory: Directory;
  /** Code that was handed in to be run, and when it last was. */
  runs: Runs;
  /** Calls of each version that run on this node now. */
  flights: Flights;
  idempotency: Idempotency;
  secrets: Secrets;
  /** Personal data in what calls give out and are given. */
  privacy: Privacy;
  /** Encrypted folders of accounts. */
  workspaces: Workspaces;
  scheduler: Scheduler;
  jobs: Jobs;
  budgets: Budgets;
  prices: Prices;
  /** Webhooks in. */
  deliveries: Deliveries;
  /** Keys of those whose data calls carry. */
  subjects: Subjects;
  refusals: Refusals;
  logFiles: LogFiles;
  logKey: LogKey;
  /** The node as a witness of others, and others as witnesses of it. */
  witness: Witness;
  cosigning: Cosigning;
  /** Calls that ended on this node. */
  counts: CallCounts;
  tracer: Tracer;
  health: Pick<HealthWatch, 'look'>;
  callLog: CallLog;
  /** What is promised of services. */
  slos: Pick<SloWatch, 'note' | 'states' | 'changed' | 'written'>;
  log: Logger;
  /** Folder for files on their way in and out. */
  scratch: string;
  load: Load;
}
