import { actorOf } from '#src/core/actor.ts';
import type { JsonObject } from '#src/core/canonical-json.ts';
import { CrankError } from '#src/core/error.ts';
import { firstIdAt } from '#src/core/id.ts';
import { formatUsd } from '#src/core/money.ts';
import type { Principal } from '#src/core/service.ts';
import type { CallPredicate } from '#src/engines/audit/statement.ts';
import type { ChargeKind } from '#src/engines/metering/price.ts';
import { quantityOf } from '#src/engines/metering/price-book.ts';
import type { CallRow } from '#src/store/schema.ts';
import { identify } from './admit.ts';
import { ownsService } from './call-record.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { payloadOf } from './receipt-payload.ts';
import { openText } from './subject-key.ts';

const PAGE = 100;

export interface CallInfo {
  id: string;
  account: string;
  principal: string;
  service: string;
  version: string;
  operation: string;
  received: string;
  finished: string;
  outcome: string;
  tags: string | null;
}

export interface CallDetails extends CallInfo {
  problem: JsonObject | null;
  stdout: string;
  stderr: string;
  truncatedBytes: number;
  usage: { cpuNs: number; cpuSource: string; wallNs: number; peakMemoryBytes: number; egressBytes: number };
  /** What its connections carried; empty where it had none. */
  egress: { destination: string; connections: number; sentBytes: number; receivedBytes: number }[];
  /** `source` is null for calls from before it was noted. */
  energy: { joules: number; grade: string; uncertainty: string; source: string | null };
  carbon: { grams: number; gridGramsPerKwh: number; source: string };
  charge: {
    currency: 'USD';
    total: string;
    lines: { kind: string; amount: string; quantity?: string; unit?: string }[];
  };
  /** Call that asked for it; and those that it asked for, in that order. */
  parent: string | null;
  calls: { call: string; outcome: string }[];
  receipt: string;
}

/** The newest calls first: those of the account, or of the principal alone where it may see no others. `cursor` is the last id of the page before. */
export const listCalls = async (
  platform: Platform,
  authorization: string | undefined,
  options: { cursor?: string; service?: string; since?: string } = {},
): Promise<{ calls: CallInfo[]; cursor: string | null }> => {
  const principal = await identify(platform, authorization);
  const everyones = await seesAll(platform, principal);
  let query = platform.store.db.selectFrom('calls').selectAll().where('account', '=', principal.account);
  if (!everyones) query = query.where('principal', '=', actorOf(principal));
  if (options.cursor !== undefined) query = query.where('id', '<', options.cursor);
  if (options.since !== undefined) query = query.where('id', '>=', firstIdAt('call', timeOf(options.since)));
  if (options.service !== undefined) query = query.where('service', '=', options.service);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(PAGE + 1)
    .execute();
  const calls = rows.slice(0, PAGE).map(infoOf);
  return { calls, cursor: rows.length > PAGE ? calls.at(-1)!.id : null };
};

/** One call with what it printed, took and cost. @throws CrankError `not-found`, also where it is not for this principal to see */
export const getCall = async (
  platform: Platform,
  authorization: string | undefined,
  id: string,
): Promise<CallDetails> => {
  const principal = await identify(platform, authorization);
  const { db } = platform.store;
  const row = await db.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || !(await maySee(platform, principal, row, 'call.read'))) throw noCall(id);
  const usage = await db.selectFrom('usage').selectAll().where('call', '=', id).executeTakeFirstOrThrow();
  const lines = await db.selectFrom('charges').selectAll().where('call', '=', id).execute();
  const receipt = await receiptOf(platform, id, row);
  const { parent = null, calls = [] } = receipt.predicate;
  const key = await platform.subjects.keyOf(receipt);
  const shown = (text: string, name: string): string => openText(text, key, `${id} ${name}`);
  const problemText = row.problem === null ? '' : shown(row.problem, 'problem');
  const flows = await db.selectFrom('egress').selectAll().where('call', '=', id).orderBy('destination').execute();
  const inside = ownsService(principal, row.account);
  const { exception, ...problem } = (problemText === '' ? {} : JSON.parse(problemText)) as Record<string, never>;
  return {
    ...infoOf(row),
    problem:
      problemText === ''
        ? null
        : inside || exception === undefined
          ? JSON.parse(problemText)
          : { ...problem, exception: withoutTraceback(exception) },
    stdout: inside ? shown(row.stdout, 'stdout') : '',
    stderr: inside ? shown(row.stderr, 'stderr') : '',
    truncatedBytes: row.truncated_bytes,
    usage: {
      cpuNs: usage.cpu_ns,
      cpuSource: usage.cpu_source,
      wallNs: usage.wall_ns,
      peakMemoryBytes: usage.peak_memory_bytes,
      egressBytes: flows.reduce((sum, flow) => sum + flow.sent_bytes + flow.received_bytes, 0),
    },
    egress: flows.map((flow) => ({
      destination: flow.destination,
      connections: flow.connections,
      sentBytes: flow.sent_bytes,
      receivedBytes: flow.received_bytes,
    })),
    energy: {
      joules: usage.joules,
      grade: usage.energy_grade,
      uncertainty: usage.energy_uncertainty,
      source: usage.energy_source,
    },
    carbon: { grams: usage.grams, gridGramsPerKwh: usage.grid_grams_per_kwh, source: usage.grid_source },
    charge: {
      currency: 'USD',
      total: formatUsd(lines.reduce((sum, line) => sum + line.pico_usd, 0)),
      lines: lines.map(({ kind, pico_usd, quantity }) => ({
        ...{ kind, amount: formatUsd(pico_usd) },
        ...(quantity !== null && quantityOf(kind as ChargeKind, BigInt(quantity))),
      })),
    },
    parent,
    calls: calls.map(({ call, outcome }) => ({ call, outcome })),
    receipt: `/v1/receipts/${id}`,
  };
};

/** What says whose key the texts of a call are under, and what was stated about it. */
const receiptOf = async (platform: Platform, id: string, { account, principal }: CallRow) => {
  const { db } = platform.store;
  const row = await db.selectFrom('receipts').select(['subject', 'envelope']).where('id', '=', id).executeTakeFirst();
  const predicate = row === undefined ? {} : (payloadOf(row.envelope).predicate as Partial<CallPredicate>);
  return { account, principal, subject: row?.subject ?? null, predicate };
};

/** A caller sees its own calls; whom policy lets read all of the account's sees all. */
export const maySee = async (
  platform: Platform,
  principal: Principal,
  row: { account: string; principal: string },
  action: 'call.read' | 'receipt.read',
): Promise<boolean> => {
  const decision = await platform.policy.authorise({
    action,
    principal,
    resource: { type: action === 'call.read' ? 'call' : 'receipt', account: row.account, principal: row.principal },
  });
  return decision.allow;
};

const timeOf = (text: string): number => {
  const ms = Date.parse(text);
  if (ms >= 0 && ms < 2 ** 48) return ms;
  throw new CrankError('malformed-request', `"${text.slice(0, 80)}" is no time: write it like 2026-11-30T09:00:00Z.`);
};

const seesAll = async (platform: Platform, principal: Principal): Promise<boolean> => {
  await permit(platform, principal, 'call.read', {
    type: 'call',
    account: principal.account,
    principal: actorOf(principal),
  });
  return maySee(platform, principal, { account: principal.account, principal: '' }, 'call.read');
};

const withoutTraceback = ({ type, message }: { type: string; message: string }) => ({ type, message });

const noCall = (id: string): CrankError =>
  new CrankError('not-found', `There is no call ${id.slice(0, 80)} that this key may see.`);

const infoOf = (row: CallRow): CallInfo => ({
  id: row.id,
  account: row.account,
  principal: row.principal,
  service: row.service,
  version: row.version,
  operation: row.operation,
  received: new Date(row.received_at).toISOString(),
  finished: new Date(row.finished_at).toISOString(),
  outcome: row.outcome,
  tags: row.tags,
});
