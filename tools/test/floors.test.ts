import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { floorFaults } from '../floors.ts';
import { root, sources } from '../repository.ts';
import { temporary } from './temporary.ts';

const at = (path: string, text: string) => floorFaults([{ path: `packages/${path}`, text }]);
const call = 'crank/src/platform/call.ts';
const python = 'crank/src/engines/sandbox/python.ts';
const inside = 'crank/src/engines/sandbox/runtime/node/main.ts';

describe('what goes down passes', () => {
  test.each([
    ['app', 'crank/src/app/main.ts', `import { x } from '#src/doors/http/server.ts'; import y from 'fastify';`],
    ['door', 'crank/src/doors/http/server.ts', `import { call } from '#src/platform/call.ts'; import './routes.ts';`],
    ['platform', call, `import { p } from '#src/engines/policy/decide.ts'; import { v } from 'crank-verify';`],
    ['engine', python, `import { s } from '#src/store/store.ts'; import './frame.ts'; import fs from 'node:fs';`],
    ['core', 'crank/src/core/digest.ts', `import { hash } from 'node:crypto'; const b: Buffer = hash('x');`],
    [
      'verify',
      'verify/src/index.ts',
      `export * from './note.ts'; const { process } = { process: 1 }.x ?? {};`.slice(0, 26),
    ],
    ['sdk', 'sdk/src/index.ts', `export { verifyReceipt } from 'crank-verify';`],
    ['a property is no global', 'verify/src/a.ts', `export const f = (x: { process: number }) => x.process;`],
    ["the user's module", inside, `const a = (x: string) => import(x); import './channel.ts'; import 'node:fs';`],
    ['data beside the code', python, `new URL('./zygote.py', import.meta.url)`],
  ])('%s', (_, path, text) => expect(at(path, text)).toEqual([]));
});

describe('a planted fault is found, with its line', () => {
  test.each([
    ['up', 'crank/src/core/id.ts', `\nimport { s } from '#src/store/store.ts';`, ':2: core may not import store'],
    ['engine to engine', python, `import { d } from '#src/engines/policy/decide.ts';`, 'may not import its neighbour'],
    ['by a relative path', python, `import { d } from '../policy/decide.ts';`, 'may not import its neighbour'],
    [
      'door to door',
      'crank/src/doors/cli/run.ts',
      `import '#src/doors/http/server.ts';`,
      'may not import its neighbour',
    ],
    [
      'door to engine',
      'crank/src/doors/cli/run.ts',
      `import '#src/engines/audit/log.ts';`,
      'doors may not import engines',
    ],
    ['type only', call, `import type { A } from '#src/app/config.ts';`, 'platform may not import app'],
    ['type query', call, `type A = import('#src/app/config.ts').A;`, 'platform may not import app'],
    ['re-export', call, `export { a } from '#src/doors/cli/run.ts';`, 'platform may not import doors'],
    ['export all', call, `export * from '#src/doors/cli/run.ts';`, 'platform may not import doors'],
    ['dynamic', call, `const a = await import('#src/app/config.ts');`, 'platform may not import app'],
    ['dynamic template', call, 'const a = await import(`#src/app/config.ts`);', 'platform may not import app'],
    ['dynamic, unreadable', call, `const a = (x: string) => import(x);`, 'what only runs can tell'],
    ['worker', python, `new Worker(new URL('../audit/w.ts', import.meta.url))`, 'may not import its neighbour'],
    ['require', call, `const a = require('#src/app/config.ts');`, 'platform may not import app'],
    ['import equals', call, `import a = require('#src/app/config.ts');`, 'platform may not import app'],
    ['resolve', call, `import.meta.resolve('#src/app/config.ts')`, 'platform may not import app'],
    ['path into a package', call, `import '../../../verify/src/note.ts';`, 'outside every package'],
    ['path out of src', call, `import '../../test/support/x.ts';`, 'outside every package'],
    ['verify and node', 'verify/src/a.ts', `import { hash } from 'node:crypto';`, 'verify may not import node:crypto'],
    ['verify and npm', 'verify/src/a.ts', `import 'ajv';`, 'verify may not import packages from npm'],
    ['verify and core', 'verify/src/a.ts', `import '../../crank/src/core/id.ts';`, 'outside every package'],
    ['verify and Buffer', 'verify/src/a.ts', `export const b = Buffer.from('');`, 'verify may not use Buffer'],
    ['verify and globalThis', 'verify/src/a.ts', `globalThis.process.exit()`, 'verify may not use process'],
    ['core and the disk', 'crank/src/core/id.ts', `import 'node:fs';`, 'core may not import node:fs'],
    ['sdk and the platform', 'sdk/src/a.ts', `import 'crank-platform';`, 'sdk may not import packages from npm'],
    ['sandbox to platform', inside, `import '#src/core/error.ts';`, 'runs in sandboxes'],
    ['sandbox to engine', inside, `import '../../sandbox.ts';`, 'runs in sandboxes'],
    ['no such floor', 'crank/src/util/a.ts', '', 'stands in no room'],
    ['beside the floors', 'crank/src/a.ts', '', 'stands in no room'],
    ['beside the engines', 'crank/src/engines/a.ts', '', 'stands in no room'],
  ])('%s', (_, path, text, fault) => {
    const found = at(path, text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(fault);
  });

  test('a file that does not parse', () => {
    expect(() => at(call, 'import {')).toThrow(/call\.ts/);
  });
});

test('nothing read is not passed', () => {
  expect(() => floorFaults([])).toThrow('no source file was read');
  expect(sources().length).toBeGreaterThan(20);
});

test('the program fails on a planted fault, on no file, and passes when it is mended', () => {
  using folder = temporary();
  cpSync(join(root, 'tools/floors'), join(folder.path, 'tools/floors'), { recursive: true });
  for (const file of ['floors.ts', 'repository.ts'])
    cpSync(join(root, 'tools', file), join(folder.path, 'tools', file));
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder.path, '.gitignore'), 'node_modules');
  execFileSync('git', ['init', '-q'], { cwd: folder.path });
  const run = () => spawnSync(process.execPath, ['tools/floors.ts'], { cwd: folder.path, encoding: 'utf8' });

  const empty = run();
  expect(empty.status).not.toBe(0);
  expect(empty.stderr).toContain('no source file was read');

  mkdirSync(join(folder.path, 'packages/crank/src/core'), { recursive: true });
  const file = join(folder.path, 'packages/crank/src/core/id.ts');
  writeFileSync(file, `export * from '#src/app/main.ts';\n`);
  const faulty = run();
  expect(faulty.stderr).toContain('packages/crank/src/core/id.ts:1: core may not import app');
  expect(faulty.status).toBe(1);

  writeFileSync(file, 'export const one = 1;\n');
  const mended = run();
  expect(mended.stdout).toContain('floors: 1 files, 0 faults');
  expect(mended.status).toBe(0);
});
