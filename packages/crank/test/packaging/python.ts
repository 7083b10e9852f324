import { execFileSync } from 'node:child_process';
import type { Interpreter } from '#src/engines/packaging/interpreters.ts';
import { interpreter } from '../sandbox/harness.ts';

/** The Python that the tests run with: one that sandboxes can run, too. */
export const python: Interpreter = (() => {
  const code = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
  const path = interpreter();
  return { version: execFileSync(path, ['-c', code], { encoding: 'utf8' }).trim(), path };
})();
