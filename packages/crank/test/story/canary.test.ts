import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binomialBounds } from '../support/binomial.ts';
import { startNode, type TestNode } from '../support/node.ts';

const source = (version: number, body = `return ${version}`, more = ''): string =>
  `def which(x: int = 0) -> int:\n    ${body}\n${more}`;

interface Canary {
  version: string;
  share: number;
  by: string;
  missing: string[];
  canary: { calls: number; failures: number; p50Ms: number };
  latest: { calls: number; failures: number; p50Ms: number };
  comparison: { p: number | null; worse: boolean };
}

const SERVICE = '/v1/services/tool';

describe('a canary', () => {
  let node: TestNode;
  let [good, bad] = ['', ''];
  const deploy = async (text: string, fields: Record<string, string> = {}) => {
    const form = new FormData();
    form.append('name', 'tool');
    form.append('file', new Blob([text]), 'tool.py');
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return node.request('POST', '/v1/services', { body: form });
  };
  const call = async (options: { query?: string; headers?: Record<string, string>; key?: string } = {}) => {
    const { query = '', ...rest } = options;
    return node.request(`POST`, `${SERVICE}/which${query}`, { json: {}, ...rest });
  };
  /** The versions that so many calls ran, a few at a time. */
  const versionsOf = async (calls: number, options: Parameters<typeof call>[0] = {}): Promise<string[]> => {
    const all: string[] = [];
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let i = 0; i < calls / 4; i++) all.push((await call(options)).headers.get('crank-version')!);
      }),
    );
    return all;
  };
  const canary = async (): Promise<Canary | null> =>
    (await node.request<{ canary: Canary | null }>('GET', `${SERVICE}/-/canary`)).json.canary;

  beforeAll(async () => {
    node = await startNode({ CRANK_RATE: '100000' });
    // There is nothing to compare the first version with, so it gets all calls.
    const first = await deploy(source(1), { canary: '10%' });
    expect(first.json).toMatchObject({ aliases: ['latest'] });
    good = String(first.json['version']);
  });
  afterAll(() => node.remove());

  it('gets its share of the calls, and no others', async () => {
    const deployed = await deploy(source(2), { canary: '10%' });
    expect(deployed).toMatchObject({ status: 201, json: { aliases: ['canary'] } });
    bad = String(deployed.json['version']);
    const all = await versionsOf(600);
    // Outside of these bounds once in a thousand million runs.
    const [least, most] = binomialBounds(600, 0.1, 1e-9);
    const drawn = all.filter((version) => version === bad).length;
    expect(new Set(all)).toEqual(new Set([good, bad]));
    expect(drawn).toBeGreaterThanOrEqual(least);
    expect(drawn).toBeLessThanOrEqual(most);
    // Whoever names a version gets that.
    expect(new Set(await versionsOf(60, { query: '?version=latest' }))).toEqual(new Set([good]));
    expect(new Set(await versionsOf(20, { query: '?version=canary' }))).toEqual(new Set([bad]));
    const { json } = await node.request<{ versions: { version: string; share: number }[] }>(
      'GET',
      `${SERVICE}/-/versions`,
    );
    expect(json.versions.map(({ version, share }) => [version, share])).toEqual([
      [bad, 0.1],
      [good, 0.9],
    ]);
    const seen = (await canary())!;
    expect(seen).toMatchObject({ version: bad, share: 0.1, by: 'call', missing: [], comparison: { worse: false } });
    expect(seen.canary.calls).toBe(drawn + 20);
    expect(seen.latest.calls).toBe(600 - drawn + 60);
    expect(seen.canary.p50Ms).toBeGreaterThan(0);
    expect((await node.crank(['describe', 'tool'])).stdout).toMatch(/canary +[0-9a-f]{12} +\d+ +0 +0%/);
  });

  it('is drawn by principal or session where that is wanted, and then stays', async () => {
    const changed = await node.crank(['canary', 'tool', 'canary', '50%', '--by', 'session', '--json']);
    expect(changed.code).toBe(0);
    const sessions = Array.from({ length: 60 }, (_, i) => ({ headers: { 'crank-session': `visitor-${i}` } }));
    const first = await Promise.all(sessions.map(call));
    const again = await Promise.all(sessions.map(call));
    const run = (answers: typeof first) => answers.map(({ headers }) => headers.get('crank-version'));
    expect(run(again)).toEqual(run(first));
    // All alike once in 2^59 runs.
    expect(new Set(run(first))).toEqual(new Set([good, bad]));
    expect(new Set(await versionsOf(20))).toHaveProperty('size', 1);
    await node.request('PUT', `${SERVICE}/-/canary`, { json: { version: 'canary', share: 0.5, by: 'principal' } });
    expect(new Set(await versionsOf(20, sessions[0]))).toHaveProperty('size', 1);
  });

  it('ends when it is aborted, and when something else becomes the latest', async () => {
    const aborted = await node.crank(['canary', 'tool', 'abort']);
    expect(aborted.stdout).toContain('gets no share');
    expect(await canary()).toBeNull();
    expect(new Set(await versionsOf(20))).toEqual(new Set([good]));
    expect((await node.request('DELETE', `${SERVICE}/-/canary`)).status).toBe(409);
    expect((await node.crank(['canary', 'tool', bad.slice(7, 19), '99.99%'])).code).toBe(0);
    // Undoing the last change of what calls get is ending it.
    expect((await node.request('POST', `${SERVICE}/-/rollback`)).json).toMatchObject({
      version: good,
      endedCanary: bad,
    });
    expect(new Set(await versionsOf(20))).toEqual(new Set([good]));
  });

  it('becomes the latest when it is promoted', async () => {
    await node.request('PUT', `${SERVICE}/-/canary`, { json: { version: bad, share: 0.2 } });
    const promoted = await node.crank(['canary', 'tool', 'promote', '--json']);
    expect(JSON.parse(promoted.stdout)).toMatchObject({ version: bad, previous: good });
    expect(new Set(await versionsOf(20))).toEqual(new Set([bad]));
    expect(await canary()).toBeNull();
    expect((await node.request('POST', `${SERVICE}/-/rollback`)).json).toMatchObject({ version: good });
    expect((await node.request('PUT', `${SERVICE}/-/canary`, { json: { version: good, share: 0.2 } })).status).toBe(
      409,
    );
  });

  it('is spared the calls of operations that it lacks', async () => {
    await deploy(source(3, 'return 3', '\ndef other() -> int:\n    return 0\n'));
    await node.request('PUT', `${SERVICE}/-/canary`, { json: { version: good, share: 0.9999 } });
    expect(await canary()).toMatchObject({ missing: ['other'] });
    for (let i = 0; i < 10; i++)
      expect((await node.request('POST', `${SERVICE}/other`, { json: {} })).status).toBe(200);
    await node.request('DELETE', `${SERVICE}/-/canary`);
  });

  it('ends by itself where it fails significantly more often, and says why in its receipt', async () => {
    await deploy(source(1));
    const broken = await deploy(source(4, 'raise ValueError("broken")'), { canary: '30%', autoAbort: 'true' });
    const version = String(broken.json['version']);
    const seen = new Set<string>();
    for (const until = Date.now() + 60_000; (await canary()) !== null; ) {
      expect(Date.now(), 'the canary goes on').toBeLessThan(until);
      for (const one of await versionsOf(20)) seen.add(one);
    }
    expect(seen).toContain(version);
    expect(new Set(await versionsOf(40))).toEqual(new Set([good]));
    const list = await node.request<{ receipts: { id: string }[] }>('GET', '/v1/receipts?kind=service.canary.abort');
    const { envelope } = (
      await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${list.json.receipts[0]!.id}`)
    ).json;
    const { predicate } = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as { predicate: object };
    expect(predicate).toMatchObject({
      principal: { kind: 'node' },
      object: { version, why: expect.stringContaining('fails more often'), test: expect.stringContaining('Fisher') },
    });
  });

  it('goes on where it fails no more often', async () => {
    await deploy(source(5, 'return 5 // (x - 1)'), { canary: '50%', autoAbort: 'true' });
    await versionsOf(120);
    expect(await canary()).toMatchObject({ canary: { failures: 0 }, comparison: { worse: false } });
  });

  it.each([
    [{ share: 0 }, 'share'],
    [{ share: 1 }, 'share'],
    [{ share: '100%' }, 'share'],
    [{ share: 'some' }, 'share'],
    [{ share: 0.1, by: 'luck' }, 'by'],
    [{ share: 0.1, autoAbort: 'yes' }, 'autoAbort'],
  ])('is refused: %o', async (wish, member) => {
    const refused = await node.request('PUT', `${SERVICE}/-/canary`, { json: { version: good, ...wish } });
    expect(refused).toMatchObject({ status: 422, json: { errors: [{ pointer: `/${member}` }] } });
  });

  it.each([
    { canary: '10%', alias: 'x' },
    { by: 'session' },
    { passing: 'true' },
    { canary: '10' },
    { alias: 'latest' },
  ])('and so are deployments: %o', async (fields) => {
    expect((await deploy(source(9), fields as unknown as Record<string, string>)).status).toBe(422);
  });
});
