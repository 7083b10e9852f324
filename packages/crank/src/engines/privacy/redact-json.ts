import type { RedactRule } from '#src/core/personal-data.ts';
import { walkJson } from '#src/core/walk-json.ts';
import { pointerWords } from './context.ts';
import { isNameType } from './name.ts';
import {
  type Counts,
  count,
  type Edit,
  editsOf,
  replacement,
  type TokensOf,
  type Wanted,
  wantedBy,
  withEdits,
} from './redact-text.ts';

/** Nothing but names is found in shorter texts that have none of these. */
const SHORT = 20;
const HINT = /[\p{N}@＠:]|www/iu;
const SHORTEST = 4;
const SHORTEST_NAME = 2;
/** What programs call members: no name of anybody. */
const IDENTIFIER = /^[a-z_$][\w$.-]*$/;
/** What a value is called that is replaced for its place. */
const FIELD = 'field';
/** Digits that a number has at least, to be one of anybody's. */
const SHORTEST_NUMBER = 7;

const hasNames = (wanted: Wanted): boolean => [...wanted.keys()].some(isNameType);
const withoutNames = (wanted: Wanted): Wanted => new Map([...wanted].filter(([type]) => !isNameType(type)));
/** Whether a look at a text is worth its time. */
const mayHave = (text: string, wanted: Wanted): boolean =>
  text.length >= SHORT || hasNames(wanted) || (text.length >= SHORTEST && HINT.test(text));

/** Whether a value at a pointer lies at or below a place; `*` stands for one name or index. */
const liesBelow = (pointer: string, place: string): boolean => {
  const names = pointer.split('/');
  const wanted = place.split('/');
  return wanted.length <= names.length && wanted.every((name, at) => name === names[at] || (name === '*' && at > 0));
};

/**
 * A JSON text without what the rules name, in strings, numbers and names of members; everything else stays byte for byte.
 * A number that is replaced becomes a string, one that is dropped null.
 *
 * @throws SyntaxError where it is not JSON
 * @throws RangeError where it nests too deep
 */
export const redactJson = (json: string, rules: readonly RedactRule[], tokensOf: TokensOf, counts: Counts): string => {
  const edits: Edit[] = [];
  const everywhere = rules.every(({ fields }) => fields === undefined);
  const all = everywhere ? wantedBy(rules) : undefined;
  // By the set of rules that hold at a place: values of one array have the same.
  const sets = new Map<string, { whole: RedactRule | undefined; wanted: Wanted }>();
  const rulesAt = (pointer: string) => {
    if (all !== undefined) return { whole: undefined, wanted: all };
    const here = rules.map(({ fields }) => fields === undefined || liesBelow(pointer, fields));
    const held = rules.filter((_, at) => here[at]);
    const set = here.map(Number).join('');
    let known = sets.get(set);
    if (known === undefined) {
      known = { whole: held.find(({ detect }) => detect === undefined), wanted: wantedBy(held) };
      sets.set(set, known);
    }
    return known;
  };

  const put = (start: number, end: number, text: string, found: readonly Edit[]): void => {
    count(counts, found);
    edits.push({ type: '', start, end, text });
  };
  /** Replaces a whole value, or what is found in it. */
  const value = (pointer: string, start: number, end: number, isString: boolean): void => {
    const { whole, wanted } = rulesAt(pointer);
    const least = isString ? (hasNames(wanted) ? SHORTEST_NAME : SHORTEST) + 2 : SHORTEST_NUMBER;
    if (whole === undefined && (wanted.size === 0 || end - start < least)) return;
    const source = json.slice(start, end);
    const text = isString ? (JSON.parse(source) as string) : source;
    if (whole !== undefined) {
      const stand = whole.action === 'drop' ? 'null' : JSON.stringify(replacement(whole, FIELD, text, tokensOf));
      put(start, end, stand, [{ type: FIELD, start, end, text: stand }]);
      return;
    }
    if (!mayHave(text, wanted)) return;
    const found = editsOf(text, wanted, tokensOf, pointerWords(pointer));
    if (found.length === 0) return;
    const left = withEdits(text, found);
    put(start, end, left === '' && !isString ? 'null' : JSON.stringify(left), found);
  };
  const name = (pointer: string, start: number, end: number): void => {
    const { wanted } = rulesAt(pointer);
    const text = JSON.parse(json.slice(start, end)) as string;
    if (wanted.size === 0 || !mayHave(text, wanted)) return;
    const found = editsOf(text, IDENTIFIER.test(text) ? withoutNames(wanted) : wanted, tokensOf);
    if (found.length > 0) put(start, end, JSON.stringify(withEdits(text, found)), found);
  };

  walkJson(
    json,
    (pointer, start, end, type) => {
      if (type === 'string') value(pointer, start, end, true);
      else if (type === 'number') value(pointer, start, end, false);
      else if (type === 'boolean' && rulesAt(pointer).whole !== undefined) value(pointer, start, end, false);
      return true;
    },
    name,
  );
  return withEdits(json, edits);
};
