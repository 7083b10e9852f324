import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './repository.ts';

// Runs every check, one after the other, and tells at the end what failed.
// usage: npm run check [-- --write]     --write mends first what a program can: formatting, pages made from the code.
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const fix = values.write ? ['--write'] : [];

const steps: [name: string, command: string, ...args: string[]][] = [
  // Not by the name of its command, which TypeScript's older API in sandboxes (ADR 0027) has too.
  ['types', process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['console types', process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'packages/console/tsconfig.json'],
  ['console', process.execPath, 'tools/console.ts'],
  ['style', 'biome', ...(values.write ? ['check', '--write'] : ['ci']), '--error-on-warnings', '--colors=off', '.'],
  ['floors', process.execPath, 'tools/floors.ts'],
  ['unused', 'knip', '--no-progress'],
  ['policy', process.execPath, 'tools/policy-build.ts', '--check'],
  ['supply', process.execPath, 'tools/checks/supply.ts', ...fix],
  ['audit', process.execPath, 'tools/checks/audit.ts'],
  ['files', process.execPath, 'tools/checks/project.ts', ...fix],
];

const failed: string[] = [];
for (const [name, command, ...args] of steps) {
  const local = resolve(root, 'node_modules/.bin', command);
  const started = performance.now();
  const run = spawnSync(existsSync(local) ? local : command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (run.status === 0) {
    const last = run.stdout.trim().split('\n').at(-1);
    console.log(`✓ ${name} (${seconds} s)${last ? `: ${last}` : ''}`);
    continue;
  }
  console.log(`✗ ${name} (${seconds} s)`);
  failed.push(name);
  console.log(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error ?? ''}`.trimEnd());
}
console.log(
  failed.length === 0 ? `npm run check: all ${steps.length} hold` : `npm run check: FAILED: ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
