import { randomBytes } from 'node:crypto';
import type { RedactRule } from '#src/core/personal-data.ts';
import { allTypes, detect } from '#src/engines/privacy/detect.ts';
import type { Finding } from '#src/engines/privacy/finding.ts';
import { redactJson } from '#src/engines/privacy/redact-json.ts';
import { redactText } from '#src/engines/privacy/redact-text.ts';
import { createTokens } from '#src/engines/privacy/tokens.ts';

/** What can be done without a node. */
export const localActions = ['mask', 'hash', 'drop'] as const;
export type LocalAction = (typeof localActions)[number];

/** Finds and takes out personal data without a node, for trying it. What reads as a JSON object or list is treated as JSON. */
export const redactHere = (
  text: string,
  options: { types: readonly string[] | undefined; minScore: number; action: LocalAction },
): { text: string; findings: Finding[] } => {
  const { types = allTypes, minScore, action } = options;
  const rules: RedactRule[] = [{ detect: types, action, minScore, account: '' }];
  const tokens = createTokens(randomBytes(32));
  const redact = isJson(text) ? redactJson : redactText;
  return {
    text: redact(text, rules, () => tokens, new Map()),
    findings: detect(text, { types, minScore }),
  };
};

const isJson = (text: string): boolean => {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
