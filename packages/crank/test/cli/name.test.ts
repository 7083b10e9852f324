import { describe, expect, it } from 'vitest';
import { parseName, servicePath } from '#src/doors/cli/name.ts';

describe('names of services', () => {
  it('read as CONTRACT.md says', () => {
    const name = parseName('acme/words@stable.top_words');
    expect(name).toEqual({ account: 'acme', service: 'words', version: 'stable', operation: 'top_words' });
    expect(servicePath(name)).toBe('/v1/accounts/acme/services/words');
    expect(parseName('words@1a2b3c4d')).toEqual({
      account: undefined,
      service: 'words',
      version: '1a2b3c4d',
      operation: undefined,
    });
    expect(servicePath(parseName('words.x'))).toBe('/v1/services/words');
    expect(parseName('stacks@stable.Stack.push')).toMatchObject({ service: 'stacks', operation: 'Stack.push' });
  });

  it.each(['', 'Words', 'a/b/c', 'words.', 'words@', '../x', 'words.1x', 'words.A.', 'words.A.b.c'])(
    'refuses %j',
    (text) => {
      expect(() => parseName(text)).toThrow(/no name of a service/);
    },
  );
});
