import { sprintf } from './sprintf.ts';

type Texts = string | readonly string[];

const list = (texts: Texts): readonly string[] => {
  const all = typeof texts === 'string' ? [texts] : texts;
  for (const one of all) if (typeof one !== 'string') throw new TypeError('not a text');
  return all;
};

/** Places of a text in another one, overlapping ones too, counted in characters. */
const indexesOf = (text: string, search: string): number[] => {
  if (search === '') throw new TypeError('indexof_n: nothing to look for');
  const found: number[] = [];
  // Counted on from the last one, so that long texts take one pass.
  let characters = 0;
  let from = 0;
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) {
    characters += [...text.slice(from, at)].length;
    from = at;
    found.push(characters);
  }
  return found;
};

/** The first `n` parts, or the last ones where `n` is negative. */
const splitN = (text: string, delimiter: string, n: number): string[] => {
  const parts = delimiter === '' ? [...text] : text.split(delimiter);
  if (!Number.isInteger(n)) throw new TypeError('strings.split_n: no whole number');
  return n < 0 ? parts.slice(n) : parts.slice(0, n);
};

interface SemVer {
  numbers: bigint[];
  before: string;
}

const NUMBER = '(0|[1-9]\\d*)';
const NAMES = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const SEMVER = new RegExp(`^v?${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${NAMES}))?(?:\\+${NAMES})?$`);
const MOST = 2n ** 63n - 1n;

/** semver.org 2.0.0; a `v` in front is passed over. */
const semver = (text: unknown): SemVer | undefined => {
  const parts = typeof text === 'string' ? SEMVER.exec(text) : null;
  if (parts === null) return undefined;
  const numbers = parts.slice(1, 4).map(BigInt);
  const before = parts[4] ?? '';
  const wrong = numbers.some((one) => one > MOST) || before.split('.').some((one) => /^0\d+$/.test(one));
  return wrong ? undefined : { numbers, before };
};

const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** semver.org, 11: numbers before names, fewer names before more. */
const compareNames = (a: string, b: string): number => {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const [left, right] = [a.split('.'), b.split('.')];
  for (const [at, one] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const [isNumber, otherIs] = [/^\d+$/.test(one), /^\d+$/.test(other)];
    const order =
      isNumber && otherIs
        ? compare(BigInt(one), BigInt(other))
        : isNumber === otherIs
          ? compare(one, other)
          : isNumber
            ? -1
            : 1;
    if (order !== 0) return order;
  }
  return -1;
};

const compareVersions = (a: string, b: string): number => {
  const [left, right] = [semver(a), semver(b)];
  if (left === undefined || right === undefined) throw new TypeError('semver.compare: no version');
  for (const at of [0, 1, 2]) {
    const order = compare(left.numbers[at]!, right.numbers[at]!);
    if (order !== 0) return order;
  }
  return compareNames(left.before, right.before);
};

/** Rego's built-ins about texts that OPA leaves out of WebAssembly (openpolicyagent.org, "Policy Reference", Strings, Glob, SemVer). */
export const textBuiltins: Readonly<Record<string, (...args: never[]) => unknown>> = {
  sprintf,
  'glob.quote_meta': (text: string) => text.replace(/[\\*?[\]{}]/g, '\\$&'),
  indexof_n: indexesOf,
  'strings.any_prefix_match': (texts: Texts, prefixes: Texts) => {
    const all = list(prefixes);
    return list(texts).some((text) => all.some((prefix) => text.startsWith(prefix)));
  },
  'strings.any_suffix_match': (texts: Texts, suffixes: Texts) => {
    const all = list(suffixes);
    return list(texts).some((text) => all.some((suffix) => text.endsWith(suffix)));
  },
  // Go counts the gaps between characters where nothing is looked for.
  'strings.count': (text: string, search: string) =>
    search === '' ? [...text].length + 1 : text.split(search).length - 1,
  'strings.split_n': splitN,
  'semver.compare': compareVersions,
  'semver.is_valid': (text: unknown) => semver(text) !== undefined,
};
