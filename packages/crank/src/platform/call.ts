import { actorOf } from '#src/core/actor.ts';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import { type Classification, higher } from '#src/core/personal-data.ts';
import type { Progress } from '#src/core/progress.ts';
import type { QuotaLeft } from '#src/core/quota.ts';
import type { Limits, Operation, Principal } from '#src/core/service.ts';
import type { TraceContext } from '#src/core/trace-context.ts';
import { admit, letIn } from './admit.ts';
import { type Reservation, reserve } from './budgets/reserve.ts';
import { type CallAnswer, failureOf, keptAnswer, replay } from './call-answer.ts';
import { callContext } from './call-context.ts';
import { callFacts } from './call-facts.ts';
import { decodeOutput } from './call-output.ts';
import { callEntry, isCharged } from './call-record.ts';
import { CallState } from './call-state.ts';
import { beginTrace, recordTrace } from './call-trace.ts';
import type { DeployedVersion } from './catalog.ts';
import { wantedApproval } from './jobs/approval.ts';
import { takeJob } from './jobs/take-job.ts';
import { demandKeepable, keepingOf } from './keeping.ts';
import { demandNoCycle, type Within } from './nested-calls.ts';
import { noteEnd } from './note-end.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';
import { billFor, termsOf } from './prices/terms.ts';
import type { TierPlace } from './prices/tier-use.ts';
import { cleanRules } from './privacy/clean-rules.ts';
import { demandTrust } from './quarantine.ts';
import type { RecordEntry } from './record-entry.ts';
import { SubjectKey } from './subject-key.ts';

/** A request to run an operation, in no door's terms. */
export interface CallRequest {
  authorization: string | undefined;
  /** Stands for credentials: a principal that the platform knows already, and the id that its call is to have. */
  as?: {
    id: string;
    principal: Principal /** When the call came, milliseconds since 1970; now where absent. */;
    received?: number;
  };
  /** The call that asked for it, where one did. */
  within?: Within;
  /** The trace that it belongs to, where the caller has one. */
  trace?: TraceContext | undefined;
  /** The account of the service; the caller's own where absent. */
  account?: string | undefined;
  service: string;
  version?: string | undefined;
  operation: string;
  idempotencyKey?: string | undefined;
  /** Milliseconds that the caller is ready to wait. */
  deadlineMs?: number | undefined;
  tags?: string | undefined;
  /** The quote that bounds what it costs (`Crank-Quote`). */
  quote?: string | undefined;
  /** Calls of one session go to one version where the service's canary is drawn by it (`Crank-Session`). */
  session?: string | undefined;
  /** How confidential the caller says that the input is (`Crank-Classification`). */
  classification?: Classification | undefined;
  /** Whose data the input is (`Crank-Subject`), or a key at hand; the principal's own where absent. */
  subject?: string | SubjectKey | undefined;
  /** The call whose replay this is, and the limits that it had. */
  replays?: { id: string; limits: Limits };
  /** Take it as a job: the answer is `job`, and it runs by itself. */
  later?: boolean;
  /** The job that this call is. */
  job?: JobRun;
  /** Aborted where the caller went away. */
  signal: AbortSignal;
  /** Reads the body, once the caller is known to be permitted. @throws CrankError 400, 413, 415 */
  read: (operation: Operation, limits: Limits) => Promise<CallBody>;
  /** Begins a streamed answer; called once, after the opening receipt is durable. */
  open: (call: { id: string; version: string; quotas: readonly QuotaLeft[]; trace?: TraceContext }) => StreamSink;
  /** Hears how far the script says that it is, about ten times a second at most. Must not throw. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** The bytes that stand for progress within a streamed answer; absent where they have no place there. */
  encodeProgress?: ((progress: Progress) => Uint8Array) | undefined;
}

/** A job's part in its call. */
export interface JobRun {
  /** The receipt of its opening. */
  opening: string;
  /** Id of the principal that approved it, where one had to. */
  approvedBy: string | undefined;
  /** All is decided, and the call is about to be executed. @throws CrankError `cancelled` */
  begin(state: CallState): Promise<void>;
  /** The call has ended. @returns what is to be written with its receipt @throws where it has not ended after all, and there is to be no receipt */
  end(state: CallState): Promise<NonNullable<RecordEntry['queries']>>;
}

export interface CallBody {
  /** JSON text of the arguments. */
  input: Uint8Array;
  /** `input` parsed. */
  value: unknown;
  /** Files on this machine, ours to read until the call ends. */
  files: { parameter: string; name: string; path: string; sha256: string }[];
  /** Digest of everything sent, hexadecimal. */
  fingerprint: () => string;
}

export interface StreamSink {
  /** The bytes that stand for an item on the wire. */
  encode(json: Uint8Array): Uint8Array;
  /** Resolves once the caller takes more. */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * The life of a call. Resolves with an answer for every call that left a receipt, failed ones among them.
 *
 * @throws CrankError for what was refused before the call existed: bad credentials, an unknown service, overload
 */
export const call = async (platform: Platform, request: CallRequest): Promise<CallAnswer> => {
  // 1. authenticate; resolve within what the principal may see
  const { as, within } = request;
  const began = performance.now();
  const received = as?.received ?? Date.now();
  const { principal, quotas } =
    as === undefined ? await admit(platform, request.authorization) : letIn(platform, { as, within });
  const id = request.as?.id ?? newId('call');
  const { account = principal.account, service, version, operation: named, session } = request;
  // Of another account, what policy does not open is not even looked up: nothing tells it from what is not there.
  if (account !== principal.account)
    await permit(platform, principal, 'service.call', { type: 'service', account, service });
  const target = await platform.catalog.choose(
    { account, service, version, operation: named },
    { call: id, principal: actorOf(principal), session },
  );
  platform.flights.enter(target.digest);
  try {
    return await run(platform, request, { id, received, began, principal, quotas, target });
  } finally {
    platform.flights.leave(target.digest);
  }
};

const run = async (
  platform: Platform,
  request: CallRequest,
  {
    id,
    received,
    began,
    principal,
    quotas,
    target,
  }: {
    id: string;
    received: number;
    began: number;
    principal: Principal;
    quotas: readonly QuotaLeft[];
    target: DeployedVersion;
  },
): Promise<CallAnswer> => {
  const callable = target.operation(request.operation);
  const subject =
    request.subject instanceof SubjectKey
      ? request.subject
      : await platform.subjects.of(
          target.account,
          request.subject ?? actorOf(principal),
          request.subject !== undefined,
        );
  const { operation } = callable;
  const { within } = request;
  const predecessor = request.job?.opening ?? request.replays?.id;
  const trace = beginTrace(platform.tracer, request.trace);
  const state = new CallState({
    ...{ id, received, began, principal, quotas, target, operation, subject, predecessor, within, trace },
  });
  let release: (() => void) | undefined;
  let isCommitted = false;
  let reservation: Reservation | undefined;
  let failed: unknown;
  let places: readonly TierPlace[] = [];
  const leave = platform.load.enter(principal.account);
  try {
    try {
      // 2. authorise on what is known without the body
      const authorised = await state.step('authorise', () => state.judge((input) => platform.policy.authorise(input)));

      state.count(platform.rate, authorised);
      demandTrust(target);
      if (within !== undefined) demandNoCycle(state.name, within);

      // 3. read and validate the input
      const body = await state.step('read', () => request.read(callable.operation, state.limits));
      state.took(body);
      if (request.idempotencyKey !== undefined) {
        const slot = platform.idempotency.slot(
          actorOf(principal),
          state.name,
          request.idempotencyKey,
          body.fingerprint(),
        );
        const claim = await platform.idempotency.claim(slot, subject);
        if ('kept' in claim) return { ...(await replay(platform, claim.kept, subject)), quotas: state.quotas };
        release = claim.release;
        state.slot = slot;
      }
      const errors = callable.validateInput(body.value);
      if (errors.length > 0) {
        throw new CrankError(
          'invalid-input',
          `The input does not match the schema of ${state.name}: ${errors[0]!.pointer || '/'} ${errors[0]!.message}`,
          { errors },
        );
      }

      // 4. label the input, and decide on it
      state.classification = higher(request.classification, operation.classification);
      const classify = authorised.flatMap((decision) => decision.classify ?? []);
      if (classify.length > 0)
        state.classification = await platform.privacy.classify(state.classification, classify, body);
      const decisions = await state.step('decide', () =>
        state.judge((input) => platform.policy.decideInput({ ...input, ...callFacts(platform, state) }), body.value),
      );
      state.redactor = await platform.privacy.redactor(cleanRules(decisions));
      for (const decision of decisions) state.reach(decision, platform.egress.ceiling);
      if (state.wanted !== undefined) await state.unlock(platform);
      if (state.wantedWorkspaces !== undefined) await state.lend(platform, decisions);
      state.keeps = await keepingOf(decisions.find(({ retain }) => retain !== undefined)?.retain, body);
      if (request.replays !== undefined) state.lower(request.replays.limits);

      // 5. reserve; 6. place: here
      state.until(request.deadlineMs);
      state.terms = await termsOf(platform, state, body, request.quote);
      const approval = wantedApproval(state, decisions, request);
      if (request.later || approval !== undefined) return await takeJob(platform, state, body, request, approval);
      if (platform.budgets.areThere || decisions.some(({ caps }) => caps !== undefined))
        reservation = await state.step('reserve', () => reserve(platform, state, request, decisions));
      await request.job?.begin(state);

      // 7. execute
      if (state.wantedWorkspaces !== undefined)
        await state.step('workspaces', () => state.hold(platform, request.signal));
      const result = await state.step('execute', () => state.execute(platform, request, body, callContext(state)));

      // 8. validate the output, decide on it, redact
      state.answer = await state.step('check', () => decodeOutput(platform, state, callable, result));
      if (state.keeps !== undefined) await demandKeepable(state);
      if (request.replays === undefined) await state.keepChanges();
    } catch (error) {
      state.dispose();
      state.answer = failureOf(
        state.redactor === undefined ? error : await state.redactor.error(error),
        state,
        platform.log,
      );
    }

    // 9. price; 10. commit
    const metered = await state.step('price', () => platform.meter(state.usage.cpuNs, state.usage.wallNs));
    const priced = state.terms === undefined ? undefined : await billFor(platform, state, metered, isCharged(state));
    places = priced?.places ?? [];
    const charged = priced?.bill ?? metered;
    const bill = reservation?.cap(charged) ?? charged;
    const kept = state.slot === undefined ? undefined : keptAnswer(state);
    const entry = await callEntry(
      state,
      platform,
      bill,
      request.tags,
      kept && platform.idempotency.row(state.slot!, kept, subject),
    );
    const more = [
      ...places.flatMap(({ queries }) => queries),
      ...(reservation?.book(entry) ?? []),
      ...((await request.job?.end(state)) ?? []),
    ];
    if (more.length > 0) entry.queries = [...(entry.queries ?? []), ...more];
    await state.step('commit', () => platform.recorder.commit(entry));
    isCommitted = true;
    state.statement = entry.statement;
    platform.energy.told(bill.energy, state.usage.cpuNs, state.usage.wallNs);
    await reservation?.committed();
    if (subject.pending !== undefined) await platform.subjects.stored(subject);
    noteEnd(platform, state, request, { bill, outcome: entry.rows!.call.outcome });

    // 11. answer: the checkpoint that covers the receipt is stored
    return state.finish();
  } catch (error) {
    failed = error;
    state.dispose();
    await reservation?.release();
    throw error;
  } finally {
    recordTrace(platform.tracer, state, request, failed);
    for (const place of places)
      place
        .end(isCommitted)
        .catch((err: unknown) => platform.log.error({ err }, 'a place in the tiers of a price is lost'));
    state.workspaces
      ?.end(isCommitted)
      .catch((err: unknown) => platform.log.error({ err }, 'a workspace could not be given back'));
    leave();
    release?.();
  }
};
