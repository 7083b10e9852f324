import { formatUsd } from '#src/core/money.ts';
import { type Committed, commitTo } from '#src/engines/audit/commitment.ts';
import type { CallPredicate } from '#src/engines/audit/statement.ts';
import type { Bill } from '#src/engines/metering/meter.ts';
import type { IdempotencyRow } from '#src/store/schema.ts';
import type { CallState } from './call-state.ts';
import { commitToFile } from './commitment.ts';
import type { Platform } from './platform.ts';
import type { RecordEntry } from './record-entry.ts';

const EMPTY = new Uint8Array();

/** Whether a principal may see tracebacks and printed output of a service: those who may change it. */
export const ownsService = (principal: { account: string; role: string }, account: string): boolean =>
  principal.account === account && (principal.role === 'owner' || principal.role === 'developer');

/** The receipt and rows of a call that has ended, however it ended. */
export const callEntry = async (
  state: CallState,
  platform: Platform,
  bill: Bill,
  tags: string | undefined,
  idempotency: IdempotencyRow | undefined,
): Promise<RecordEntry> => {
  const finished = Date.now();
  const error = state.answer.type === 'error' || state.answer.type === 'stream' ? state.answer.error : undefined;
  const outcome = error?.code ?? 'ok';
  const { problem } = state.answer as { problem?: Uint8Array };
  const subject = await subjectOf(state);
  const charged = state.executed && outcome !== 'internal';
  const lines = charged ? bill.lines : [];
  const { id, principal, target, usage, result } = state;
  return {
    id,
    kind: 'call',
    account: target.account,
    principal: principal.id,
    predicate: predicateOf(state, platform, {
      stage: 'complete',
      finished,
      outcome,
      bill,
      lines,
      ...(state.stream?.opening && { predecessor: state.stream.opening }),
    }),
    subject: subject.commitment,
    openings: { subject: subject.salt, ...(state.input && { input: state.input.salt }) },
    rows: {
      call: {
        id,
        account: target.account,
        principal: principal.id,
        service: target.service,
        version: target.digest,
        operation: state.operation.name,
        received_at: state.received,
        finished_at: finished,
        outcome,
        problem: problem === undefined ? null : Buffer.from(problem).toString(),
        stdout: printable(result?.stdout),
        stderr: printable(result?.stderr),
        truncated_bytes: result?.truncatedBytes ?? 0,
        tags: tags ?? null,
      },
      usage: {
        call: id,
        cpu_ns: usage.cpuNs,
        cpu_source: usage.cpuSource,
        wall_ns: usage.wallNs,
        peak_memory_bytes: usage.peakMemoryBytes,
        joules: bill.energy.joules,
        energy_grade: bill.energy.grade,
        energy_uncertainty: bill.energy.uncertainty,
        grams: bill.carbon.grams,
        grid_grams_per_kwh: bill.carbon.gridGramsPerKwh,
        grid_source: bill.carbon.source,
      },
      charges: lines.map((line) => ({ call: id, kind: line.kind, pico_usd: line.picoUsd })),
      ...(idempotency && { idempotency }),
    },
  };
};

/** The receipt that precedes a stream's first byte: it says that the call was let in, with what input and under which decisions. */
export const openingEntry = (state: CallState, platform: Platform, id: string): RecordEntry => {
  const subject = commitTo(EMPTY);
  return {
    id,
    kind: 'opening',
    account: state.target.account,
    principal: state.principal.id,
    predicate: predicateOf(state, platform, {
      stage: 'opening',
      finished: Date.now(),
      outcome: 'ok',
      bill: platform.meter(0),
      lines: [],
    }),
    subject: subject.commitment,
    openings: { subject: subject.salt, ...(state.input && { input: state.input.salt }) },
  };
};

/** PostgreSQL's text holds everything but NUL. */
const printable = (text = ''): string => text.replaceAll('\0', '\uFFFD');

/** Commits to the bytes answered. Where the body was never read there is no input, and the commitment is to no bytes. */
const subjectOf = (state: CallState): Committed | Promise<Committed> => {
  switch (state.answer.type) {
    case 'json':
      return commitTo(state.answer.json);
    case 'file':
      return commitToFile(state.answer.path);
    case 'stream':
      return state.stream!.sent.finish();
    case 'error':
      return commitTo(state.answer.problem);
  }
};

const predicateOf = (
  state: CallState,
  platform: Platform,
  end: Pick<CallPredicate, 'stage' | 'outcome' | 'predecessor'> & {
    finished: number;
    bill: Bill;
    lines: Bill['lines'];
  },
): CallPredicate => {
  const { principal, target, usage } = state;
  state.input ??= commitTo(EMPTY);
  return {
    call: state.id,
    stage: end.stage,
    received: new Date(state.received).toISOString(),
    finished: new Date(end.finished).toISOString(),
    node: platform.node,
    account: target.account,
    principal: { id: principal.id, kind: principal.kind, role: principal.role, account: principal.account },
    service: target.service,
    version: target.digest,
    operation: state.operation.name,
    input: state.input.commitment,
    decisions: state.decisions.map(({ id, point, allow, bundles, obligations, reasons }) => ({
      id,
      point,
      allow,
      bundles,
      obligations,
      reasons,
    })),
    isolation: target.manifest.isolation,
    limits: { ...state.limits },
    outcome: end.outcome,
    usage: {
      cpuNs: usage.cpuNs,
      cpuSource: usage.cpuSource,
      wallNs: usage.wallNs,
      peakMemoryBytes: usage.peakMemoryBytes,
    },
    energy: end.bill.energy,
    carbon: end.bill.carbon,
    charge: {
      currency: 'USD',
      lines: end.lines.map((line) => ({ kind: line.kind, amount: formatUsd(line.picoUsd) })),
      total: formatUsd(end.lines.reduce((sum, line) => sum + line.picoUsd, 0)),
    },
    ...(end.predecessor && { predecessor: end.predecessor }),
  };
};
