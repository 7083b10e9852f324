import { actorOf } from '#src/core/actor.ts';
import { formatUsd } from '#src/core/money.ts';
import { type Committed, commitTo } from '#src/engines/audit/commitment.ts';
import { receiptStatement } from '#src/engines/audit/receipt-statement.ts';
import type { CallPredicate } from '#src/engines/audit/statement.ts';
import type { Traffic } from '#src/engines/egress/lease.ts';
import { type Bill, totalOf } from '#src/engines/metering/meter.ts';
import { quantityOf } from '#src/engines/metering/price-book.ts';
import type { IdempotencyRow } from '#src/store/schema.ts';
import type { CallState } from './call-state.ts';
import { commitToFile } from './commitment.ts';
import { keptRows } from './keeping.ts';
import type { Platform } from './platform.ts';
import { principalClaim } from './principal-claim.ts';
import type { RecordEntry } from './record-entry.ts';

const EMPTY = new Uint8Array();

/** Whether a principal may see tracebacks and printed output of a service: those who may change it. */
export const ownsService = (principal: { account: string; role: string }, account: string): boolean =>
  principal.account === account && (principal.role === 'owner' || principal.role === 'developer');

/** What its answer says about how a call ended. */
const outcomeOf = ({ answer }: CallState): string =>
  ((answer.type === 'error' || answer.type === 'stream') && answer.error?.code) || 'ok';

/** Whether a call costs anything: what never reached the sandbox, or failed by our fault, does not. */
export const isCharged = (state: CallState): boolean => state.executed && outcomeOf(state) !== 'internal';

/** The receipt and rows of a call that has ended, however it ended. */
export const callEntry = async (
  state: CallState,
  platform: Platform,
  bill: Bill,
  tags: string | undefined,
  idempotency: IdempotencyRow | undefined,
): Promise<RecordEntry> => {
  const finished = Date.now();
  const outcome = outcomeOf(state);
  const { problem } = state.answer as { problem?: Uint8Array };
  const subject = await subjectOf(state);
  const lines = isCharged(state) ? bill.lines : [];
  const { id, principal, target, usage, result } = state;
  return {
    id,
    kind: 'call',
    account: target.account,
    principal: actorOf(principal),
    statement: statementOf(state, platform, {
      id,
      stage: 'complete',
      finished,
      outcome,
      bill,
      lines,
      subject,
      predecessor: state.stream?.opening ?? state.predecessor,
    }),
    ...(state.subject.named && { subject: state.subject.id }),
    ...queriesOf(state),
    rows: {
      call: {
        id,
        account: target.account,
        principal: actorOf(principal),
        service: target.service,
        version: target.digest,
        operation: state.operation.name,
        received_at: state.received,
        finished_at: finished,
        outcome,
        problem:
          problem === undefined ? null : state.subject.sealText(Buffer.from(problem).toString(), `${id} problem`),
        stdout: state.subject.sealText(result?.stdout, `${id} stdout`),
        stderr: state.subject.sealText(result?.stderr, `${id} stderr`),
        truncated_bytes: result?.truncatedBytes ?? 0,
        tags: tags ?? null,
        payer: principal.account === target.account ? null : principal.account,
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
        energy_source: bill.energy.source,
        grams: bill.carbon.grams,
        grid_grams_per_kwh: bill.carbon.gridGramsPerKwh,
        grid_source: bill.carbon.source,
      },
      charges: lines.map(({ kind, picoUsd, quantity }) => ({
        ...{ call: id, kind, pico_usd: picoUsd },
        quantity: quantity === undefined ? null : Number(quantity),
      })),
      egress: (state.traffic?.flows ?? []).map(({ destination, connections, sentBytes, receivedBytes }) => ({
        call: id,
        destination,
        connections,
        sent_bytes: sentBytes,
        received_bytes: receivedBytes,
      })),
      ...(state.keeps && { kept: await keptRows(state, state.keeps) }),
      ...(idempotency && { idempotency }),
    },
  };
};

const queriesOf = ({ subject, workspaces }: CallState): Pick<RecordEntry, 'queries'> => {
  const queries = [...(subject.pending ? [subject.pending] : []), ...(workspaces?.queries ?? [])];
  return queries.length === 0 ? {} : { queries: queries.map(({ sql, parameters }) => ({ sql, parameters })) };
};

/** The receipt that precedes a stream's first byte: it says that the call was let in, with what input and under which decisions. */
export const openingEntry = (state: CallState, platform: Platform, id: string): RecordEntry => {
  const subject = commitTo(EMPTY, state.subject.salts(id).subject);
  return {
    id,
    kind: 'opening',
    account: state.target.account,
    principal: actorOf(state.principal),
    statement: statementOf(state, platform, {
      id,
      stage: 'opening',
      finished: Date.now(),
      outcome: 'ok',
      bill: platform.meter(0),
      lines: [],
      subject,
      predecessor: state.predecessor,
    }),
    ...(state.subject.named && { subject: state.subject.id }),
    ...(state.subject.pending && { queries: [state.subject.pending] }),
  };
};

/** Commits to the bytes answered. */
const subjectOf = (state: CallState): Committed | Promise<Committed> => {
  switch (state.answer.type) {
    case 'json':
      return commitTo(state.answer.json, state.salts.subject);
    case 'file':
      return commitToFile(state.answer.path, state.salts.subject);
    case 'stream':
      return state.stream!.sent.finish();
    case 'error':
      return commitTo(state.answer.problem, state.salts.subject);
  }
};

/** Where the body was never read there is no input, and the commitment is to no bytes. */
const inputOf = (state: CallState): Committed => {
  state.input ??= commitTo(EMPTY, state.salts.input);
  return state.input;
};

/** The end of a call, or of its opening, as the statement tells it. */
interface Ending {
  /** Id of the receipt. */
  id: string;
  stage: CallPredicate['stage'];
  finished: number;
  outcome: string;
  bill: Bill;
  lines: Bill['lines'];
  subject: Committed;
  predecessor: string | undefined;
}

const bytesOf = ({ flows }: Traffic): number =>
  flows.reduce((sum, { sentBytes, receivedBytes }) => sum + sentBytes + receivedBytes, 0);

/** What is signed. Members stand in canonical order, here and in the objects within. */
const statementOf = (state: CallState, platform: Platform, end: Ending): string => {
  const { principal, target, usage, limits, traffic } = state;
  const { energy, carbon } = end.bill;
  const input = inputOf(state);
  const predicate: CallPredicate = {
    account: target.account,
    call: state.id,
    ...(state.nested.length > 0 && {
      calls: state.nested.map(({ call, outcome, statement }) => ({ call, outcome, statement })),
    }),
    carbon: { grams: carbon.grams, gridGramsPerKwh: carbon.gridGramsPerKwh, source: carbon.source },
    charge: {
      currency: 'USD',
      lines: end.lines.map(({ kind, picoUsd, quantity }) => ({
        amount: formatUsd(picoUsd),
        kind,
        ...(quantity !== undefined && quantityOf(kind, quantity)),
      })),
      ...(state.terms?.price && { price: state.terms.price.id }),
      ...(state.terms?.quote && { quote: state.terms.quote.id }),
      total: formatUsd(totalOf(end.lines)),
    },
    ...(state.classification && { classification: state.classification }),
    decisions: state.decisions.map(({ id, point, allow, bundles, obligations, reasons }) => ({
      allow,
      bundles,
      id,
      obligations,
      point,
      reasons,
    })),
    ...(traffic && {
      egress: {
        destinations: traffic.flows.map(({ connections, destination, receivedBytes, sentBytes }) => ({
          connections,
          destination,
          receivedBytes,
          sentBytes,
        })),
        refused: traffic.refused,
      },
    }),
    energy: {
      grade: energy.grade,
      joules: energy.joules,
      source: energy.source,
      uncertainty: energy.uncertainty,
    },
    finished: new Date(end.finished).toISOString(),
    input: input.commitment,
    isolation: platform.sandbox.level(target.manifest.isolation),
    limits: {
      cpuMs: limits.cpuMs,
      fileBytes: limits.fileBytes,
      memoryBytes: limits.memoryBytes,
      outputBytes: limits.outputBytes,
      subprocesses: limits.subprocesses,
      threads: limits.threads,
      tmpBytes: limits.tmpBytes,
      wallMs: limits.wallMs,
    },
    node: platform.node,
    operation: state.operation.name,
    outcome: end.outcome,
    ...(state.within && { parent: state.within.parent }),
    ...(end.predecessor !== undefined && { predecessor: end.predecessor }),
    principal: principalClaim(principal),
    received: new Date(state.received).toISOString(),
    ...(state.redactor && end.stage === 'complete' && { redacted: state.redactor.counts }),
    salts: { input: input.saltDigest, subject: end.subject.saltDigest },
    ...(state.secrets && { secrets: state.secrets.used.map(({ name, version }) => ({ name, version })) }),
    service: target.service,
    stage: end.stage,
    ...(state.trace && { trace: state.trace.own.traceId }),
    usage: {
      cpuNs: usage.cpuNs,
      cpuSource: usage.cpuSource,
      ...(traffic && { egressBytes: bytesOf(traffic) }),
      peakMemoryBytes: usage.peakMemoryBytes,
      wallNs: usage.wallNs,
    },
    version: target.digest,
    ...(state.workspaces && { workspaces: state.workspaces.record }),
  };
  return receiptStatement({ id: end.id, predicate, subject: end.subject.commitment });
};
