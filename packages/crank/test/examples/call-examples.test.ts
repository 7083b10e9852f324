import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import type { Example } from './expectation.ts';

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
const python = fileURLToPath(new URL('../../../../python/src', import.meta.url));
const sdk = fileURLToPath(new URL('../../../sdk', import.meta.url));
const index = JSON.parse(readFileSync(join(examples, 'index.json'), 'utf8')) as Example[];
const offline = index.filter(({ needsNetwork }) => !needsNetwork);
/** What a schema cannot know: columns of a table, what a bank takes, the words of a command line. A manifest says it. */
const told: Record<string, { example: Record<string, unknown>; files: Record<string, string> }> = {
  ...Object.fromEntries(
    offline
      .filter((one) => ['totals', 'process_transaction'].includes(one.operation))
      .map((one) => [
        `${one.name}.${one.operation}`,
        {
          example: { ...one.input, ...(one.files['table'] && { table: 'orders.csv' }) },
          files: { 'orders.csv': one.files['table'] ?? '' },
        },
      ]),
  ),
  ...Object.fromEntries(
    [
      ['word-stats', 'gettysburg.txt'],
      ['csv-report', 'planets.csv'],
      ['access-log', 'access.log'],
      ['email-parse', 'archive.mbox'],
      ['diff-text', 'terms_v1.txt', 'terms_v2.txt'],
    ].map(([service, ...files]) => [
      `${service}.run`,
      { example: { args: files, files }, files: Object.fromEntries(files.map((file) => [file, `data/${file}`])) },
    ]),
  ),
  'loan.run': { example: { args: ['1200', '6', '3'] }, files: {} },
  'prime-slow.run': { example: { args: ['1000'] }, files: {} },
};
const run = promisify(execFile);

interface Shown {
  name: string;
  example: { files: Record<string, string | string[]>; curl: string; python: string; typescript: string };
}

/** Every example call that describing a service shows, run as it stands by curl, Python and Node. */
describe('example calls', () => {
  let node: TestNode;
  const folder = temporaryFolder('calls');
  const services = new Map<string, Shown[]>();

  beforeAll(async () => {
    node = await startNode();
    mkdirSync(join(folder.path, 'node_modules'));
    symlinkSync(sdk, join(folder.path, 'node_modules/crank-sdk'));
    for (const [name, path] of new Map(offline.map((one) => [one.name, one.path]))) {
      const deploy = async (manifest?: object): Promise<{ name: string }[]> => {
        const form = new FormData();
        form.append('name', name);
        form.append('file', new Blob([readFileSync(join(examples, path))]), path);
        if (manifest !== undefined) form.append('manifest', JSON.stringify(manifest));
        const { status, json } = await node.request<{ operations: { name: string }[] }>('POST', '/v1/services', {
          body: form,
        });
        expect(status).toBe(201);
        return json.operations;
      };
      const operations = await deploy();
      const said = operations.map((each) => [each.name, { example: told[`${name}.${each.name}`]?.example }]);
      await deploy({ operations: Object.fromEntries(said) });
      const described = await node.request<{ operations: Shown[] }>('GET', `/v1/services/${name}`);
      services.set(name, described.json.operations);
    }
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  const env = () => ({ ...process.env, CRANK_KEY: node.key, PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: '1' });
  /** Calls of an operation that ended well so far. */
  const well = async (service: string, operation: string): Promise<number> => {
    const { calls } = (
      await node.request<{ calls: { operation: string; outcome: string }[] }>('GET', `/v1/calls?service=${service}`)
    ).json;
    return calls.filter((call) => call.operation === operation && call.outcome === 'ok').length;
  };

  it.each([...new Set(offline.map(({ name }) => name))])('%s', async (service) => {
    const operations = services.get(service)!;
    expect(operations.length).toBeGreaterThan(0);
    for (const { name, example } of operations) {
      const given = offline.find((one) => one.name === service && one.operation === name);
      for (const [parameter, some] of Object.entries(example.files))
        for (const file of [some].flat()) {
          const real = told[`${service}.${name}`]?.files[file] ?? given!.files[parameter]!;
          copyFileSync(join(examples, real), join(folder.path, file));
        }
      writeFileSync(join(folder.path, 'call.py'), example.python);
      const options = { cwd: folder.path, env: env() };
      const before = await well(service, name);
      await run('sh', ['-c', example.curl.replace('curl ', 'curl -sS --fail-with-body ')], options);
      await run('/usr/bin/python3', ['call.py'], options);
      await run(
        process.execPath,
        ['--experimental-strip-types', '--input-type=module-typescript', '-e', example.typescript],
        options,
      );
      expect(await well(service, name), `${service}.${name}`).toBe(before + 3);
    }
  });

  it('are shown by the command line, too', async () => {
    const { stdout } = await node.crank(['describe', 'loan.schedule', '--example', 'python']);
    expect(stdout.trim()).toBe(services.get('loan')!.find(({ name }) => name === 'schedule')!.example.python);
    expect((await node.crank(['describe', 'loan', '--example', 'cobol'])).code).toBe(2);
  });

  it('that the author gives are held against the schema', async () => {
    const form = new FormData();
    form.append('file', new Blob(['def f(n: int) -> int:\n    return n\n']), 'f.py');
    form.append('manifest', JSON.stringify({ operations: { f: { example: { n: 'x' } } } }));
    const refused = await node.request('POST', '/v1/services', { body: form });
    expect(refused).toMatchObject({ status: 422, json: { code: 'not-deployable' } });
    expect(refused.json['detail']).toContain('The example of f does not match its schema');
  });
});
