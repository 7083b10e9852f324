import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const crank = fileURLToPath(new URL('../../bin/crank', import.meta.url));

it('a reader that has had enough is no error', () => {
  // `true` has ended long before anything is printed.
  const said = execFileSync('/bin/sh', ['-c', '{ { "$0" --help; echo "exit $?" >&2; } | true; } 2>&1', crank], {
    encoding: 'utf8',
  });
  expect(said).toBe('exit 0\n');
});
