import type { Name } from './model.ts';

/** What stands between parts of an address: a comma, an end of a line, an abbreviation of a state, a postal code. */
const BETWEEN =
  /^[^\S\n]*,?[^\S\n]*\n?[^\S\n]*,?[^\S\n]*(?:\p{Lu}{2}(?!\p{L})[^\S\n]*,?\n?[^\S\n]*)?(?:\p{N}{4,6}(?:-\p{N}{4})?(?!\p{N})[^\S\n]*,?\n?[^\S\n]*)?$/u;
const LONGEST_BETWEEN = 24;
const POSTAL_CODE = /^,?[^\S\n]{0,3}\n?[^\S\n]{0,8}(?:\p{Lu}{2}[^\S\n]{1,2})?\p{N}{4,6}(?:-\p{N}{4})?(?![\p{N}\p{L}])/u;
const DIGIT = /\p{N}/u;

/**
 * Names with the parts of an address made one: the street with its number, what else stands there, and the postal code. Places
 * without a number among them stay apart.
 */
export function* withAddresses(text: string, names: Iterable<Name>): Generator<Name> {
  let open: Name | undefined;
  for (const name of names) {
    if (open === undefined || !areOne(text, open, name)) {
      if (open !== undefined) yield closed(text, open);
      open = name;
      continue;
    }
    const [before, behind] = [open.end - open.start, name.end - name.start];
    const score = (open.score * before + name.score * behind) / (before + behind);
    open = { ...open, end: name.end, score: Math.round(score * 100) / 100 };
  }
  if (open !== undefined) yield closed(text, open);
}

const isAddress = (text: string, { type, start, end }: Name): boolean =>
  type === 'location' && DIGIT.test(text.slice(start, end));

const areOne = (text: string, a: Name, b: Name): boolean =>
  a.type === 'location' &&
  b.type === 'location' &&
  b.start - a.end <= LONGEST_BETWEEN &&
  (isAddress(text, a) || isAddress(text, b)) &&
  BETWEEN.test(text.slice(a.end, b.start));

const closed = (text: string, name: Name): Name => {
  if (!isAddress(text, name)) return name;
  const code = POSTAL_CODE.exec(text.slice(name.end, name.end + 2 * LONGEST_BETWEEN));
  return code === null ? name : { ...name, end: name.end + code[0].length };
};
