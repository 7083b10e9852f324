import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureUv } from '#src/engines/packaging/ensure-uv.ts';
import { python } from '../packaging/python.ts';
import { temporaryFolder } from '../support/temporary.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = temporaryFolder('foreign');
afterAll(() => folder.remove());

/** Sets of libraries that one interpreter can have at a time, and which of test_foreign.py's tests they leave out. */
const sets = [
  { name: 'pydantic 2', install: ['numpy', 'pandas>=2', 'pydantic>=2,<3', 'pillow', 'attrs'], skipped: 0 },
  { name: 'pydantic 1', install: ['pydantic>=1.10,<2', 'attrs'], skipped: 4 },
];

describe('values of libraries, with the libraries themselves', { timeout: 180_000 }, () => {
  it.each(sets)('$name', async ({ name, install, skipped }) => {
    const target = join(folder.path, name);
    const uv = await ensureUv(join(folder.path, 'tools'), () => {}, [python.path]);
    const args = ['pip', 'install', '--quiet', '--only-binary', ':all:', '--python', python.path, '--target', target];
    execFileSync(uv, [...args, ...install], { stdio: 'pipe' });
    const run = ['-W', 'ignore', '-B', '-S', '-m', 'unittest', '-v', 'test_foreign', 'test_vectors'];
    const env = { ...process.env, PYTHONPATH: target };
    const { status, stderr } = spawnSync(python.path, run, { cwd: here, encoding: 'utf8', env });
    expect(status, stderr).toBe(0);
    expect(stderr.match(/ skipped /g) ?? [], stderr).toHaveLength(skipped);
    expect(stderr).toMatch(/Ran 7 tests/);
  });
});
