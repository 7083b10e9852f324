import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Packed, pack } from '../pack.ts';
import { root } from '../repository.ts';
import { temporary } from './temporary.ts';

/** What would be published, unpacked as npm does it, and used by somebody who has nothing else of ours. */
describe('packages', () => {
  const folder = temporary();
  const packed: Packed[] = [];
  beforeAll(() => {
    for (const path of ['packages/verify', 'packages/sdk']) {
      const one = pack(path, folder.path, false);
      packed.push(one);
      const target = join(folder.path, 'node_modules', one.name);
      mkdirSync(target, { recursive: true });
      execFileSync('tar', ['-xzf', one.file, '-C', target, '--strip-components=1']);
    }
    writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => folder[Symbol.dispose]());

  test('hold JavaScript, declarations, readme and licence, and no source', () => {
    for (const { files } of packed) {
      expect(files).toEqual(
        expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
      );
      expect(files.filter((file) => /(^src|test|(?<!\.d)\.ts$)/.test(file))).toEqual([]);
    }
  });

  test('run, and verify a receipt', () => {
    const program = `import { readFileSync } from 'node:fs';
import { CrankClient } from 'crank-sdk';
const { vkey, good } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const client = new CrankClient({ url: 'http://x', fetch: async () => new Response(good[0].file) });
console.log((await client.receipts.verify(JSON.parse(atob(JSON.parse(good[0].file).envelope.payload)).subject[0].name, { vkeys: [vkey] })).kind);
`;
    writeFileSync(join(folder.path, 'uses.js'), program);
    const args = [join(folder.path, 'uses.js'), join(root, 'vectors/receipt/receipts.json')];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('call\n');
  });

  test('have types that hold without those of Node', () => {
    const program = `import { CrankClient, type Job } from 'crank-sdk';
export const state = async (client: CrankClient): Promise<Job['state']> => (await client.jobs.get('x')).state;
// @ts-expect-error: there is none
export const none = async (client: CrankClient): Promise<number> => (await client.jobs.get('x')).state;
`;
    writeFileSync(join(folder.path, 'uses.ts'), program);
    const strict = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'dom', 'esnext'],
      types: [],
    };
    writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions: strict, files: ['uses.ts'] }));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    expect(execFileSync(process.execPath, [compiler, '-p', folder.path], { encoding: 'utf8' })).toBe('');
  });
});
