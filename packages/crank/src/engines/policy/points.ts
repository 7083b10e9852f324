import type { PolicyPoint } from './decision.ts';

/** What a rule's value means. */
export type RuleMeaning =
  | 'deny'
  | 'allow'
  | 'redact'
  | 'require'
  | 'grant'
  | 'lend'
  | 'keep'
  | 'approve'
  | 'place'
  | 'cap'
  | 'mask'
  | 'clean'
  | 'classify'
  | 'pace';

export interface DecisionPoint {
  meaning: RuleMeaning;
  points: readonly PolicyPoint[];
}

/** Says what of a decision does not go into the decision log. No call is decided by it. */
export const MASK_RULE = 'system/log/mask';

/** The rules that are asked, for error messages; policies/README.md has the whole table. */
export const KNOWN_RULES =
  'crank.authz: deny, allow; crank.egress: allow; crank.workspaces: allow; crank.retention: keep; crank.approval: required; crank.placement: required; crank.spend: cap, approval; system.log: mask; crank.<any>: deny, required_resources, redact_pii, redact, classify, rate (crank.privacy in the examples)';

/**
 * What a rule of an applied bundle is asked for, by its path (`crank/privacy/redact_pii`); undefined where it is not
 * asked but may serve other rules. `crank/authz` and what lies under it is asked before the body is read.
 */
export const decisionPoint = (entrypoint: string): DecisionPoint | undefined => {
  const [root, family, ...rest] = entrypoint.split('/');
  const rule = rest.at(-1);
  if (entrypoint === MASK_RULE) return { meaning: 'mask', points: [] };
  if (root !== 'crank' || family === undefined || rule === undefined) return undefined;
  if (rule === 'redact_pii') return { meaning: 'redact', points: ['output'] };
  if (rule === 'redact') return { meaning: 'clean', points: ['input'] };
  if (rule === 'rate') return { meaning: 'pace', points: ['authorise'] };
  if (rule === 'classify') return { meaning: 'classify', points: ['authorise'] };
  if (rule === 'required_resources') return { meaning: 'require', points: ['input'] };
  if (family === 'authz') {
    return rule === 'deny' || rule === 'allow' ? { meaning: rule, points: ['authorise'] } : undefined;
  }
  if (family === 'egress' && rule === 'allow') return { meaning: 'grant', points: ['input'] };
  if (family === 'workspaces' && rule === 'allow') return { meaning: 'lend', points: ['input'] };
  if (family === 'retention' && rule === 'keep') return { meaning: 'keep', points: ['input'] };
  if (family === 'approval' && rule === 'required') return { meaning: 'approve', points: ['input'] };
  if (family === 'placement' && rule === 'required') return { meaning: 'place', points: ['input'] };
  if (family === 'spend' && rule === 'cap') return { meaning: 'cap', points: ['input'] };
  if (family === 'spend' && rule === 'approval') return { meaning: 'approve', points: ['input'] };
  return rule === 'deny' ? { meaning: 'deny', points: ['input', 'output'] } : undefined;
};
