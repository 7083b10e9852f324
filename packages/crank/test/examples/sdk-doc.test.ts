import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typescriptBindings } from '#src/doors/cli/bindings/typescript.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { sessionsIn } from './sessions.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const run = promisify(execFile);

const HOSTILE = '*/ throw new Error("out of the comment") /*';

/** Each program as it stands, with the types that it claims. */
describe('docs/sdk.md', () => {
  const { files, sessions } = sessionsIn('sdk.md');
  const folder = temporaryFolder('sdk');
  let node: TestNode;

  beforeAll(async () => {
    node = await startNode();
    mkdirSync(join(folder.path, 'node_modules'));
    symlinkSync(at('packages/sdk'), join(folder.path, 'node_modules/crank-sdk'));
    writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
    for (const [name, content] of files) writeFileSync(join(folder.path, name), content);
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it.each(sessions.map((steps) => [steps[0]!.command, steps] as const))('does what it shows: %s', async (_, steps) => {
    for (const { command, shown } of steps) {
      const { stdout } = await run('sh', ['-c', command], {
        cwd: folder.path,
        env: {
          ...process.env,
          PATH: `${at('packages/crank/bin')}:${at('node_modules/.bin')}:${process.env['PATH']}`,
          PYTHONPATH: at('python/src'),
          CRANK_URL: node.url,
          CRANK_KEY: node.key,
          CRANK_DATA: node.data,
        },
      });
      expect(stdout.trimEnd(), command).toBe(shown);
    }
  });

  it('has the types that it says, and bindings are no way in for code of strangers', async () => {
    const schema = {
      type: 'object',
      properties: { "a'b\n\\": { type: 'integer', description: HOSTILE }, class: { $ref: '#/$defs/Nö de' }, f: {} },
      required: ['class'],
      additionalProperties: false,
      $defs: {
        'Nö de': {
          type: 'object',
          properties: {
            next: { $ref: '#/$defs/Nö de' },
            pair: {
              type: 'array',
              prefixItems: [{ const: HOSTILE }, { type: ['string', 'null'] }],
              minItems: 1,
              items: false,
            },
          },
        },
      },
    };
    const operation = { name: 'delete', description: HOSTILE, input: schema, output: schema, files: ['f'] };
    const operations = (['json', 'file', 'stream'] as const).map((result) => ({
      ...operation,
      name: `${result}'x`,
      result,
    }));
    const service = { account: 'a', name: 'new', version: 'sha256:0', description: HOSTILE, operations };
    writeFileSync(
      join(folder.path, 'hostile.ts'),
      typescriptBindings([service, { ...service, name: 'n-ew' }], () => `new'`),
    );
    writeFileSync(
      join(folder.path, 'uses.ts'),
      `import { words } from './bindings.ts';
import { _new } from './hostile.ts';
import { CrankClient } from 'crank-sdk';
const client = new CrankClient();
// @ts-expect-error: it is a text
words(client).top_words({ text: 7 });
// @ts-expect-error: it is missing
words(client).top_words({ n: 7 });
export const pairs: Promise<{ value: [string, number][] }> = words(client).top_words({ text: 'x', n: 2n });
_new(client)["json'x"]({ class: { next: {} } });
// @ts-expect-error: there is none
client.keys.create({ name: 'x', role: 'king' });
`,
    );
    const options = {
      extends: at('tsconfig.json'),
      include: ['*.ts'],
      exclude: [],
      compilerOptions: {
        rootDir: '/',
        noPropertyAccessFromIndexSignature: false,
        typeRoots: [at('node_modules/@types')],
      },
    };
    writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify(options));
    const compiler = run(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', folder.path]);
    const { stdout } = await compiler.catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });
});
