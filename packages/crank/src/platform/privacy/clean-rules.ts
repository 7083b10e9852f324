import type { RedactRule } from '#src/core/personal-data.ts';
import type { Decision } from '#src/engines/policy/decision.ts';

/** What decisions in several names want taken out, each once; undefined where that is nothing. */
export const cleanRules = (decisions: readonly Decision[]): readonly RedactRule[] | undefined => {
  const rules = new Map(decisions.flatMap(({ clean = [] }) => clean.map((rule) => [JSON.stringify(rule), rule])));
  return rules.size === 0 ? undefined : [...rules.values()];
};
