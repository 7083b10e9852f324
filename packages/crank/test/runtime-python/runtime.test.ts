import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const sdk = fileURLToPath(new URL('../../../../python', import.meta.url));

/** Interpreters of this machine that start, each version once: `python3` and the numbered ones that the runtime supports. */
const interpreters = (): { version: string; path: string }[] => {
  const found = new Map<string, string>();
  for (const name of ['python3', 'python3.9', 'python3.10', 'python3.11', 'python3.12', 'python3.13', 'python3.14']) {
    const script = 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)';
    const { status, stdout } = spawnSync(name, ['-c', script], { encoding: 'utf8' });
    const [version, path] = (stdout ?? '').trim().split(' ');
    if (status === 0 && version && path && !found.has(version)) found.set(version, path);
  }
  return [...found].map(([version, path]) => ({ version, path }));
};

const unittest = (path: string, folder: string): { tests: number; report: string } => {
  const { status, stderr } = spawnSync(path, ['-W', 'ignore', '-B', '-m', 'unittest', 'discover', '-s', folder], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return { tests: Number(/Ran (\d+) tests?/.exec(stderr)?.[1] ?? 0), report: stderr };
};

describe('the Python that runs in the sandbox', () => {
  const all = interpreters();

  it('has an interpreter to run on', () => {
    expect(all.length).toBeGreaterThan(0);
  });

  it.each(all)('passes its tests on Python $version', ({ path }) => {
    expect(unittest(path, here).tests).toBeGreaterThan(50);
  });

  it.each(all)('and so does the PyPI package on Python $version', ({ path }) => {
    expect(unittest(path, `${sdk}/tests`).tests).toBeGreaterThan(5);
  });

  it('imports nothing heavy by itself', () => {
    const runtime = fileURLToPath(new URL('../../src/engines/sandbox/runtime', import.meta.url));
    const script = 'import sys; sys.path.insert(0, sys.argv[1]); import crank_runtime.service; print(*sys.modules)';
    const loaded = execFileSync(all[0]!.path, ['-I', '-S', '-B', '-c', script, runtime], { encoding: 'utf8' }).split(
      /\s/,
    );
    const heavy = ['typing', 'asyncio', 'inspect', 'dataclasses', 'decimal', 'datetime', 'pathlib', 'ast', 'traceback'];
    expect(loaded).toContain('crank_runtime.service');
    expect(heavy.filter((name) => loaded.includes(name))).toEqual([]);
  });
});
