import { availableParallelism } from 'node:os';
import { newId } from '#src/core/id.ts';
import type { Limits } from '#src/core/service.ts';
import { type Answer, concernOf, createAppliedPolicies } from './applied.ts';
import type { AppliedBundle } from './bundle.ts';
import type { Decision, PolicyPoint, PolicyRequest, Verdict } from './decision.ts';
import { defaultPolicyDir, loadDefaultBundle } from './default-bundle.ts';
import { capObligation } from './interpret-placement.ts';
import { redactObligation } from './interpret-privacy.ts';
import { rateObligation } from './interpret-rate.ts';
import { type Judged, judge, nameOf } from './judge.ts';
import type { OutputFields } from './redact.ts';

export interface PolicyEngineOptions {
  /** Folder with `default.wasm` and `default.json`. */
  defaultDir?: string;
  /** CPU time for what applied bundles are asked at one point, milliseconds. */
  deadlineMs?: number;
  /** Memory of one applied bundle with its data. */
  memoryBytes?: number;
  /** CPUs of this node, so many of which a policy may require; those that it may use where absent. */
  cpus?: number;
  /** Threads for applied bundles: one per account that has any, at most these at a time. */
  mostThreads?: number;
}

/** What one rule said: a value, nothing (undefined in Rego), or why it could not. */
export interface RuleAnswer {
  bundle: string;
  /** `crank/privacy/redact_pii` */
  rule: string;
  value?: unknown;
  error?: string;
}

/** Decides. The platform's own rules in process; applied bundles, which can only narrow them, in threads that can be ended. */
export interface PolicyEngine {
  /** Name and digest of the platform's own bundle. */
  readonly default: { name: string; digest: string };
  /** On what is known without the body. At once where no applied bundle concerns the request. */
  authorise(request: PolicyRequest): Decision | Promise<Decision>;
  /** The same where nothing is asked for, but what could be: lists show no more than that. It is in no log of decisions. */
  wouldAuthorise(request: PolicyRequest): Decision | Promise<Decision>;
  /** On the arguments (`content`), with the limits granted so far. */
  decideInput(request: PolicyRequest): Decision | Promise<Decision>;
  /** Whether `decideOutput` would ask anybody, so that `outputFields` may be left out. `caller`: account of the principal. */
  decidesOutput(account: string, service: string, caller?: string): boolean;
  /** On the output; `redact` holds the JSON Pointers of what must be taken out. */
  decideOutput(
    request: PolicyRequest & { output_fields: OutputFields },
  ): Promise<{ decision: Decision; redact: readonly string[] }>;
  /** What each rule of applied bundles says at a point, one by one. */
  explain(point: PolicyPoint, request: PolicyRequest, fields?: OutputFields): Promise<RuleAnswer[]>;
  /** Puts all bundles of an account in force, instead of those before. `lazy`: the thread starts when first asked. @throws CrankError `not-deployable`; the old ones then stay in force */
  setBundles(account: string, bundles: readonly AppliedBundle[], options?: { lazy?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Longest JSON text, in UTF-16 code units, that an applied bundle is asked about. */
const MAX_INPUT = 4 * 2 ** 20;

/**
 * CPUs that policy requires are there, or the call is denied. Calls share them and none is kept from any, so that nothing
 * else is to be done about it.
 */
const withCpus = (given: Verdict, required: number, there: number): Verdict =>
  required <= there
    ? { ...given, cpus: required, obligations: [...given.obligations, `cpus:${required}`] }
    : { allow: false, reasons: [`${required} CPUs are required, and this node has ${there}`], obligations: [] };

/** Who may administer policy cannot be locked out by a policy, so applied bundles are not asked about it. */
const isAdministration = (action: string): boolean => action.startsWith('policy.');

/** @throws Error where the default bundle is not there or damaged */
export const createPolicyEngine = (options: PolicyEngineOptions = {}): PolicyEngine => {
  const platform = loadDefaultBundle(options.defaultDir ?? defaultPolicyDir);
  const applied = createAppliedPolicies({
    deadlineMs: options.deadlineMs ?? 250,
    memoryBytes: options.memoryBytes ?? 256 * 2 ** 20,
    mostThreads: options.mostThreads ?? 8,
  });
  const cpus = options.cpus ?? availableParallelism();
  const ownDigest = { [platform.name]: platform.digest };

  const decision = (
    point: PolicyPoint,
    verdict: Verdict,
    by: 'platform' | 'applied',
    bundles: Readonly<Record<string, string>>,
  ): Decision => ({
    id: newId('dec'),
    point,
    bundles,
    ...verdict,
    reasons: verdict.allow ? [] : verdict.reasons,
    ...(!verdict.allow && { by }),
  });

  /** Input of the applied bundles, as JSON text. */
  const inputOf = (point: PolicyPoint, request: PolicyRequest, fields?: OutputFields): string => {
    const { action, principal, resource, limits, network, secrets, workspaces, call, content, classification } =
      request;
    const { node, spend } = request;
    const { time = new Date().toISOString() } = request;
    const text = JSON.stringify({
      point,
      time,
      action,
      principal,
      resource,
      limits,
      network,
      secrets,
      workspaces,
      call,
      content,
      classification,
      node,
      spend,
    });
    if (fields === undefined) return text;
    const values = fields.fields.map(({ path, source }) => `{"path":${JSON.stringify(path)},"value":${source}}`);
    return `${text.slice(0, -1)},"output_fields":[${values.join(',')}]}`;
  };

  const judged = async (point: PolicyPoint, request: PolicyRequest, fields?: OutputFields): Promise<Judged> => {
    const where = concernOf(request);
    const input = inputOf(point, request, fields);
    const answers: Answer[] = input.length > MAX_INPUT ? [] : await applied.ask(point, where, input);
    const result = judge(answers, { home: where.account, node: request.node });
    if (input.length <= MAX_INPUT) return result;
    return {
      ...result,
      allow: false,
      reasons: [`policy can look at ${MAX_INPUT} characters, and this has ${input.length}`],
    };
  };

  const authoriseApplied = async (request: PolicyRequest, own: Verdict): Promise<Decision> => {
    const { allow, reasons, bundles, classify, quotas } = await judged('authorise', request);
    const verdict = allow
      ? {
          ...own,
          obligations: [...own.obligations, ...quotas.map(rateObligation)],
          ...(classify.length > 0 && { classify }),
          ...(quotas.length > 0 && { quotas }),
        }
      : { allow, reasons, obligations: [] };
    return decision('authorise', verdict, 'applied', {
      ...ownDigest,
      ...bundles,
    });
  };

  const unchanged = (limits: Limits | undefined): Verdict => ({
    allow: true,
    reasons: [],
    obligations: [],
    ...(limits && { limits: { ...limits } }),
  });

  /** What was granted, and what is to be kept, stands in the receipt as obligations: the platform is held to them. */
  const obliged = (
    verdict: Verdict,
    { egress, workspaces, retain, approval, clean, placed, caps }: Judged,
  ): Verdict => {
    if (!verdict.allow) return verdict;
    const more = [
      ...egress.map((one) => `egress:${one}`),
      ...workspaces.map((one) => `workspace:${one}`),
      ...(retain?.input ? [`retain:input:${retain.days}d`] : []),
      ...(retain?.output ? [`retain:output:${retain.days}d`] : []),
      ...(approval.length > 0 ? ['approval'] : []),
      ...placed,
      ...caps.map(capObligation),
      ...new Set(clean.map(redactObligation)),
    ];
    if (more.length === 0) return verdict;
    return {
      ...verdict,
      obligations: [...verdict.obligations, ...more],
      ...(egress.length > 0 && { egress }),
      ...(workspaces.length > 0 && { workspaces }),
      ...(retain && { retain }),
      ...(approval.length > 0 && { approval }),
      ...(caps.length > 0 && { caps }),
      ...(clean.length > 0 && { clean }),
    };
  };

  const decideAppliedInput = async (request: PolicyRequest): Promise<Decision> => {
    const said = await judged('input', request);
    const { allow, reasons, bundles, required } = said;
    if (!allow) return decision('input', { allow, reasons, obligations: [] }, 'applied', bundles);
    if (required === undefined) {
      return decision('input', obliged(unchanged(request.limits), said), 'applied', bundles);
    }
    const given = platform.provide(required, request);
    const verdict = given.allow && required.cpus > 0 ? withCpus(given, required.cpus, cpus) : given;
    return decision('input', obliged(verdict, said), 'platform', { ...bundles, ...ownDigest });
  };

  const authorise = (request: PolicyRequest): Decision | Promise<Decision> => {
    const own = platform.authorise(request);
    const asked = own.allow && !isAdministration(request.action) && applied.concerns('authorise', concernOf(request));
    return asked ? authoriseApplied(request, own) : decision('authorise', own, 'platform', ownDigest);
  };

  return {
    default: { name: platform.name, digest: platform.digest },
    authorise,
    wouldAuthorise: authorise,
    decideInput: (request) =>
      applied.concerns('input', concernOf(request))
        ? decideAppliedInput(request)
        : decision('input', unchanged(request.limits), 'platform', {}),
    decidesOutput: (account, service, caller = account) => applied.concerns('output', { account, service, caller }),
    decideOutput: async (request) => {
      const { output_fields: fields, ...rest } = request;
      if (!applied.concerns('output', concernOf(request))) {
        return { decision: decision('output', unchanged(undefined), 'platform', {}), redact: [] };
      }
      const { allow, reasons, bundles, redact } = await judged('output', rest, fields);
      const blind = fields.incomplete && `policy has to see the whole output, and ${fields.incomplete}: return less`;
      const why = blind ? [blind, ...reasons] : reasons;
      const obligations = redact.length > 0 ? [`redact:${redact.length}`] : [];
      const verdict =
        why.length === 0 && allow
          ? { allow, reasons: [], obligations }
          : { allow: false, reasons: why, obligations: [] };
      return { decision: decision('output', verdict, 'applied', bundles), redact: verdict.allow ? redact : [] };
    },
    explain: async (point, request, fields) => {
      const where = concernOf(request);
      const answers = await applied.ask(point, where, inputOf(point, request, fields));
      return answers.map(({ bundle, entrypoint, evaluation }) => ({
        bundle: nameOf(bundle, where.account),
        rule: entrypoint,
        ...(evaluation.ok ? { value: evaluation.value } : { error: evaluation.error }),
      }));
    },
    setBundles: (account, bundles, more) => applied.set(account, bundles, more),
    close: () => applied.close(),
  };
};
