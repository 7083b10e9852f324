/** What calls have in common that usage is told apart by. */
export interface UsageDimRow {
  /** SHA-256 of what follows, base64url, its first 22 characters. */
  id: string;
  /** Which of what follows is told apart (`usageCuts`): the others are empty. */
  cut: string;
  /** Of who called, and pays. */
  account: string;
  principal: string;
  service_account: string;
  service: string;
  version: string;
  operation: string;
  outcome: string;
  /** Name of the log that the call is in. */
  node: string;
  /** Sorted, separated by commas. */
  tags: string;
  /** Empty where no tag says it. */
  cost_centre: string;
}

/** The tags of a set one by one; an empty one where it has none. */
export interface UsageDimTagRow {
  dim: string;
  tag: string;
}

/** The columns of a slot that are added up. */
export const usageAmounts = [
  'calls',
  'cpu_ns',
  'wall_ns',
  'byte_seconds',
  'egress_bytes',
  'nanojoules',
  'picograms',
  'input_bytes',
  'output_bytes',
  'pages',
  'tokens',
  'pico_call',
  'pico_cpu',
  'pico_energy',
  'pico_carbon',
  'pico_request',
  'pico_memory',
  'pico_input',
  'pico_output',
  'pico_page',
  'pico_token',
  'pico_discount',
] as const;

/** Tables of sums: by quarters of an hour, since the offset of every time zone is a multiple of one; by days and by months of UTC, so that long periods are few rows. */
export const usageSpans = ['usage_slots', 'usage_days', 'usage_months'] as const;
export type UsageSpan = (typeof usageSpans)[number];

/**
 * What is told apart, from all of it to little, and in which tables. Every call is in each cut once, so that a question which asks for little
 * reads little. `node` is in all of them: nodes that share a database never add to the same row.
 */
export const usageCuts = {
  all: {
    columns: [
      ...(['account', 'principal', 'service_account', 'service', 'version', 'operation', 'outcome'] as const),
      ...(['node', 'tags', 'cost_centre'] as const),
    ],
    // Days of it would be nearly as many rows as quarters are, where many are told apart.
    spans: ['usage_slots', 'usage_months'],
  },
  service: { columns: ['account', 'service_account', 'service', 'outcome', 'node'], spans: usageSpans },
  principal: { columns: ['account', 'service_account', 'principal', 'node'], spans: usageSpans },
  tags: { columns: ['account', 'service_account', 'tags', 'cost_centre', 'node'], spans: usageSpans },
} as const satisfies Record<string, { columns: readonly (keyof UsageDimRow)[]; spans: readonly UsageSpan[] }>;
export type UsageCut = keyof typeof usageCuts;

/** What calls that ended within a quarter of an hour, a day or a month took and cost, all whole numbers: sums are exact in any order. */
export type UsageSlotRow = {
  /** Whose reports it is in: of who called, and once more of whose service it is, where that is another. */
  account: string;
  cut: string;
  dim: string;
  /** Quarters of an hour, days or months since 1970 UTC. */
  slot: number;
} & {
  /**
   * `byte_seconds`: peak memory held for the wall time. `picograms`: of CO2-equivalent. `input_bytes` to `tokens`: those that a service's price was for.
   * `pico_*`: picodollars, by the kind of charge line.
   */
  [amount in (typeof usageAmounts)[number]]: number;
};

/** How much of a log is in usage: its entries before `idx`. */
export interface UsageMarkRow {
  log: string;
  idx: number;
}
