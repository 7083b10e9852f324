import type { RedactAction, RedactRule } from '#src/core/personal-data.ts';
import { detectEach, expandTypes } from './detect.ts';
import { SURE } from './finding.ts';
import { mask } from './mask.ts';
import type { Tokens } from './tokens.ts';

/** How often each type was taken out. */
export type Counts = Map<string, number>;

/** Stand-ins by account: of those whose rules hash or tokenise. */
export type TokensOf = (account: string) => Tokens;

/** What stands where a value stood. */
export const replacement = (
  { action, account }: { action: RedactAction; account: string },
  type: string,
  value: string,
  tokensOf: TokensOf,
): string => {
  switch (action) {
    case 'mask':
      return mask(type, value);
    case 'hash':
      return tokensOf(account).hash(type, value);
    case 'tokenise':
      return tokensOf(account).tokenise(type, value) ?? mask(type, value);
    case 'drop':
      return '';
  }
};

/** Of a type: the rules that name it, in their order, with the least score that each and that any of them wants. */
export type Wanted = ReadonlyMap<string, { least: number; rules: readonly { rule: RedactRule; minScore: number }[] }>;

export const wantedBy = (rules: readonly RedactRule[]): Wanted => {
  const wanted = new Map<string, { least: number; rules: { rule: RedactRule; minScore: number }[] }>();
  for (const rule of rules) {
    const { minScore = SURE } = rule;
    for (const type of expandTypes(rule.detect ?? [])) {
      const known = wanted.get(type) ?? { least: 1, rules: [] };
      known.rules.push({ rule, minScore });
      known.least = Math.min(known.least, minScore);
      wanted.set(type, known);
    }
  }
  return wanted;
};

/** A piece of a text that is to be replaced. */
export interface Edit {
  /** What was found there, for the count. */
  type: string;
  start: number;
  end: number;
  text: string;
}

export const count = (counts: Counts, edits: readonly Edit[]): void => {
  for (const { type } of edits) counts.set(type, (counts.get(type) ?? 0) + 1);
};

/** What is to be replaced in a text, in order. @param context names of the fields that hold it, in words */
export const editsOf = (text: string, wanted: Wanted, tokensOf: TokensOf, context = ''): Edit[] =>
  wanted.size === 0
    ? []
    : detectEach(text, (type) => wanted.get(type)?.least, context).map(({ type, start, end, score }) => {
        const { rule } = wanted.get(type)!.rules.find(({ minScore }) => minScore <= score)!;
        return { type, start, end, text: replacement(rule, type, text.slice(start, end), tokensOf) };
      });

/** A text with pieces replaced. */
export const withEdits = (text: string, edits: readonly Edit[]): string => {
  let out = '';
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
};

/** Rules that hold outside of JSON: those for fields have no say there. */
export const rulesForText = (rules: readonly RedactRule[]): RedactRule[] =>
  rules.filter(({ fields }) => fields === undefined);

/** A text that is no JSON, without what the rules name. */
export const redactText = (text: string, rules: readonly RedactRule[], tokensOf: TokensOf, counts: Counts): string => {
  const edits = editsOf(text, wantedBy(rulesForText(rules)), tokensOf);
  count(counts, edits);
  return withEdits(text, edits);
};
