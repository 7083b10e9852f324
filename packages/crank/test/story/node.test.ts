import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const here = fileURLToPath(new URL('node', import.meta.url));
const data = fileURLToPath(new URL('../../../../examples/data', import.meta.url));

/** Modules in TypeScript and JavaScript as services, end to end. */
describe('modules for Node', { timeout: 120_000 }, () => {
  const folder = temporaryFolder('modules');
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  const post = (path: string, json: unknown = {}) => node.request('POST', `/v1/services/${path}`, { json });
  const deployed = async (name: string, files: Record<string, string>) => {
    const answer = await node.deploy(name, files);
    expect(answer.status, answer.text).toBe(201);
    return answer.json as {
      operations: { name: string; input: Schema; output: Schema; result: string }[];
      findings: { message: string }[];
    };
  };
  type Schema = { properties: Record<string, object>; required?: string[] };
  const form = (parts: Record<string, string | Blob>): FormData => {
    const body = new FormData();
    for (const [name, part] of Object.entries(parts)) {
      if (typeof part === 'string') body.append(name, part);
      else body.append(name, part, 'access.log');
    }
    return body;
  };
  const log = () => new Blob([readFileSync(join(data, 'access.log'))]);

  it('packages that others wrote: Markdown, CSV, XML, and an order that Zod checks', async () => {
    expect(await node.crank(['deploy', join(here, 'documents')])).toMatchObject({ code: 0 });
    const { json } = await node.request('GET', '/v1/services/documents');
    expect(json).toMatchObject({
      runtime: 'node',
      description: 'Documents of some formats as JSON or HTML.',
      requirements: ['csv-parse@6.1.0', 'fast-xml-parser@5.3.2', 'marked@16.4.2', 'zod@4.1.12'],
      lock: expect.stringMatching(/^sha256:/),
    });
    expect((await post('documents/html', { markdown: '# Hi *you*' })).json).toBe('<h1>Hi <em>you</em></h1>\n');
    const rows = await node.crank(['call', 'documents.rows', '-f', `table=@${join(data, 'planets.csv')}`]);
    expect((JSON.parse(rows.stdout) as object[]).length).toBe(8);
    expect((await post('documents/xml', { text: '<a b="1"><c>2</c></a>' })).json).toEqual({ a: { c: 2, '@_b': '1' } });
    const order = { id: 'A-17', items: [{ sku: 'x' }, { sku: 'y', count: 4 }], due: '2026-12-24T00:00:00Z' };
    const receipt = join(folder.path, 'receipt.json');
    const called = await node.crank([
      'call',
      'documents.total',
      '--input',
      JSON.stringify(order),
      '--receipt',
      receipt,
    ]);
    expect(JSON.parse(called.stdout)).toEqual({ count: 5, year: 2026 });
    const vkeys = [(await node.request('GET', '/log/vkey')).text.trim()];
    expect((await verifyReceipt(readFileSync(receipt), { vkeys })).predicate).toMatchObject({
      service: 'documents',
      operation: 'total',
      isolation: 'fresh',
    });
    expect((await post('documents/total', { id: 'A', items: [] })).json).toMatchObject({ code: 'invalid-input' });
    // What the platform does not check, the library does.
    expect((await post('documents/total', { id: 'A-1', items: [], mail: 'nobody' })).json).toMatchObject({
      code: 'invalid-input',
      errors: [{ pointer: '/mail' }],
    });
  });

  it('files and streams: an access log in, entries and files out', async () => {
    expect(await node.crank(['deploy', join(here, 'journal')])).toMatchObject({ code: 0 });
    const read = await node.request('POST', '/v1/services/journal/entries', {
      body: form({ log: log(), status: '404' }),
    });
    const entries = read.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { status: number; time: string });
    expect(entries.length).toBeGreaterThan(2);
    expect(new Set(entries.slice(0, -1).map(({ status }) => status))).toEqual(new Set([404]));
    expect(entries[0]!.time).toMatch(/^2026-11-22T\d\d:\d\d:\d\d\.000Z$/);

    const top = await node.request('POST', '/v1/services/journal/top', { body: form({ log: log(), count: '2' }) });
    expect(top.headers.get('content-type')).toBe('text/csv');
    expect(top.headers.get('content-disposition')).toContain('top.csv');
    expect(top.text).toMatch(/^path,count\n\S+,\d+\n\S+,\d+\n$/);
    const { json } = await node.request('GET', `/v1/calls/${top.headers.get('crank-call')}`);
    expect(json).toMatchObject({
      outcome: 'ok',
      stdout: expect.stringMatching(/^\d+ paths\n$/),
      stderr: expect.stringContaining('no entry: '),
    });

    const answer = await fetch(`${node.url}/v1/services/journal/compressed`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.key}` },
      body: form({ log: log() }),
    });
    expect(answer.headers.get('content-type')).toBe('application/gzip');
    expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).equals(readFileSync(join(data, 'access.log')))).toBe(
      true,
    );
  });

  it('a stream without an end waits for its reader, and ends when that hangs up', async () => {
    const stop = new AbortController();
    const answer = await fetch(`${node.url}/v1/services/journal/endless`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ size: 10_000 }),
      signal: stop.signal,
    });
    const call = answer.headers.get('crank-call');
    const reader = answer.body!.getReader();
    for (let bytes = 0; bytes < 1_000_000; ) bytes += (await reader.read()).value!.length;
    stop.abort();
    const settled = async (): Promise<Record<string, unknown>> => {
      for (;;) {
        const { json, status } = await node.request('GET', `/v1/calls/${call}`);
        if (status === 200 && json['outcome'] !== 'running') return json;
      }
    };
    expect(await settled()).toMatchObject({ outcome: 'cancelled' });
    expect((await post('journal/endless', { size: 'x' })).json).toMatchObject({ code: 'invalid-input' });
  });

  it('values of TypeScript over JSON, both ways', async () => {
    const { operations } = await deployed('values', {
      'main.ts': `
        console.log('imported');
        type Id = string & { readonly brand: unique symbol };
        type Shape = { kind: 'circle'; radius: number } | { kind: 'box'; sides: [number, number]; made: Date };
        interface Tree { name: string; children?: Tree[]; since?: Date }
        export const big = (n: bigint, more: bigint[] = []) => [n, ...more].reduce((a, b) => a + b) * 2n;
        export const when = (at: Date, zone?: 'UTC' | 'local') => ({ at, year: at.getUTCFullYear(), zone });
        export const bytes = (data: Uint8Array) => ({ size: data.length, back: Buffer.from(data).reverse(), raw: new Uint8Array([1, 2]).buffer });
        export const collect = (pairs: Map<string, bigint>, tags: Set<string>) =>
          ({ map: new Map([...pairs].reverse()), size: tags.size, set: new Set([...tags].sort()), keyed: new Map([[1, 'a']]), odd: new Map([[{}, 1]]) });
        export function rest(first: string, ...others: number[]) { return [first, others.length, ...others]; }
        export const tree = (tree: Tree): { depth: number; since: Tree['since'] | null } => {
          const depth = (one: Tree): number => 1 + Math.max(0, ...(one.children ?? []).map(depth));
          return { depth: depth(tree), since: tree.children?.[0]?.since ?? null };
        };
        export const area = (shape: Shape, scale: number | null) =>
          shape.kind === 'circle' ? shape.radius : shape.sides[0] * shape.sides[1] + shape.made.getUTCDate() * (scale ?? 0);
        export const link = (url: URL, id: Id) => ({ host: url.host, url, id });
        export const numbers = () => [NaN, Infinity, -0, 1e21, 2 ** 53 + 1];
        export const nothing = () => {};
        export const own = ({ a, __proto__: b }: { a: any; __proto__: any }) => ({ a, b });
        export const polluted = (value: any) => [Object.keys(value), ({} as any).isAdmin ?? 'no'];
        export const who = (name: string, context: { account: string; operation: string }) => name + ' ' + context.account + ' ' + context.operation;
        let calls = 0;
        export const counted = () => ++calls;
        class Point { #secret = 1; x = 1; y?: number; toString() { return 'p'; } }
        export const point = () => new Point();
        export const circle = () => { const a: any = {}; a.a = a; return a; };
        export const fn = (): any => ({ f: Symbol('s') });
      `,
    });
    const inputOf = (name: string) => operations.find((one) => one.name === name)!.input;
    expect(inputOf('when').properties).toMatchObject({
      at: { type: 'string', format: 'date-time' },
      zone: { enum: ['UTC', 'local'] },
    });
    expect(inputOf('tree').properties).toMatchObject({
      name: { type: 'string' },
      children: { type: 'array', items: { $ref: '#/$defs/Tree' } },
    });
    expect(inputOf('who')).toMatchObject({ properties: { name: {} }, required: ['name'] });
    expect(Object.keys(inputOf('who').properties)).toEqual(['name']);

    const of = async (operation: string, json: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const body = typeof json === 'string' ? json : JSON.stringify(json);
      return (await node.request('POST', `/v1/services/values/${operation}`, { body, headers })).text;
    };
    expect(await of('big', '{"n": 9007199254740993, "more": [1000000000000000000000]}')).toBe('2000018014398509481986');
    expect(await of('when', { at: '2026-02-03T04:05:06Z' })).toBe('{"at":"2026-02-03T04:05:06.000Z","year":2026}');
    expect(await of('bytes', { data: 'AQID' })).toBe('{"size":3,"back":"AwIB","raw":"AQI="}');
    expect(await of('collect', '{"pairs": {"a": 9007199254740993, "b": 1}, "tags": ["z", "y"]}')).toBe(
      '{"map":{"b":1,"a":9007199254740993},"size":2,"set":["y","z"],"keyed":{"1":"a"},"odd":[[{},1]]}',
    );
    expect(await of('rest', { first: 'a', others: [1, 2] })).toBe('["a",2,1,2]');
    const leaf = { name: 'c', since: '2026-01-01T00:00:00Z' };
    expect(await of('tree', { name: 'a', children: [{ ...leaf, children: [leaf] }] })).toBe(
      '{"depth":3,"since":"2026-01-01T00:00:00.000Z"}',
    );
    expect(await of('area', { shape: { kind: 'circle', radius: 2 }, scale: null })).toBe('2');
    expect(await of('area', { shape: { kind: 'box', sides: [2, 3], made: '2026-01-05T00:00:00Z' }, scale: 10 })).toBe(
      '56',
    );
    expect(await of('area', { shape: { kind: 'box', sides: [2] }, scale: 1 })).toContain('invalid-input');
    expect(await of('link', { url: 'https://example.org/a', id: 'i' })).toBe(
      '{"host":"example.org","url":"https://example.org/a","id":"i"}',
    );
    expect(await of('numbers', {})).toBe('["NaN","Infinity",0,1e+21,9007199254740992]');
    expect(await of('nothing', {})).toBe('null');
    const silent = await post('values/nothing');
    const recorded = await node.request('GET', `/v1/calls/${silent.headers.get('crank-call')}`);
    expect(recorded.json).toMatchObject({ stdout: '', stderr: '' }); // what is printed on import is no call's
    expect(await of('polluted', '{"value": {"__proto__": {"isAdmin": true}, "constructor": 1}}')).toBe(
      '[["__proto__","constructor"],"no"]',
    );
    expect(await of('who', { name: 'x' })).toBe('"x default who"');
    expect(await of('who', { name: 'x', context: {} })).toContain('invalid-input');
    expect([await of('counted', {}), await of('counted', {})]).toEqual(['1', '1']);
    expect(await of('point', {})).toBe('{"x":1}');
    expect(await of('circle', {})).toContain('an object that contains itself at /a');
    expect(await of('fn', {})).toContain('a symbol at /f');
  });

  it('JavaScript, with types in comments, as ES module and as CommonJS', async () => {
    const typed = await deployed('commented', {
      'index.mjs': `
        /**
         * Adds up.
         * @param {number[]} values - what to add
         * @param {{round?: boolean}} [options]
         * @returns {Promise<number>}
         */
        export async function sum(values, options) { const all = values.reduce((a, b) => a + b, 0); return options?.round ? Math.round(all) : all; }
        export default function (name) { return 'hi ' + name; }
      `,
    });
    expect(typed.operations.map(({ name }) => name)).toEqual(['sum', 'run']);
    expect(typed.operations[0]!.input).toMatchObject({
      properties: {
        values: { type: 'array', items: { type: 'number' }, description: 'what to add' },
        options: { properties: { round: { type: 'boolean' } } },
      },
      required: ['values'],
    });
    expect((await post('commented/sum', { values: [1, 2.6], options: { round: true } })).json).toBe(4);
    expect((await post('commented/run', { name: 'you' })).json).toBe('hi you');
    await deployed('common', {
      'main.cjs': `const { join } = require('node:path');\nmodule.exports = { joined: (a, b) => join(a, b) };`,
    });
    expect((await post('common/joined', { a: 'x', b: '../y' })).json).toBe('y');
  });

  it("errors are the script's, with its own lines, and what ends the process is said", async () => {
    await deployed('failing', {
      'main.ts': `
import { deep } from './lib/deep.ts';
export const thrown = (n: number) => deep(n);
export const odd = () => { throw 'just text'; };
export const lost = async () => { void Promise.reject(new Error('nobody waits')); await new Promise((r) => setTimeout(r, 5000)); };
export const later = async () => { setTimeout(() => { throw new TypeError('in a callback'); }, 1); await new Promise((r) => setTimeout(r, 5000)); };
export const stuck = () => new Promise<void>(() => {});
export const exit = (code: number) => process.exit(code);
export const abort = () => process.abort();
export const heap = () => { const all = []; for (;;) all.push(new Array(100_000).fill(Math.random())); };
export const buffers = () => { const all = []; for (;;) all.push(Buffer.alloc(2 ** 20, 1)); };
export const spin = () => { for (;;); };
export const micro = async () => { for (;;) await null; };
export const sleep = () => new Promise((r) => setTimeout(r, 60_000));
export const large = () => 'x'.repeat(9_000_000);
export async function* late() { yield 1; throw new Error('after one'); }
export const wrong = (): { n: number } => ({ n: 'text' }) as any;
`,
      'lib/deep.ts': `export const deep = (n: number): never => {\n  throw new RangeError(\`bad \${n}\`, { cause: new Error('root') });\n};\n`,
      'crank.json': '{"limits": {"memory": "64Mi", "wall": "50s", "cpu": "1s"}}',
    });
    const problem = async (operation: string, json: unknown = {}) =>
      (await post(`failing/${operation}`, json)).json as {
        code: string;
        detail: string;
        exception: { type: string; message: string; traceback: string };
      };
    const { exception } = await problem('thrown', { n: 3 });
    expect(exception).toMatchObject({ type: 'RangeError', message: 'bad 3' });
    expect(exception.traceback).toContain('at deep (lib/deep.ts:2:9)');
    expect(exception.traceback).toContain('at thrown (main.ts:3:');
    expect(exception.traceback).toContain('Caused by: Error: root');
    expect(exception.traceback).not.toMatch(/\/code|\/runtime|node:internal/);
    expect(await problem('odd')).toMatchObject({
      code: 'script-error',
      exception: { type: 'string', message: 'just text' },
    });
    expect(await problem('lost')).toMatchObject({ code: 'script-error', exception: { message: 'nobody waits' } });
    expect(await problem('later')).toMatchObject({ code: 'script-error', exception: { type: 'TypeError' } });
    expect(await problem('stuck')).toMatchObject({
      code: 'script-error',
      detail: expect.stringContaining('nothing is left to settle'),
    });
    for (const code of [0, 3, 77])
      expect(await problem('exit', { code })).toMatchObject({
        code: 'crashed',
        detail: expect.stringContaining(`exit status ${code}`),
      });
    expect(await problem('abort')).toMatchObject({ code: 'crashed', detail: expect.stringContaining('signal 6') });
    expect(await problem('heap')).toMatchObject({ code: 'out-of-memory' });
    expect(await problem('buffers')).toMatchObject({ code: 'out-of-memory' });
    for (const operation of ['spin', 'micro'])
      expect(await problem(operation)).toMatchObject({ code: 'timeout', detail: expect.stringContaining('CPU') });
    const headers = { 'crank-deadline': '500ms' };
    const slept = await node.request('POST', '/v1/services/failing/sleep', { json: {}, headers });
    expect(slept.json).toMatchObject({ code: 'timeout' });
    expect(await problem('large')).toMatchObject({ code: 'output-too-large' });
    expect(await problem('wrong')).toMatchObject({ code: 'invalid-output' });
    const late = await node.request('POST', '/v1/services/failing/late', { json: {} });
    expect(late.text).toContain('after one');
    // It is as able as before.
    expect(await problem('thrown', { n: 4 })).toMatchObject({ exception: { message: 'bad 4' } });
  });

  it('a secret is in the environment of its call, and of no other process', async () => {
    await node.request('PUT', '/v1/secrets/TOKEN', { json: { value: 'sesame-opens-4711' } });
    await deployed('keeper', {
      'main.ts': `
        const before = process.env.TOKEN;
        export const known = (context: { secrets?: { TOKEN?: string } }) =>
          [before ?? 'none', process.env.TOKEN?.length, context.secrets?.TOKEN?.length];`,
      'crank.json': '{"secrets": ["TOKEN"]}',
    });
    expect((await post('keeper/known')).json).toEqual(['none', 17, 17]);
  });

  it('what cannot be deployed is refused with the place and what to do', async () => {
    const refused = async (files: Record<string, string>) => {
      const answer = await node.deploy('refused', files);
      expect(answer.status, answer.text).toBe(422);
      return (
        answer.json['findings'] as { level: string; message: string; fix: string; file: string; line?: number }[]
      ).find(({ level }) => level === 'error')!;
    };
    const f = 'export const f = () => 1;\n';
    expect(await refused({ 'main.ts': `${f}enum Color { Red }\n` })).toMatchObject({
      fix: expect.stringContaining('write no enum'),
    });
    expect(await refused({ 'main.ts': `${f}const x: = 3;\n` })).toMatchObject({
      file: 'main.ts',
      message: expect.stringContaining('SyntaxError'),
    });
    expect(await refused({ 'main.ts': `import 'left-pad';\n${f}` })).toMatchObject({
      fix: expect.stringContaining('npm install left-pad'),
    });
    expect(await refused({ 'main.ts': `import './other';\n${f}`, 'other.ts': '' })).toMatchObject({
      fix: expect.stringContaining('with its suffix'),
    });
    expect(await refused({ 'main.ts': `${f}\nthrow new Error('no settings');\n` })).toMatchObject({
      file: 'main.ts',
      line: 3,
      message: expect.stringContaining('no settings'),
    });
    expect(await refused({ 'main.ts': 'process.exit(4);' })).toMatchObject({
      message: expect.stringContaining('exit status 4'),
    });
    expect(await refused({ 'main.ts': 'const f = () => 1;\n' })).toMatchObject({
      message: expect.stringContaining('no exported function'),
    });
    expect(await refused({ 'a.ts': f, 'b.ts': f })).toMatchObject({
      fix: expect.stringContaining('Found: a.ts, b.ts'),
    });
    expect(await refused({ 'main.ts': f, 'crank.json': '{"isolation": "warm"}' })).toMatchObject({
      message: expect.stringContaining('new process for each call'),
    });
    const needs = (dependencies: object) => JSON.stringify({ dependencies });
    const lock = (packages: object, dependencies: object = { a: '1' }) =>
      JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies }, ...packages } });
    expect(await refused({ 'main.ts': f, 'package.json': needs({ a: '1' }) })).toMatchObject({
      message: expect.stringContaining('no package-lock.json'),
    });
    for (const [entry, why] of [
      [{ version: '1.0.0' }, 'has no hash'],
      [{ version: '1.0.0', resolved: 'git+ssh://git@example.org/a.git#1' }, 'git, files and links are not fetched'],
      [{ link: true, resolved: '../../etc' }, 'git, files and links are not fetched'],
    ] as const) {
      const { message, fix } = await refused({
        'main.ts': f,
        'package.json': needs({ a: '1' }),
        'package-lock.json': lock({ 'node_modules/a': entry }),
      });
      expect(`${message} ${fix}`).toContain(why);
    }
    expect(
      await refused({ 'main.ts': f, 'package.json': needs({ a: '2' }), 'package-lock.json': lock({}) }),
    ).toMatchObject({ message: expect.stringContaining('does not go with package.json') });
    // What was locked is what is installed: other bytes under the same name are refused.
    const forged = `sha512-${createHash('sha512').update('other').digest('base64')}`;
    const packages = { 'node_modules/marked': { version: '16.4.2', integrity: forged } };
    expect(
      await refused({
        'main.ts': f,
        'package.json': needs({ marked: '16.4.2' }),
        'package-lock.json': lock(packages, { marked: '16.4.2' }),
      }),
    ).toMatchObject({ message: expect.stringContaining('other bytes') });
  });
});
