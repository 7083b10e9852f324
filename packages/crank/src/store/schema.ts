import type { BudgetAlertRow, BudgetHoldRow, BudgetRow, BudgetSpentRow } from './schema-budgets.ts';
import type { AccountRow, IssuerRow } from './schema-identity.ts';
import type { InvoiceRow } from './schema-invoices.ts';
import type { PriceRow, PriceUsedRow, QuoteRow } from './schema-prices.ts';
import type {
  JobPartRow,
  JobRow,
  PrivacyKeyRow,
  ScheduleRow,
  ScheduleRunRow,
  SecretRow,
  WebhookDeliveryRow,
  WebhookRow,
  WorkspaceRow,
  WorkspaceSnapshotRow,
} from './schema-service-life.ts';
import type { SloAlertRow, SloQuarterRow, SloRow } from './schema-slo.ts';
import type { UsageDimRow, UsageDimTagRow, UsageMarkRow, UsageSlotRow } from './schema-usage.ts';

/**
 * The relational state, the truth of a node. Times are milliseconds since 1970 UTC, money is picodollars (10^-12 USD),
 * JSON is kept as text so that SQLite and PostgreSQL hold the same bytes.
 */
export interface Database {
  accounts: AccountRow;
  issuers: IssuerRow;
  keys: KeyRow;
  services: ServiceRow;
  versions: VersionRow;
  aliases: AliasRow;
  moves: MoveRow;
  canaries: CanaryRow;
  policies: PolicyRow;
  calls: CallRow;
  usage: UsageRow;
  charges: ChargeRow;
  egress: EgressRow;
  idempotency: IdempotencyRow;
  receipts: ReceiptRow;
  log_entries: LogEntryRow;
  logs: LogRow;
  subject_keys: SubjectKeyRow;
  kept: KeptRow;
  bundles: BundleRow;
  handovers: HandoverRow;
  witnesses: WitnessRow;
  cosigned: CosignedRow;
  witnessed: WitnessedRow;
  log_alarms: LogAlarmRow;
  secrets: SecretRow;
  schedules: ScheduleRow;
  schedule_runs: ScheduleRunRow;
  webhooks: WebhookRow;
  webhook_deliveries: WebhookDeliveryRow;
  workspaces: WorkspaceRow;
  workspace_snapshots: WorkspaceSnapshotRow;
  jobs: JobRow;
  job_parts: JobPartRow;
  budgets: BudgetRow;
  budget_spent: BudgetSpentRow;
  budget_holds: BudgetHoldRow;
  budget_alerts: BudgetAlertRow;
  privacy_keys: PrivacyKeyRow;
  slos: SloRow;
  slo_quarters: SloQuarterRow;
  slo_alerts: SloAlertRow;
  prices: PriceRow;
  price_used: PriceUsedRow;
  quotes: QuoteRow;
  invoices: InvoiceRow;
  usage_dims: UsageDimRow;
  usage_dim_tags: UsageDimTagRow;
  usage_slots: UsageSlotRow;
  usage_days: UsageSlotRow;
  usage_months: UsageSlotRow;
  usage_marks: UsageMarkRow;
}

export interface KeyRow {
  id: string;
  account: string;
  name: string;
  kind: string;
  role: string;
  /** SHA-256 of the key, hexadecimal. The key itself is never stored. */
  secret_hash: string;
  created_at: number;
  revoked_at: number | null;
}

export interface ServiceRow {
  account: string;
  name: string;
  description: string;
  created_at: number;
}

export interface VersionRow {
  account: string;
  service: string;
  digest: string;
  /** Manifest, JSON text. */
  manifest: string;
  findings: string;
  created_at: number;
  created_by: string;
  quarantined_at: number | null;
  /** Why; null unless quarantined. */
  quarantine: string | null;
  /** Of its source; null for what was deployed before this was noted. */
  size_bytes: number | null;
  /** 1: it goes as soon as no alias names it, as what `crank dev` deploys does. */
  passing: number | null;
  /** Milliseconds from the source's coming to its being there; null for what was deployed before this was noted. */
  deploy_ms: number | null;
}

export interface AliasRow {
  account: string;
  service: string;
  alias: string;
  digest: string;
  /** Null for what was set before these were noted. */
  set_at: number | null;
  set_by: string | null;
}

/** One change of what a name of a service stands for. `seq` counts them within the service, so that no two happen at once. */
export interface MoveRow {
  account: string;
  service: string;
  seq: number;
  /** `deploy`, `rollback`, `promote`, `set`, `delete`, `canary`, `abort`, `remove` */
  kind: string;
  alias: string;
  /** Null where the name is gone. */
  digest: string | null;
  /** Null where there was no such name. */
  previous: string | null;
  moved_at: number;
  moved_by: string;
  /** Id of the act's receipt. */
  receipt: string;
}

/** The version that gets a share of a service's calls beside `latest`. */
export interface CanaryRow {
  account: string;
  service: string;
  digest: string;
  /** In ten-thousandths: 1000 is 10%. */
  share: number;
  /** `call`, `principal` or `session`: what the draw is made by. */
  chosen_by: string;
  /** Goes into the draw, so that each canary draws anew. */
  salt: string;
  /** 1: it ends by itself where its calls fail more often than those of `latest`. */
  auto_abort: number;
  /** How often its calls were compared for that. */
  looks: number;
  started_at: number;
  started_by: string;
}

export interface PolicyRow {
  account: string;
  /** `account` or `service:NAME`. */
  layer: string;
  name: string;
  digest: string;
  /** What the policy engine made of the sources: JSON text of its bundle without the WASM. */
  bundle: string;
  wasm: Uint8Array;
  created_at: number;
}

export interface CallRow {
  id: string;
  account: string;
  principal: string;
  service: string;
  version: string;
  operation: string;
  received_at: number;
  finished_at: number;
  outcome: string;
  /** The problem document (RFC 9457) answered, JSON text; null where the call succeeded. */
  problem: string | null;
  stdout: string;
  stderr: string;
  truncated_bytes: number;
  tags: string | null;
  /** The account of who called; null where the service is of the same. */
  payer: string | null;
}

export interface UsageRow {
  call: string;
  cpu_ns: number;
  cpu_source: string;
  wall_ns: number;
  peak_memory_bytes: number;
  joules: number;
  energy_grade: string;
  energy_uncertainty: string;
  /** Null for calls from before it was noted. */
  energy_source: string | null;
  grams: number;
  grid_grams_per_kwh: number;
  grid_source: string;
}

export interface ChargeRow {
  call: string;
  kind: string;
  pico_usd: number;
  /** What was counted, in the smallest parts of its unit, of lines of the service's own price; null for others. */
  quantity: number | null;
}

/** What a call's connections to one destination carried. */
export interface EgressRow {
  call: string;
  /** `host:port` */
  destination: string;
  connections: number;
  sent_bytes: number;
  received_bytes: number;
}

export interface IdempotencyRow {
  /** Principal and operation. */
  scope: string;
  key: string;
  /** SHA-256 of the request body, hexadecimal. */
  fingerprint: string;
  call: string;
  /** The answer, encrypted. */
  answer: Uint8Array;
  expires_at: number;
}

export interface ReceiptRow {
  id: string;
  account: string;
  principal: string;
  kind: string;
  envelope: Uint8Array;
  /** Salts of an act, JSON text; null where they are derived from the subject's key. */
  openings: string | null;
  /** Key of the subject that the call named; null where it is the principal's own. */
  subject: string | null;
  log: string;
  idx: number;
  created_at: number;
}

export interface LogEntryRow {
  log: string;
  idx: number;
  /** SHA-256 of the envelope: 32 bytes. */
  entry: Uint8Array;
}

export interface LogRow {
  id: string;
  size: number;
  /** Right edge of the Merkle tree, as `engines/audit` serialises it. */
  frontier: Uint8Array;
  /** The signed checkpoint over `size`. */
  checkpoint: string;
}

/** The key of one person, or whatever else data is about; deleting the row is what erases. */
export interface SubjectKeyRow {
  /** `sub_...` */
  id: string;
  /** The node that can unwrap it. */
  node: string;
  account: string;
  /** HMAC-SHA256 of the subject's name under the node's index key, hexadecimal: the name itself is not stored. */
  name: string;
  /** Number of the wrapping key. */
  wrapped_by: number;
  wrapped: Uint8Array;
  created_at: number;
}

/** An input or output that policy wants kept, under the key of its subject. */
export interface KeptRow {
  call: string;
  part: string;
  subject: string;
  sealed: Uint8Array;
  expires_at: number;
}

/** A compiled policy by its digest, so that a decision can be taken again after it was replaced. */
export interface BundleRow {
  digest: string;
  name: string;
  bundle: string;
  wasm: Uint8Array;
}

/** A change of a log's key: the act's receipt stands at `idx`. */
export interface HandoverRow {
  log: string;
  idx: number;
  from_vkey: string;
  to_vkey: string;
  /** The last checkpoint that the old key signed: it covers the act and nothing behind it. */
  checkpoint: string;
}

/** A witness that a log of ours asks for cosignatures. */
export interface WitnessRow {
  log: string;
  vkey: string;
  /** Submission prefix (C2SP tlog-witness). */
  url: string;
  added_at: number;
}

/** The newest checkpoint of a log of ours that witnesses cosigned, with their signatures. */
export interface CosignedRow {
  log: string;
  size: number;
  note: string;
}

/** Another log that this node is a witness of, and the newest checkpoint that it cosigned. */
export interface WitnessedRow {
  node: string;
  origin: string;
  /** Keys that may sign its checkpoints, separated by line breaks. */
  vkeys: string;
  /** 0 until a checkpoint was cosigned. */
  size: number;
  /** Base64. */
  root: string;
  note: string | null;
  added_at: number;
}

/** Somebody was shown, or would have been shown, two histories of one log. */
export interface LogAlarmRow {
  id: string;
  /** The node that noticed. */
  node: string;
  log: string;
  what: string;
  /** The signed notes that prove it, and what was said about them. */
  evidence: string;
  raised_at: number;
}
