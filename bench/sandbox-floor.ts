import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits } from '../packages/crank/src/core/service.ts';
import { createSandbox } from '../packages/crank/src/engines/sandbox/create.ts';
import { percentile } from './load.ts';

/** What the sandbox alone does: milliseconds of a fresh call at concurrency 1, and calls a second at 16. */
export const benchForkFloor = async (ms: number): Promise<{ p50: number; perSecond: number }> => {
  const folder = mkdtempSync(join(tmpdir(), 'crank-bench-floor-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'add.py'), 'def add(a: int, b: int) -> int:\n    return a + b\n', { mode: 0o644 });
  const sandbox = createSandbox({
    scratchDir: join(folder, 'scratch'),
    runtimeDir: join(folder, 'runtime'),
    ...(process.getuid?.() === 0 && { uid: 64_000, gid: 64_000 }),
  });
  const { usable } = await sandbox.interpreters();
  const template = {
    key: 'floor',
    account: 'bench',
    isolation: 'fresh',
    interpreter: usable[0]!.path,
    codeDir: folder,
    libDirs: [],
    entry: 'add.py',
    limits: defaultLimits,
  } as const;
  const signal = new AbortController().signal;
  const input = Buffer.from('{"a":2,"b":3}');
  const context = Buffer.from('{"policies":{},"context":{}}');
  let n = 0;
  const run = async (concurrency: number, time: number): Promise<number[]> => {
    const took: number[] = [];
    const end = performance.now() + time;
    const worker = async (): Promise<void> => {
      for (let start = performance.now(); start < end; start = performance.now()) {
        await sandbox.run(template, {
          id: `floor-${n++}`,
          operation: 'add',
          input,
          context,
          files: [],
          limits: defaultLimits,
          signal,
        });
        took.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return took.sort((a, b) => a - b);
  };
  await run(1, 1_000);
  const one = await run(1, ms);
  const many = await run(16, ms);
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
  return { p50: percentile(one, 0.5), perSecond: many.length / (ms / 1000) };
};

if (import.meta.main) console.log(await benchForkFloor(4_000));
