import { createHash } from 'node:crypto';
import { costCentreIn, tagSet } from '#src/core/tags.ts';
import type { CallRow, ChargeRow, EgressRow, UsageRow } from './schema.ts';
import {
  type UsageCut,
  type UsageDimRow,
  type UsageSpan,
  usageAmounts,
  usageCuts,
  usageSpans,
} from './schema-usage.ts';

export const QUARTER_MS = 900_000;
const QUARTERS_OF_DAY = 96;
const DAY_MS = QUARTER_MS * QUARTERS_OF_DAY;

type Amount = (typeof usageAmounts)[number];

/** The rows of calls that usage is taken from. */
export interface UsedRows {
  calls: readonly Pick<
    CallRow,
    'id' | 'account' | 'principal' | 'service' | 'version' | 'operation' | 'outcome' | 'finished_at' | 'tags' | 'payer'
  >[];
  usage: readonly Pick<UsageRow, 'call' | 'cpu_ns' | 'wall_ns' | 'peak_memory_bytes' | 'joules' | 'grams'>[];
  charges: readonly ChargeRow[];
  egress: readonly Pick<EgressRow, 'call' | 'sent_bytes' | 'received_bytes'>[];
}

/** Sums of amounts, in the order of `usageAmounts`. */
type Amounts = Float64Array;

/** What is to be added to the sums. */
export interface UsageAddition {
  dims: readonly UsageDimRow[];
  slots: readonly { span: UsageSpan; account: string; dim: UsageDimRow; slot: number; amounts: Amounts }[];
}

const at = Object.fromEntries(usageAmounts.map((name, index) => [name, index])) as Record<Amount, number>;
/** Amounts by the kind of charge line: what it counts, and what it costs. */
const counted = new Map<string, number>([
  ['input', at.input_bytes],
  ['output', at.output_bytes],
  ['page', at.pages],
  ['token', at.tokens],
]);
const paid = new Map<string, number>(
  usageAmounts.flatMap((name) => (name.startsWith('pico_') ? [[name.slice('pico_'.length), at[name]]] : [])),
);

/** Peak memory held for the wall time, rounded half up. */
const byteSeconds = (bytes: number, ns: number): number => {
  const product = bytes * ns;
  // Beyond 2^53 a product of numbers is not exact.
  return product <= Number.MAX_SAFE_INTEGER
    ? Math.round(product / 1e9)
    : Number((BigInt(bytes) * BigInt(ns) + 500_000_000n) / 1_000_000_000n);
};

/** The month that a day lies in, as a number of months since 1970. @param day since 1970, UTC */
const monthOf = (day: number): number => {
  const at = new Date(day * DAY_MS);
  return (at.getUTCFullYear() - 1970) * 12 + at.getUTCMonth();
};

/** When a slot of a table begins, milliseconds since 1970. */
export const slotStart = (span: UsageSpan, slot: number): number => {
  switch (span) {
    case 'usage_slots':
      return slot * QUARTER_MS;
    case 'usage_days':
      return slot * DAY_MS;
    case 'usage_months':
      return Date.UTC(1970, slot);
  }
};

/** The slot of a table that a time lies in. */
export const slotAt = (span: UsageSpan, ms: number): number => {
  switch (span) {
    case 'usage_slots':
      return Math.floor(ms / QUARTER_MS);
    case 'usage_days':
      return Math.floor(ms / DAY_MS);
    case 'usage_months':
      return monthOf(Math.floor(ms / DAY_MS));
  }
};

/** What is told apart in each cut, by all that is told apart: hashing it takes longer than the rest. */
const kept = new Map<string, readonly UsageDimRow[]>();
/** The same dim is the same object, so that sums are found by it. */
const byText = new Map<string, UsageDimRow>();
const KEPT = 20_000;

type Told = Omit<UsageDimRow, 'id' | 'cut'>;

const cuts = Object.keys(usageCuts) as UsageCut[];

const dimOf = (cut: UsageCut, told: Told): UsageDimRow => {
  const values: Told = {
    ...{ account: '', principal: '', service_account: '', service: '', version: '', operation: '', outcome: '' },
    ...{ node: '', tags: '', cost_centre: '' },
  };
  for (const name of usageCuts[cut].columns) values[name] = told[name];
  const text = JSON.stringify([cut, ...Object.values(values)]);
  const known = byText.get(text);
  if (known !== undefined) return known;
  const dim = { id: createHash('sha256').update(text).digest('base64url').slice(0, 22), cut, ...values };
  byText.set(text, dim);
  return dim;
};

/** The dims of a call, one for each cut. */
const dimsOf = (node: string, call: UsedRows['calls'][number]): readonly UsageDimRow[] => {
  const { account, payer, principal, service, version, operation, outcome, tags } = call;
  const key = `${node}\n${account}\n${payer}\n${principal}\n${service}\n${version}\n${operation}\n${outcome}\n${tags}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const set = tagSet(tags);
  const told: Told = {
    ...{ account: payer ?? account, principal, service_account: account, service, version, operation, outcome, node },
    ...{ tags: set.join(','), cost_centre: costCentreIn(set) },
  };
  const made = cuts.map((cut) => dimOf(cut, told));
  if (kept.size >= KEPT) {
    kept.clear();
    byText.clear();
  }
  kept.set(key, made);
  return made;
};

const amountsOf = (usage: UsedRows['usage'][number]): Amounts => {
  const amounts = new Float64Array(usageAmounts.length);
  amounts[at.calls] = 1;
  amounts[at.cpu_ns] = usage.cpu_ns;
  amounts[at.wall_ns] = usage.wall_ns;
  amounts[at.byte_seconds] = byteSeconds(usage.peak_memory_bytes, usage.wall_ns);
  amounts[at.nanojoules] = Math.round(usage.joules * 1e9);
  amounts[at.picograms] = Math.round(usage.grams * 1e12);
  return amounts;
};

/**
 * What calls took and cost, added up by what they have in common: whole numbers, so that nothing depends on the order.
 *
 * @param node name of the log that they are in
 */
export const addUsage = (node: string, { calls, usage, charges, egress }: UsedRows): UsageAddition => {
  const byCall = new Map<string, Amounts>();
  for (const row of usage) byCall.set(row.call, amountsOf(row));
  for (const { call, kind, pico_usd, quantity } of charges) {
    const amounts = byCall.get(call);
    const price = paid.get(kind);
    if (amounts === undefined || price === undefined) continue;
    amounts[price]! += pico_usd;
    const what = quantity === null ? undefined : counted.get(kind);
    if (what !== undefined) amounts[what]! += quantity!;
  }
  for (const { call, sent_bytes, received_bytes } of egress) {
    const amounts = byCall.get(call);
    if (amounts !== undefined) amounts[at.egress_bytes]! += sent_bytes + received_bytes;
  }
  const sums = new Sums();
  const dims = new Set<UsageDimRow>();
  for (const call of calls) {
    const amounts = byCall.get(call.id);
    if (amounts === undefined) continue;
    const quarter = Math.floor(call.finished_at / QUARTER_MS);
    const day = Math.floor(quarter / QUARTERS_OF_DAY);
    for (const dim of dimsOf(node, call)) {
      dims.add(dim);
      sums.add('usage_slots', dim, quarter, amounts);
      sums.add('usage_months', dim, monthOf(day), amounts);
      if (dim.cut !== 'all') sums.add('usage_days', dim, day, amounts);
    }
  }
  const slots = sums.all().flatMap((slot): UsageAddition['slots'] => {
    const { account, service_account } = slot.dim;
    return account === service_account
      ? [{ ...slot, account }]
      : [
          { ...slot, account },
          { ...slot, account: service_account },
        ];
  });
  return { dims: [...dims], slots };
};

type Sum = Omit<UsageAddition['slots'][number], 'account'>;

class Sums {
  readonly #open: Record<UsageSpan, Map<UsageDimRow, Map<number, Sum>>> = {
    usage_slots: new Map(),
    usage_days: new Map(),
    usage_months: new Map(),
  };
  /** Those that would not be exact with more added to them. */
  readonly #full: Sum[] = [];

  add(span: UsageSpan, dim: UsageDimRow, slot: number, amounts: Amounts): void {
    const ofSpan = this.#open[span];
    const slots = ofSpan.get(dim) ?? new Map<number, Sum>();
    ofSpan.set(dim, slots);
    const known = slots.get(slot);
    if (known !== undefined && addTo(known.amounts, amounts)) return;
    if (known !== undefined) this.#full.push(known);
    slots.set(slot, { span, dim, slot, amounts: amounts.slice() });
  }

  all(): Sum[] {
    const all = [...this.#full];
    for (const ofSpan of Object.values(this.#open)) for (const slots of ofSpan.values()) all.push(...slots.values());
    return all;
  }
}

/** @returns whether the sums are still exact; nothing is added where they would not be */
const addTo = (to: Amounts, amounts: Readonly<Amounts>): boolean => {
  for (let n = 0; n < to.length; n++) if (Math.abs(to[n]! + amounts[n]!) > Number.MAX_SAFE_INTEGER) return false;
  for (let n = 0; n < to.length; n++) to[n]! += amounts[n]!;
  return true;
};

const dimColumns = [
  ...(['id', 'cut', 'account', 'principal', 'service_account', 'service', 'version', 'operation'] as const),
  ...(['outcome', 'node', 'tags', 'cost_centre'] as const),
];
const slotColumns = ['account', 'cut', 'slot', 'dim', ...usageAmounts] as const;

/** Rows of one table that an addition writes. */
export interface UsageWrite {
  table: 'usage_dims' | 'usage_dim_tags' | UsageSpan;
  columns: readonly string[];
  /** What follows the values. */
  conflict: string;
  rows: readonly (string | number)[][];
}

/** What an addition writes. @param isKnown whether a dim is there for certain: it is not written again */
export const usageWrites = ({ dims, slots }: UsageAddition, isKnown: (id: string) => boolean): UsageWrite[] => {
  const fresh = dims.filter(({ id }) => !isKnown(id));
  const tags = fresh.flatMap(({ id, cut, tags: set }): [string, string][] =>
    cut === 'all' || cut === 'tags' ? set.split(',').map((tag) => [id, tag]) : [],
  );
  const added = usageAmounts.map((name) => `${name} = %.${name} + excluded.${name}`).join(', ');
  const ofSpan = (span: UsageSpan): UsageWrite[] => {
    const layers: (string | number)[][][] = [[]];
    const seen = new Map<string, number>();
    for (const { account, dim, slot, amounts } of slots.filter((one) => one.span === span)) {
      // A statement of PostgreSQL may meet each row once.
      const key = `${account} ${slot} ${dim.id}`;
      const layer = seen.get(key) ?? 0;
      seen.set(key, layer + 1);
      if (layer === layers.length) layers.push([]);
      layers[layer]!.push([account, dim.cut, slot, dim.id, ...amounts]);
    }
    return layers.map((rows) => ({
      table: span,
      columns: slotColumns,
      conflict: `on conflict (account, cut, slot, dim) do update set ${added.replaceAll('%', span)}`,
      rows,
    }));
  };
  const keep = 'on conflict do nothing';
  return [
    {
      table: 'usage_dims',
      columns: dimColumns,
      conflict: keep,
      rows: fresh.map((dim) => dimColumns.map((name) => dim[name])),
    },
    { table: 'usage_dim_tags', columns: ['dim', 'tag'], conflict: keep, rows: tags },
    ...usageSpans.flatMap(ofSpan),
  ];
};
