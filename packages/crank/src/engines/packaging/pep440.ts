/** A final release, such as an interpreter's `3.11.7`, as numbers. */
const release = (version: string): number[] => version.split('.').map(Number);

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
};

const CLAUSE = /^(~=|===|==|!=|<=|>=|<|>) ?v?(\d{1,6}(?:\.\d{1,6}){0,5})(\.\*)?((?:a|b|rc|\.dev)\d{1,6})?$/;

/**
 * Whether a final release meets a version specifier (PEP 440, "Version specifiers"), such as `>=3.9,<4` or `3.11.*`
 * after an operator. Pre-releases in the specifier come before their release, as PEP 440 orders them.
 *
 * @returns undefined where the specifier cannot be read
 */
export const satisfies = (version: string, specifier: string): boolean | undefined => {
  const have = release(version);
  let met = true;
  for (const clause of specifier.split(',').map((text) => text.trim())) {
    if (clause === '') continue;
    const match = CLAUSE.exec(clause);
    if (match === null) return undefined;
    const [, operator, number, wildcard, pre] = match;
    const want = release(number!);
    if (wildcard !== undefined && operator !== '==' && operator !== '!=') return undefined;
    if (operator === '~=' && want.length < 2) return undefined;
    const order = compare(have, want) || (pre === undefined ? 0 : 1);
    const within = (length: number) => compare(have.slice(0, length), want.slice(0, length)) === 0;
    const equal = wildcard === undefined ? order === 0 : within(want.length);
    const holds: Readonly<Record<string, boolean>> = {
      '==': equal,
      '===': equal,
      '!=': !equal,
      '<=': order <= 0,
      '>=': order >= 0,
      '<': order < 0,
      '>': order > 0,
      '~=': order >= 0 && within(want.length - 1),
    };
    met &&= holds[operator!]!;
  }
  return met;
};

/** The series of a version: `3.11` of `3.11.7`. */
export const series = (version: string): string => version.split('.').slice(0, 2).join('.');
