import type { RedactRule } from '#src/core/personal-data.ts';
import { detectInJson } from '#src/engines/privacy/detect-json.ts';
import { redactJson } from '#src/engines/privacy/redact-json.ts';
import { type Counts, redactText } from '#src/engines/privacy/redact-text.ts';
import { createTokens, type Tokens } from '#src/engines/privacy/tokens.ts';

/** What is done with a text, here or in a thread. */
export type RedactTask =
  | { kind: 'json' | 'text'; text: string; rules: readonly RedactRule[]; keys: Readonly<Record<string, Uint8Array>> }
  /** Which of some types a JSON text has. */
  | { kind: 'find'; text: string; types: readonly string[] };

export interface RedactDone {
  text: string;
  /** Of each type, how often. */
  counts: readonly (readonly [type: string, count: number])[];
}

/** @throws RangeError, SyntaxError as JSON does */
export const redactTask = (task: RedactTask): RedactDone => {
  if (task.kind === 'find') return { text: '', counts: detectInJson(task.text, task.types) };
  const made = new Map<string, Tokens>();
  const tokensOf = (account: string): Tokens => {
    const tokens = made.get(account) ?? createTokens(task.keys[account]!);
    made.set(account, tokens);
    return tokens;
  };
  const counts: Counts = new Map();
  const redact = task.kind === 'json' ? redactJson : redactText;
  const text = redact(task.text, task.rules, tokensOf, counts);
  return { text, counts: [...counts] };
};
