import { execFileSync } from 'node:child_process';
import type { Interpreter } from '#src/engines/packaging/interpreters.ts';

/** The Python that the tests run with: the first on PATH. */
export const python: Interpreter = (() => {
  const code = 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.executable)';
  const [version, path] = execFileSync('python3', ['-c', code], { encoding: 'utf8' }).trim().split(' ');
  return { version: version!, path: path! };
})();
