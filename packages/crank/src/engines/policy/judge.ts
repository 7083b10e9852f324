import type { ClassifyRule, RedactRule } from '#src/core/personal-data.ts';
import type { PolicyQuota } from '#src/core/quota.ts';
import type { Answer } from './applied.ts';
import type { AppliedBundle } from './bundle.ts';
import type { PolicyRequest, Retention, SpendCap } from './decision.ts';
import {
  BadResult,
  denyReasons,
  grantedDestinations,
  grantedWorkspaces,
  type Required,
  redactPointers,
  requiredResources,
  retention,
} from './interpret.ts';
import { placementOf, spendCaps } from './interpret-placement.ts';
import { classifyRules, redactRules } from './interpret-privacy.ts';
import { rateRules } from './interpret-rate.ts';

/** What the rules of applied bundles said together. */
export interface Judged {
  allow: boolean;
  reasons: readonly string[];
  /** Digests by name, of every bundle that was asked. */
  bundles: Readonly<Record<string, string>>;
  /** JSON Pointers, each once. */
  redact: readonly string[];
  /** What is to be found in the answer and taken out. */
  clean: readonly RedactRule[];
  /** How the arguments are to be labelled. */
  classify: readonly ClassifyRule[];
  /** What it counts against. */
  quotas: readonly PolicyQuota[];
  required?: Required;
  /** Destinations granted. */
  egress: readonly string[];
  /** Workspaces granted. */
  workspaces: readonly string[];
  retain?: Retention;
  /** Requirements on the node that it meets, as obligations: `residency:eu`. */
  placed: readonly string[];
  caps: readonly SpendCap[];
  /** Why somebody else has to approve it; empty: nobody has to. */
  approval: readonly string[];
}

/** Longest text of one reason, and how many leave. */
const MAX_REASON = 500;
const MAX_REASONS = 50;

/** A bundle's name in a decision: plain for the account's of the resource, else with its layer. */
export const nameOf = ({ name, layer, account }: AppliedBundle, home: string): string => {
  if (account !== home) return `${name}@account:${account}`;
  return layer === 'account' ? name : `${name}@${layer}`;
};

const merge = (a: Required | undefined, b: Required): Required | undefined => {
  if (b.memoryBytes === 0 && b.cpus === 0 && b.encryption.length === 0) return a;
  return {
    memoryBytes: Math.max(a?.memoryBytes ?? 0, b.memoryBytes),
    cpus: Math.max(a?.cpus ?? 0, b.cpus),
    encryption: [...new Set([...(a?.encryption ?? []), ...b.encryption])].sort(),
  };
};

/** Kept is what any bundle wants kept, for the shortest of the times. */
const both = (a: Retention | undefined, b: Retention | undefined): Retention | undefined =>
  a === undefined || b === undefined
    ? (a ?? b)
    : { input: a.input || b.input, output: a.output || b.output, days: Math.min(a.days, b.days) };

const cut = (reasons: readonly string[]): string[] =>
  reasons.slice(0, MAX_REASONS).map((reason) => reason.slice(0, MAX_REASON));

/** Joins answers: one denial denies, and so does a rule that failed or said what it may not. */
export const judge = (
  answers: readonly Answer[],
  { home, node }: { home: string; node: PolicyRequest['node'] },
): Judged => {
  const reasons: string[] = [];
  const bundles: Record<string, string> = {};
  const redact = new Set<string>();
  const egress = new Set<string>();
  const clean: RedactRule[] = [];
  const classify: ClassifyRule[] = [];
  const quotas: PolicyQuota[] = [];
  const workspaces = new Set<string>();
  let required: Required | undefined;
  let retain: Retention | undefined;
  const approval: string[] = [];
  const placed = new Set<string>();
  const caps: SpendCap[] = [];
  for (const { bundle, meaning, evaluation } of answers) {
    const name = nameOf(bundle, home);
    bundles[name] = bundle.digest;
    if (!evaluation.ok) {
      reasons.push(`policy ${name} could not decide: ${evaluation.error}`);
      continue;
    }
    const { value } = evaluation;
    try {
      if (meaning === 'deny') reasons.push(...denyReasons(value));
      else if (meaning === 'allow' && value !== true) reasons.push(`policy ${name} does not allow it`);
      else if (meaning === 'redact') for (const pointer of redactPointers(value)) redact.add(pointer);
      else if (meaning === 'clean') clean.push(...redactRules(value, bundle.account));
      else if (meaning === 'classify') classify.push(...classifyRules(value));
      else if (meaning === 'pace') quotas.push(...rateRules(value, bundle.account));
      else if (meaning === 'grant') for (const one of grantedDestinations(value)) egress.add(one);
      else if (meaning === 'lend') for (const one of grantedWorkspaces(value)) workspaces.add(one);
      else if (meaning === 'keep') retain = both(retain, retention(value));
      else if (meaning === 'approve') approval.push(...denyReasons(value));
      else if (meaning === 'place') {
        const { unmet, met } = placementOf(value, node);
        reasons.push(...unmet);
        for (const one of met) placed.add(one);
      } else if (meaning === 'cap')
        caps.push(...spendCaps(value, { account: bundle.account, name: nameOf(bundle, bundle.account) }));
      else if (meaning === 'require') required = merge(required, requiredResources(value));
    } catch (error) {
      if (!(error instanceof BadResult)) throw error;
      reasons.push(`policy ${name} could not decide: ${error.message}`);
    }
  }
  return {
    allow: reasons.length === 0,
    reasons: cut(reasons),
    bundles,
    redact: [...redact],
    clean,
    classify,
    quotas,
    egress: [...egress].sort(),
    workspaces: [...workspaces].sort(),
    approval: cut(approval),
    placed: [...placed].sort(),
    caps,
    ...(required && { required }),
    ...(retain && { retain }),
  };
};
