import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/auditor.md'), 'utf8');
const build = spawnSync('go', ['-C', join(root, 'tools/outside'), 'build', '-o', '/dev/null', '.'], {
  encoding: 'utf8',
});
/** Its modules come from the network, once. Where there is none, or no Go, this is left out; any other failure shows below. */
const go = build.error === undefined && !/dial tcp|no such host|proxyconnect|i\/o timeout/.test(build.stderr);

interface Step {
  title: string;
  commands: string;
  /** What is printed: line by line, `...` being any text, a line of `...` any lines. */
  output: string;
}

const blocks = [...page.matchAll(/(?:^## (.*)$)|```sh\n([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/gm)];
let title = 'What is there';
const steps: Step[] = blocks.flatMap(([, heading, commands, output]) => {
  title = heading ?? title;
  return commands === undefined ? [] : [{ title, commands, output: output ?? '' }];
});

const pattern = (output: string): RegExp => {
  const lines = output.split('\n').slice(0, -1);
  const escaped = lines.map((line) =>
    line === '...'
      ? '(?:.*\\n)*?'
      : `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\.\\.\\.', '.*')}\\n`,
  );
  return new RegExp(`^${escaped.join('')}$`);
};

/** docs/auditor.md, as an auditor would follow it: each block in the same shell and folder, and what it prints compared. */
describe.skipIf(!go)('the walk-through for auditors (needs Go)', () => {
  const folder = temporaryFolder('auditor');
  const file = (name: string): string => join(folder.path, name);
  let node: TestNode;

  beforeAll(async () => {
    node = await startNode();
    writeFileSync(
      file('words.py'),
      'from collections import Counter\n\ndef top_words(text: str) -> list[tuple[str, int]]:\n    return Counter(text.split()).most_common(2)\n',
    );
    await node.crank(['deploy', file('words.py')]);
    const called = await node.request('POST', '/v1/services/words/top_words', { json: { text: 'a b a' } });
    writeFileSync(file('answer.json'), called.text);
    writeFileSync(file('receipt.json'), (await node.request('GET', called.headers.get('crank-receipt')!)).text);
    writeFileSync(file('log.vkey'), (await node.request('GET', '/log/vkey')).text);
  });
  afterAll(async () => {
    await node?.remove();
    folder.remove();
  });

  it('has steps', () => {
    expect(steps.length).toBeGreaterThan(8);
  });

  it.each(steps)('$title: $commands', { timeout: 300_000 }, ({ commands, output }) => {
    // Variables live on from block to block; files do anyhow.
    const script = `set -eu -o pipefail\n[ ! -f state ] || . ./state\n${commands}\nset -u; echo "VKEY='\${VKEY:-}'" > state`;
    const ran = spawnSync('bash', ['-c', script], {
      cwd: folder.path,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${join(root, 'packages/crank/bin')}:${process.env['PATH']}`,
        CRANK: root,
        CRANK_URL: node.url,
        CRANK_KEY: node.key,
        CRANK_DATA: file('nowhere'),
      },
    });
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(pattern(output));
  });
});
