import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

// The examples of the READMEs of examples/, packages/crank/policies/ and python/. docs/dependencies.md has none to run.

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const run = promisify(execFile);

const blocks = (path: string, kind: string): string[] =>
  [...readFileSync(join(root, path), 'utf8').matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, body]) => body!,
  );

describe('examples in READMEs', () => {
  const folder = temporaryFolder('readmes');
  let node: TestNode;
  const environment = () => ({
    ...process.env,
    PATH: `${join(root, 'packages/crank/bin')}:${process.env['PATH']}`,
    PYTHONPATH: join(root, 'python/src'),
    CRANK_URL: node.url,
    CRANK_DATA: node.data,
    CRANK_KEY: readFileSync(join(node.data, 'owner.key'), 'utf8').trim(),
  });

  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it('examples/README.md', async () => {
    const [commands] = blocks('examples/README.md', 'sh');
    for (const [name, script] of [
      ['email-parse', 'email_parse.py'],
      ['access-log', 'access_log.py'],
      ['thumbnail', 'thumbnail.py'],
    ] as const) {
      const deployed = await node.crank(['deploy', join(root, 'examples', script), '--name', name]);
      expect(deployed).toMatchObject({ code: 0 });
    }
    // What it writes goes to a folder of the test's.
    const script = commands!.replaceAll('npx crank', 'crank').replaceAll('-o ', `-o ${folder.path}/`);
    const { stdout } = await run('sh', ['-ec', script], { cwd: root, env: environment() });
    expect(stdout).toContain('/checkout');
    expect(readFileSync(join(folder.path, 'small.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it.each(blocks('packages/crank/policies/README.md', 'rego').map((text, at) => [at, text] as const))(
    'packages/crank/policies/README.md, policy %i',
    async (at, text) => {
      const path = join(folder.path, `policy${at}.rego`);
      writeFileSync(path, text);
      expect(await node.crank(['policy', 'apply', path])).toMatchObject({ code: 0 });
      const name = /^package (\S+)/.exec(text)![1]!;
      expect((await node.crank(['policy', 'list'])).stdout).toContain(name);
      expect(await node.crank(['policy', 'remove', name])).toMatchObject({ code: 0 });
    },
  );

  it('python/README.md', async () => {
    const [decorated, client, verifying] = blocks('python/README.md', 'python');
    const cwd = join(folder.path, 'client');
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'greet.py'), decorated!);
    writeFileSync(join(cwd, 'client.py'), client!);
    const { stdout } = await run('python3', ['client.py'], { cwd, env: environment() });
    expect(stdout).toMatch(/^Hello Ada!\n/);
    expect(stdout).toMatch(/invalid-input/);
    // The receipt of a call, under this node's key instead of the one that stands there.
    await node.crank(['call', 'greet.greet', '-a', 'name=Ada', '--receipt', join(cwd, 'receipt.json')]);
    const key = (await (await fetch(`${node.url}/log/vkey`)).text()).trim();
    const verify = verifying!.replace(/"example\.com\/log\+[^"]+"/, JSON.stringify(key));
    expect(verify).not.toBe(verifying);
    writeFileSync(join(cwd, 'verify.py'), verify);
    expect((await run('python3', ['verify.py'], { cwd, env: environment() })).stdout).toMatch(/^ok \d+ /);
  });
});
