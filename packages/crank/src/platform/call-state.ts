import type { Destination } from '#src/core/destination.ts';
import { CrankError } from '#src/core/error.ts';
import type { Classification } from '#src/core/personal-data.ts';
import type { QuotaLeft } from '#src/core/quota.ts';
import { callAction } from '#src/core/run-name.ts';
import type { Limits, Operation, Principal } from '#src/core/service.ts';
import type { WantedWorkspaces } from '#src/core/workspace.ts';
import { type Committed, commitTo } from '#src/engines/audit/commitment.ts';
import type { Lease, Traffic } from '#src/engines/egress/lease.ts';
import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';
import type { SandboxResult, SandboxTemplate, SandboxUsage } from '#src/engines/sandbox/sandbox.ts';
import type { CallBody, CallRequest } from './call.ts';
import type { Answer, CallAnswer } from './call-answer.ts';
import { tellProgress } from './call-progress.ts';
import { type OpenStream, openStream } from './call-stream.ts';
import type { CallTrace } from './call-trace.ts';
import { CallWorkspaces } from './call-workspaces.ts';
import type { DeployedVersion } from './catalog.ts';
import { grantEgress } from './egress.ts';
import type { IdempotencySlot } from './idempotency.ts';
import type { Keeping } from './keeping.ts';
import { maskError, maskResult } from './mask-result.ts';
import { type NestedCalls, type NestedReceipt, nestedCalls, type Within } from './nested-calls.ts';
import type { Platform } from './platform.ts';
import type { Terms } from './prices/terms.ts';
import type { CallRedactor } from './privacy/call-redactor.ts';
import type { Rates } from './rates.ts';
import { removeFiles } from './scratch.ts';
import { noteUser, wantedSecrets } from './secret-users.ts';
import type { GrantedSecrets, WantedSecrets } from './secrets.ts';
import type { SubjectKey } from './subject-key.ts';
import { templateOf } from './template.ts';
import { askedWorkspaces, grantWorkspaces, wantedWorkspaces } from './workspace-grant.ts';

const NOTHING = new Uint8Array();

/** What is known of a call while it lives. */
export class CallState {
  readonly id: string;
  readonly received: number;
  readonly principal: Principal;
  /** What is left of the quotas that it counted against. */
  quotas: readonly QuotaLeft[];
  readonly target: DeployedVersion;
  readonly operation: Operation;
  /** Whose data this is: salts and what is kept are under this key. */
  readonly subject: SubjectKey;
  readonly salts: { subject: Buffer; input: Buffer };
  /** How confidential its arguments are; undefined where nobody said. */
  classification: Classification | undefined;
  /** What takes personal data out of all that it gives out, where policy wants that. */
  redactor: CallRedactor | undefined;
  /** What policy wants kept of it. */
  keeps: Keeping | undefined;
  /** The receipt that this one follows: of its opening, or of the call whose replay this is. */
  predecessor: string | undefined;
  /** The call that asked for it, where one did; and those that it asked for. */
  readonly within: Within | undefined;
  nested: readonly NestedReceipt[] = [];
  /** The version's limits, lowered by what policy decided. */
  limits: Limits;
  readonly decisions: Decision[] = [];
  /** What it may reach, and what went there; undefined where its service asks for no network. */
  destinations: readonly Destination[] | undefined;
  traffic: Traffic | undefined;
  /** Secrets that it asks for, and what it was given; undefined where it asks for none. */
  readonly wanted: WantedSecrets | undefined;
  secrets: GrantedSecrets | undefined;
  /** Workspaces that it asks for, and what it was given; undefined where it asks for none. */
  readonly wantedWorkspaces: WantedWorkspaces | undefined;
  workspaces: CallWorkspaces | undefined;
  /** Its place in a trace; undefined where nobody traces. */
  readonly trace: CallTrace | undefined;
  /** When it began: by performance.now(), and by Date.now(). */
  readonly began: number;
  readonly epoch: number;
  /** Steps: name, milliseconds, and when it began as of performance.now(). */
  readonly timing: (readonly [step: string, ms: number, start?: number])[] = [];
  /** As of Date.now(), where the caller set one. */
  deadline: number | undefined;
  /** What it is charged by beside the node's tariff, once that is known. */
  terms: Terms | undefined;
  body: CallBody | undefined;
  input: Committed | undefined;
  slot: IdempotencySlot | undefined;
  usage: SandboxUsage = { cpuNs: 0, cpuSource: 'sandbox-reported', peakMemoryBytes: 0, wallNs: 0 };
  executed = false;
  result: SandboxResult | undefined;
  stream: OpenStream | undefined;
  answer: Answer = { type: 'json', json: NOTHING };
  /** What was signed about it, once that is stored. */
  statement: string | undefined;

  constructor(call: {
    id: string;
    received: number;
    principal: Principal;
    quotas?: readonly QuotaLeft[];
    target: DeployedVersion;
    operation: Operation;
    subject: SubjectKey;
    predecessor?: string | undefined;
    within?: Within | undefined;
    trace?: CallTrace | undefined;
    began?: number;
  }) {
    this.id = call.id;
    this.received = call.received;
    this.principal = call.principal;
    this.quotas = call.quotas ?? [];
    this.target = call.target;
    this.operation = call.operation;
    this.subject = call.subject;
    this.salts = call.subject.salts(call.id);
    this.predecessor = call.predecessor;
    this.within = call.within;
    this.trace = call.trace;
    const now = performance.now();
    this.began = call.began ?? now;
    this.epoch = Date.now() - (now - this.began);
    if (call.began !== undefined) this.timing.push(['authenticate', now - call.began, call.began]);
    this.limits = { ...call.target.manifest.limits };
    this.wanted = wantedSecrets(call.target, call.operation);
    this.wantedWorkspaces = wantedWorkspaces(call.target, call.operation);
  }

  /** `account/service.operation` */
  get name(): string {
    return `${this.target.account}/${this.target.service}.${this.operation.name}`;
  }

  /** Runs a step and notes how long it took. */
  async step<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.timing.push([name, performance.now() - start, start]);
    }
  }

  /** What policy is asked: policies/README.md documents it for authors. */
  policyInput(content?: unknown, principal = this.principal): PolicyRequest {
    const { target, within } = this;
    return {
      action: callAction(target.service),
      principal,
      time: new Date(this.received).toISOString(),
      resource: {
        type: 'operation',
        account: target.account,
        service: target.service,
        version: target.digest,
        operation: this.operation.name,
        runtime: target.manifest.runtime,
      },
      limits: this.limits,
      ...(target.manifest.network && { network: target.manifest.network }),
      ...(this.wanted && { secrets: [...new Set(Object.values(this.wanted))].sort() }),
      ...(this.wantedWorkspaces && { workspaces: askedWorkspaces(this.wantedWorkspaces) }),
      ...(within && { call: { parent: within.parent, chain: within.chain } }),
      ...(content !== undefined && { content }),
      ...(content !== undefined && this.classification && { classification: this.classification }),
    };
  }

  /** In whose name policy is asked: of a call within another, that of whoever made the outermost, and its own. */
  get principals(): readonly Principal[] {
    return this.within === undefined ? [this.principal] : [this.within.caller, this.principal];
  }

  /** Asks policy in the name of each principal, and obeys all. @throws CrankError as `decide` */
  async judge(
    ask: (input: PolicyRequest) => Decision | Promise<Decision>,
    content?: unknown,
  ): Promise<readonly Decision[]> {
    const decisions: Decision[] = [];
    for (const principal of this.principals)
      decisions.push(await this.decide(ask(this.policyInput(content, principal))));
    return decisions;
  }

  /** Notes a decision and obeys it. @throws CrankError `forbidden` where the role does not permit it, `policy-denied` with the reasons */
  async decide(pending: Decision | Promise<Decision>): Promise<Decision> {
    const decision = await pending;
    this.decisions.push(decision);
    if (!decision.allow) throw denied(decision);
    if (decision.limits !== undefined) this.limits = { ...decision.limits };
    return decision;
  }

  /** Counts it against the quotas that policies give to each principal. @throws CrankError `rate-limited` */
  count(rates: Rates, decisions: readonly Decision[]): void {
    for (const [i, principal] of this.principals.entries()) {
      const quotas = decisions[i]?.quotas;
      if (quotas !== undefined) this.quotas = [...this.quotas, ...rates.takeOf(quotas, principal)];
    }
  }

  /** Notes what the call may reach, where its service asks for a network. @throws CrankError `policy-denied` where not all of that was granted */
  reach(decision: Decision, ceiling: readonly Destination[]): void {
    const { account, service, manifest } = this.target;
    if (manifest.network !== undefined)
      this.destinations = grantEgress(`${account}/${service}`, manifest.network, decision, ceiling);
  }

  /** Gets the secrets that it asks for: those of the account of its service. @throws CrankError `unavailable` */
  async unlock(platform: Platform): Promise<void> {
    if (this.wanted !== undefined) this.secrets = await platform.secrets.grant(this.target.account, this.wanted);
  }

  /** Notes that policy grants the workspaces that it asks for, to each principal. @throws CrankError `policy-denied` */
  async lend(platform: Platform, decisions: readonly Decision[]): Promise<void> {
    for (const [i, principal] of this.principals.entries()) {
      const asked = this.policyInput(undefined, principal);
      const granted = decisions[i]?.workspaces ?? [];
      const authorise = (one: PolicyRequest) => platform.policy.authorise(one);
      this.decisions.push(...(await grantWorkspaces(this.wantedWorkspaces!, asked, granted, authorise)));
    }
  }

  /** Waits for those workspaces, within its time. @throws CrankError as `CallWorkspaces.hold` does */
  async hold(platform: Platform, signal: AbortSignal): Promise<void> {
    const names = Object.keys(this.wantedWorkspaces!).join(', ');
    const { wallMs } = this.limits;
    this.workspaces = await CallWorkspaces.hold(platform.workspaces, this.target.account, this.wantedWorkspaces!, {
      until: this.deadline ?? Date.now() + wallMs,
      signal,
      late: () =>
        this.deadline === undefined
          ? new CrankError('overloaded', `Others wrote to ${names} for ${wallMs} ms: try again soon.`, {
              retryAfter: 5,
            })
          : new CrankError('timeout', `The deadline passed while others wrote to ${names}: allow more time.`),
    });
  }

  /** Keeps what it changed in its workspaces. @throws CrankError `invalid-output`, `workspace-full` */
  async keepChanges(): Promise<void> {
    const changes = this.result?.changes;
    if (changes === undefined || this.answer.type === 'error') return;
    if (this.answer.type === 'stream' && this.answer.error !== undefined) return;
    await this.workspaces?.take(changes, this.id);
  }

  took(body: CallBody): void {
    this.body = body;
    this.input = commitTo(
      body.files.length === 0
        ? body.input
        : Buffer.from(
            body.input.toString() +
              body.files.map((file) => `\n${file.parameter} ${file.name} ${file.sha256}`).join(''),
          ),
      this.salts.input,
    );
  }

  /** Lowers the limits to those of another call. */
  lower(limits: Limits): void {
    for (const name of Object.keys(this.limits) as (keyof Limits)[])
      this.limits[name] = Math.min(this.limits[name], limits[name]);
  }

  /** Lowers the wall time to what is left of the caller's deadline. @throws CrankError `timeout` where nothing is */
  until(deadlineMs: number | undefined): void {
    if (deadlineMs === undefined) return;
    const left = this.received + deadlineMs - Date.now();
    if (left <= 0)
      throw new CrankError(
        'timeout',
        `The deadline of ${deadlineMs} ms passed before the call could begin: allow more time.`,
      );
    this.limits.wallMs = Math.min(this.limits.wallMs, left);
    this.deadline = this.received + deadlineMs;
  }

  /** Runs the operation in the sandbox. */
  async execute(platform: Platform, request: CallRequest, body: CallBody, context: Uint8Array): Promise<SandboxResult> {
    if (request.signal.aborted) throw new CrankError('cancelled', 'The caller went away before the call began.');
    let { signal } = request;
    let forget: (() => void) | undefined;
    if (this.operation.result === 'stream' || this.deadline !== undefined) {
      // The platform itself may end a stream, and a call that waits for its turn beyond its deadline; not only the caller.
      const stop = new AbortController();
      const cancel = (): void => stop.abort('cancelled');
      const late = this.deadline === undefined ? 0 : Math.max(1, this.deadline - Date.now());
      const timer = late === 0 ? undefined : setTimeout(() => stop.abort('timeout'), late);
      request.signal.addEventListener('abort', cancel, { once: true });
      forget = () => {
        clearTimeout(timer);
        request.signal.removeEventListener('abort', cancel);
      };
      if (this.operation.result === 'stream') this.stream = openStream(platform, this, request, stop);
      signal = stop.signal;
    }
    let lease: Lease | undefined;
    let nested: NestedCalls | undefined;
    const leave = this.target.manifest.isolation === 'warm' ? undefined : platform.load.fork(this.target.account);
    try {
      const template = this.#template(platform);
      this.workspaces?.ran(platform.sandbox, template, this.limits);
      lease = this.destinations && platform.egress.open({ home: template.key, destinations: this.destinations });
      const onProgress = tellProgress(platform, this, request);
      nested = nestedCalls(platform, this, request);
      const result = await platform.sandbox.run(template, {
        id: this.id,
        operation: this.operation.name,
        input: body.input,
        context,
        files: body.files,
        limits: this.limits,
        signal,
        ...(lease && { proxyToken: lease.token }),
        ...(this.secrets && { secrets: this.secrets.values }),
        ...(this.workspaces && { workspaces: this.workspaces.call }),
        ...(this.stream && { onItem: this.#onItem(this.stream) }),
        ...(onProgress && { onProgress }),
        ...(this.within && { depth: this.within.chain.length }),
        ...(this.trace && { trace: this.trace.inside }),
        onAsk: nested.ask,
      });
      this.executed = true;
      this.usage = result.usage;
      const masked = this.secrets === undefined ? result : await maskResult(result, this.secrets.mask);
      this.result = this.redactor === undefined ? masked : await this.redactor.result(masked);
      return this.result;
    } catch (error) {
      throw startedBefore(this.secrets === undefined ? error : maskError(error, this.secrets.mask), this.name);
    } finally {
      await this.stream?.idle();
      this.nested = (await nested?.ended()) ?? [];
      leave?.();
      this.traffic = lease?.close();
      forget?.();
      if (body.files.length > 0) await removeFiles(body.files.map((file) => file.path));
    }
  }

  #onItem({ onItem }: OpenStream): OpenStream['onItem'] {
    const mask = this.secrets?.mask;
    return mask === undefined ? onItem : (json) => onItem(mask.json(json));
  }

  /** A warm process may remember a secret, so none outlives its change. */
  #template(platform: Platform): SandboxTemplate {
    const plain = templateOf(platform, this.target, this.principal.account);
    const template = this.workspaces === undefined ? plain : { ...plain, workspaces: this.workspaces.template };
    if (this.secrets === undefined || template.isolation !== 'warm') return template;
    noteUser(platform, this.target.account, Object.values(this.wanted ?? {}), template.key);
    return { ...template, edition: this.secrets.edition };
  }

  finish(): CallAnswer {
    const { id, timing, answer, statement, quotas, trace } = this;
    const more = { ...(statement !== undefined && { statement }), ...(trace && { trace: trace.own }) };
    return { id, version: this.target.digest, quotas, timing, answer, ...more };
  }

  /** Deletes what an answer that nobody gets has left. */
  dispose(): void {
    if (this.answer.type === 'file') void removeFiles([this.answer.path]);
  }
}

/** What was deployed could be imported then: that it cannot be now is no fault of the request. */
const startedBefore = (error: unknown, name: string): unknown =>
  error instanceof CrankError && error.code === 'not-deployable'
    ? new CrankError('crashed', `${name} could not be started, as it could when it was deployed: ${error.message}`)
    : error;

/** How the platform's rules begin a reason that is about scopes. */
const SCOPES = "the token's scopes";

/** The error that a refusal leaves as. */
export const denied = (decision: Decision): CrankError => {
  if (decision.obligations.includes('hide-existence'))
    return new CrankError('not-found', 'There is no such thing that this key may see.');
  const reasons = [...decision.reasons];
  const why = reasons.length > 0 ? reasons.join('; ') : 'no rule allows it';
  const scoped = reasons.some((reason) => reason.startsWith(SCOPES));
  const hint = scoped ? 'Mint a token that is for it.' : 'Ask the owner of the account for a key with another role.';
  return decision.by === 'platform'
    ? new CrankError('forbidden', `Not permitted: ${why}. ${hint}`, {
        reasons,
        ...(scoped && { challenge: 'insufficient_scope' }),
      })
    : new CrankError('policy-denied', `A policy of the account denies this: ${why}.`, { reasons });
};
