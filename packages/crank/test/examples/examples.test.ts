import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type Example, isPartOf } from './expectation.ts';

const folder = fileURLToPath(new URL('../../../../examples', import.meta.url));
const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Example[];
const title = ({ name, operation }: Example): string => `${name}.${operation}`;

/** First bytes of the files that operations return. */
const beginnings: Record<string, Buffer> = {
  'thumbnail.thumbnail': Buffer.from('89504e470d0a1a0a', 'hex'),
  'diff-text.page': Buffer.from('\n<!DOCTYPE html'),
};

test('the index has every script', () => {
  const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.py'));
  const listed = index.map(({ path }) => (path.endsWith('.py') ? path : join(path, `${path}.py`)));
  expect(new Set(listed)).toEqual(new Set(scripts));
  expect(index[0]).toMatchObject({ needsNetwork: false, files: {} });
});

test.each([
  ['word_stats.py', ['data/gettysburg.txt'], '    5  nation\n'],
  ['csv_report.py', ['data/planets.csv'], "name='moons', kind='number'"],
  ['access_log.py', ['data/access.log'], '2026-11-22T06:29:40+00:00 503 POST /checkout\n'],
  ['email_parse.py', ['data/archive.mbox'], '\tmax@hill-vale.example\tRe: Rechnung für Bestellung'],
  ['loan.py', ['1200', '6', '3'], 'total 1212.02, of it interest 12.02\n'],
  ['diff_text.py', ['data/terms_v1.txt', 'data/terms_v2.txt'], '+7. Deliveries abroad'],
  ['prime_slow.py', ['1000'], 'primes=168, largest=997'],
])('%s is plain Python, too', (script, args, said) => {
  expect(execFileSync('python3', ['-B', script, ...args], { cwd: folder, encoding: 'utf8' })).toContain(said);
});

describe('each as a service, with its real input', () => {
  let node: TestNode;
  const results = temporaryFolder('examples');
  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(async () => {
    await node.remove();
    results.remove();
  });

  it.each([...new Map(index.map((one) => [one.name, one])).values()])('$name is deployed', async ({ name, path }) => {
    const deployed = await node.crank(['deploy', join(folder, path), '--name', name, '--json']);
    expect(deployed).toMatchObject({ code: 0 });
    expect(JSON.parse(deployed.stdout)).toMatchObject({ name, created: true, findings: [] });
  });

  it.each(index)('$name.$operation', async (example) => {
    const output = join(results.path, title(example));
    const files = Object.entries(example.files).flatMap(([name, file]) => ['-f', `${name}=@${join(folder, file)}`]);
    const input = JSON.stringify(example.input);
    const called = await node.crank(['call', title(example), '-i', input, ...files, '-o', output]);
    expect(called).toMatchObject({ code: 0 });
    const bytes = readFileSync(output);
    if (example.expect === null) {
      const beginning = beginnings[title(example)]!;
      expect(bytes.subarray(0, beginning.length)).toEqual(beginning);
      return;
    }
    const text = bytes.toString();
    const streamed = title(example) === 'access-log.records';
    const value: unknown = streamed
      ? text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : JSON.parse(text);
    expect(isPartOf(example.expect, value), text).toBe(true);
  });

  it('a call that is slow on purpose ends at its deadline', async () => {
    const called = await node.crank(['call', 'prime-slow.search', '-a', 'seconds=20', '--deadline', '300ms']);
    expect(called).toMatchObject({ code: 1, stdout: '' });
    expect(called.stderr).toMatch(/time/);
  });
});
