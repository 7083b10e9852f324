/** An argument of a program cannot carry NUL (execve(2)). */
export const NO_NUL = '^[^\\u0000]*$';
/** An argument that begins with a dash would be an option. */
export const NO_OPTION = '^([^\\u0000-][^\\u0000]*)?$';

/**
 * The values of `pattern` that schemas may have: these and no others, since expressions of others would run here. Each is
 * checked by hand, in time linear in the text.
 */
export const knownPatterns: ReadonlyMap<string, { test: (text: string) => boolean; expected: string }> = new Map([
  [NO_NUL, { test: (text) => !text.includes('\0'), expected: 'text without the character NUL' }],
  [
    NO_OPTION,
    {
      test: (text) => !text.startsWith('-') && !text.includes('\0'),
      expected: 'text that does not begin with "-", which would be an option, and is without the character NUL',
    },
  ],
]);
