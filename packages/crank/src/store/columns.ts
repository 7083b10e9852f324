import type {
  CallRow,
  ChargeRow,
  Database,
  EgressRow,
  IdempotencyRow,
  KeptRow,
  LogEntryRow,
  ReceiptRow,
  UsageRow,
} from './schema.ts';

/** Takes a list of a row's columns only where none is missing. */
const all =
  <Row>() =>
  <const C extends readonly (keyof Row)[]>(
    ...names: [keyof Row] extends [C[number]] ? C : readonly ['a column is missing', Exclude<keyof Row, C[number]>]
  ): C =>
    names as unknown as C;

/** The columns that a commit writes, by table, in the order in which their values are bound. */
export const columns = {
  log_entries: all<LogEntryRow>()('log', 'idx', 'entry'),
  receipts: all<ReceiptRow>()(
    'id',
    'account',
    'principal',
    'kind',
    'envelope',
    'openings',
    'subject',
    'log',
    'idx',
    'created_at',
  ),
  calls: all<CallRow>()(
    'id',
    'account',
    'principal',
    'service',
    'version',
    'operation',
    'received_at',
    'finished_at',
    'outcome',
    'problem',
    'stdout',
    'stderr',
    'truncated_bytes',
    'tags',
    'payer',
  ),
  usage: all<UsageRow>()(
    'call',
    'cpu_ns',
    'cpu_source',
    'wall_ns',
    'peak_memory_bytes',
    'joules',
    'energy_grade',
    'energy_uncertainty',
    'energy_source',
    'grams',
    'grid_grams_per_kwh',
    'grid_source',
  ),
  charges: all<ChargeRow>()('call', 'kind', 'pico_usd', 'quantity'),
  egress: all<EgressRow>()('call', 'destination', 'connections', 'sent_bytes', 'received_bytes'),
  kept: all<KeptRow>()('call', 'part', 'subject', 'sealed', 'expires_at'),
  idempotency: all<IdempotencyRow>()('scope', 'key', 'fingerprint', 'call', 'answer', 'expires_at'),
};

/** Tables whose rows a commit inserts. */
export type Written = keyof typeof columns;

export const columnsOf = <T extends Written>(table: T): readonly (keyof Database[T])[] =>
  columns[table] as readonly string[] as readonly (keyof Database[T])[];
