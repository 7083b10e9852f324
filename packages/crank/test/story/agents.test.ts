import { readFileSync } from 'node:fs';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rpc } from '../support/mcp-client.ts';
import { startNode, type TestNode } from '../support/node.ts';

const source = (name: string): string => readFileSync(new URL(`agents/${name}.py`, import.meta.url), 'utf8');
const TASKS = { 'io.modelcontextprotocol/tasks': {} };

/** What an agent is asked, what it knows to do it with, and what has to come of it. */
const tasks: readonly { wanted: string; knows: Record<string, unknown>; gives: unknown }[] = [
  { wanted: 'count the words of a text', knows: { text: 'to be or not to be' }, gives: 6 },
  {
    wanted: 'the most frequent words of a text',
    knows: { text: 'a b a c a b', n: 2 },
    gives: [
      ['a', 3],
      ['b', 2],
    ],
  },
  { wanted: 'make a slug of a title', knows: { title: 'Crème brûlée!' }, gives: 'creme-brulee' },
  { wanted: 'find email addresses', knows: { text: 'ask ann@example.com' }, gives: ['ann@example.com'] },
  { wanted: 'takes records, gives a CSV file', knows: { rows: [{ a: '1', b: '2' }] }, gives: 'a,b\n1,2\n' },
  { wanted: 'the mean of a list of numbers', knows: { values: [1, 2, 6] }, gives: 3 },
  { wanted: 'greatest common divisor', knows: { a: 12, b: 18 }, gives: 6 },
  { wanted: 'factorial of a number', knows: { n: 25 }, gives: '15511210043330985984000000' },
  { wanted: 'stream prime numbers', knows: { below: 12 }, gives: [2, 3, 5, 7, 11] },
  { wanted: 'Celsius to Fahrenheit', knows: { celsius: 100 }, gives: { fahrenheit: 212, kelvin: 373.15 } },
];

/** The arguments that a schema asks for, of what an agent knows. */
const argumentsFor = (schema: unknown, knows: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys((schema as { properties: object }).properties)
      .filter((name) => name in knows)
      .map((name) => [name, knows[name]]),
  );

describe('agents that know an address and a key', () => {
  let node: TestNode;
  let agent: string;
  let vkey: string;

  beforeAll(async () => {
    node = await startNode();
    for (const name of ['texts', 'numbers']) {
      const deployed = await node.deploy(name, { [`${name}.py`]: source(name) });
      expect(deployed.status, deployed.text).toBe(201);
    }
    const made = await node.request<{ key: string }>('POST', '/v1/keys', {
      json: { name: 'agent', role: 'caller', kind: 'agent' },
    });
    agent = made.json.key;
    vkey = (await node.request('GET', '/log/vkey')).text.trim();
  });
  afterAll(() => node.remove());

  /** Verifies a receipt offline, as the agent would. */
  const prove = async (receipt: string): Promise<void> => {
    const verified = await verifyReceipt(receipt, { vkeys: [vkey] });
    expect(JSON.stringify(verified)).toContain('"outcome":"ok"');
  };
  const call = (name: string, given: object, more: Partial<Parameters<typeof rpc>[3]> = {}) =>
    rpc(node.url, 'tools/call', { name, arguments: given }, { key: agent, ...more });

  it.each(tasks)('over MCP: $wanted', async ({ wanted, knows, gives }) => {
    const catalog = await (await fetch(`${node.url}/.well-known/mcp/server.json`)).json();
    const { url } = (catalog as { remotes: { url: string }[] }).remotes[0]!;
    expect(url).toBe(`${node.url}/mcp`);
    const query = '?tools=3';
    const listed = await rpc(node.url, 'tools/list', {}, { key: agent, query });
    const names = (listed.result!['tools'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['crank_search', 'crank_describe', 'crank_call']);

    const searched = await call('crank_search', { query: wanted }, { query });
    const [{ tool }] = searched.result!.structuredContent!['found'] as [{ tool: string }];
    const described = await call('crank_describe', { tool }, { query });
    const given = argumentsFor(described.result!.structuredContent!['inputSchema'], knows);
    const { result, text } = await call('crank_call', { tool, arguments: given }, { query });
    expect(result!.isError, text).toBeUndefined();
    const { structuredContent, content, _meta } = result!;
    const value = structuredContent?.['result'] ?? structuredContent?.['items'] ?? structuredContent;
    if (typeof gives === 'string') expect(content![0]!.text ?? content![0]!.resource!.text).toBe(gives);
    else expect(value).toEqual(gives);

    const uri = `crank://receipts/${_meta!['crank/call']}`;
    const read = await rpc(node.url, 'resources/read', { uri }, { key: agent });
    await prove((read.result!['contents'] as { text: string }[])[0]!.text);
  });

  it.each(tasks)('over OpenAPI: $wanted', async ({ wanted, knows, gives }) => {
    const catalog = (await (await fetch(`${node.url}/.well-known/api-catalog`)).json()) as {
      linkset: { 'service-desc': { href: string }[] }[];
    };
    const headers = { authorization: `Bearer ${agent}`, 'content-type': 'application/json' };
    const document = (await (await fetch(catalog.linkset[0]!['service-desc'][0]!.href, { headers })).json()) as {
      servers: { url: string }[];
      paths: Record<string, { post: { requestBody: { content: Record<string, { schema: unknown }> } } }>;
    };
    const base = document.servers[0]!.url;
    expect(document.paths['/v1/search']).toBeDefined();
    const searched = await fetch(`${base}/v1/search?q=${encodeURIComponent(wanted)}`, { headers });
    const { found } = (await searched.json()) as { found: { path: string }[] };
    const { path } = found[0]!;
    const { schema } = document.paths[path]!.post.requestBody.content['application/json']!;
    const body = JSON.stringify(argumentsFor(schema, knows));
    const answer = await fetch(base + path, { method: 'POST', headers, body });
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    if (typeof gives === 'string') expect(text.replace(/^"(.*)"$/, '$1')).toBe(gives);
    else if (answer.headers.get('content-type') === 'application/x-ndjson')
      expect(text.trim().split('\n').slice(0, -1).map(Number)).toEqual(gives);
    else expect(JSON.parse(text)).toEqual(gives);
    await prove(await (await fetch(base + answer.headers.get('crank-receipt')!, { headers })).text());
  });

  it('lists what a key may call, with schemas, and keeps digits', async () => {
    const { result } = await rpc(node.url, 'tools/list', {}, { key: agent });
    const tools = result!['tools'] as { name: string; outputSchema: object; annotations: object }[];
    expect(tools.map(({ name }) => name)).toContain('numbers_factorial');
    expect(tools.find(({ name }) => name === 'numbers_factorial')).toMatchObject({
      outputSchema: { type: 'object', properties: { result: { type: 'integer' } }, required: ['result'] },
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    });
    const { text } = await call('numbers_factorial', { n: 25 });
    expect(text).toContain('"structuredContent":{"result":15511210043330985984000000}');
    const chosen = await rpc(node.url, 'tools/list', {}, { key: agent, query: '?services=texts' });
    const names = (chosen.result!['tools'] as { name: string }[]).map(({ name }) => name);
    expect(new Set(names.map((name) => name.split('_')[0]))).toEqual(new Set(['texts']));
    expect((await call('numbers_mean', { values: [1] }, { query: '?services=texts' })).error?.code).toBe(-32602);
    const scope = { scopes: ['service.call:numbers.mean'] };
    const token = await node.request<{ token: string }>('POST', '/v1/tokens', { json: scope, key: agent });
    expect(token.status, token.text).toBe(201);
    const scoped = await rpc(node.url, 'tools/list', {}, { key: token.json.token });
    expect((scoped.result!['tools'] as { name: string }[]).map(({ name }) => name)).toEqual(['numbers_mean']);
  });

  it('says of what went wrong what to do', async () => {
    const wrong = await call('numbers_factorial', { n: 'many' });
    expect(wrong.result).toMatchObject({ isError: true, _meta: { 'crank/problem': { code: 'invalid-input' } } });
    expect(wrong.result!.content![0]!.text).toMatch(/\/n expected integer.*\nThe same call fails again/s);
    expect((await call('numbers_cube', {})).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('crank_search'),
    });
    const asStranger = await fetch(`${node.url}/mcp`, { method: 'POST', body: '{}' });
    expect(asStranger.status).toBe(401);
    expect(asStranger.headers.get('www-authenticate')).toContain('/.well-known/oauth-protected-resource');
    const fromPage = await fetch(`${node.url}/mcp`, {
      method: 'POST',
      body: '{}',
      headers: { authorization: `Bearer ${agent}`, origin: 'https://evil.example' },
    });
    expect(fromPage.status).toBe(403);
  });

  it('tells how far a call is, and ends it where the client goes away', async () => {
    const { before, result } = await call('numbers_wait', { steps: 2 }, { progressToken: 'p' });
    expect(result!.structuredContent).toEqual({ result: 'waited' });
    expect(before.map(({ method, params }) => [method, params['progressToken'], params['message']])).toEqual([
      ['notifications/progress', 'p', 'step 1'],
      ['notifications/progress', 'p', 'step 2'],
    ]);
    const gone = new AbortController();
    const left = call('numbers_wait', { steps: 200 }, { signal: gone.signal });
    const running = async () => {
      const metrics = (await node.request('GET', '/metrics')).text;
      return /crank_calls_in_flight(?:\{[^}]*\})? ([1-9])/.test(metrics);
    };
    while (!(await running())) await new Promise((resolve) => setTimeout(resolve, 20));
    gone.abort();
    await expect(left).rejects.toThrow();
    let outcome: string | undefined;
    while (outcome === undefined) {
      const { calls } = (await node.request<{ calls: { operation: string; outcome: string }[] }>('GET', '/v1/calls'))
        .json;
      outcome = calls.find(({ operation, outcome }) => operation === 'wait' && outcome !== 'ok')?.outcome;
    }
    expect(outcome).toBe('cancelled');
  });

  it('makes tasks of calls that may take long', async () => {
    const slow = await node.request('POST', '/v1/services', {
      body: form('slow', source('numbers'), { wall: '2min' }),
    });
    expect(slow.status, slow.text).toBe(201);
    const started = await call('slow_wait', { steps: 1 }, { extensions: TASKS });
    expect(started.result).toMatchObject({ resultType: 'task', status: 'working' });
    const taskId = String(started.result!['taskId']);
    const get = () => rpc(node.url, 'tasks/get', { taskId }, { key: agent, extensions: TASKS });
    let task = await get();
    while (task.result!['status'] === 'working') task = await get();
    expect(task.result).toMatchObject({
      status: 'completed',
      result: { structuredContent: { result: 'waited' }, _meta: { 'crank/call': taskId } },
    });
    const second = await call('slow_wait', { steps: 500 }, { extensions: TASKS });
    const other = { taskId: String(second.result!['taskId']) };
    const asked = { key: agent, extensions: TASKS };
    expect((await rpc(node.url, 'tasks/cancel', other, asked)).error).toBeUndefined();
    let status: unknown = 'working';
    while (status === 'working') ({ status } = (await rpc(node.url, 'tasks/get', other, asked)).result!);
    expect(status).toBe('cancelled');
    expect((await rpc(node.url, 'tasks/get', other, { key: agent })).error?.code).toBe(-32021);
    expect((await rpc(node.url, 'tasks/get', { taskId: 'call_none' }, asked)).error?.code).toBe(-32602);
  });

  it('speaks older revisions, over stdio', async () => {
    const initialize = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'desktop', version: '1' },
    };
    const lines = [
      { id: 0, method: 'initialize', params: initialize },
      { method: 'notifications/initialized' },
      { id: 1, method: 'tools/list' },
      { id: 2, method: 'tools/call', params: { name: 'texts_count_words', arguments: { text: 'a b' } } },
    ].map((message) => JSON.stringify({ jsonrpc: '2.0', ...message }));
    const { code, stdout, stderr } = await node.crank(['mcp', '--services', 'texts'], {
      stdin: `${lines.join('\n')}\nno JSON\n`,
      env: { CRANK_KEY: agent },
    });
    expect(code, stderr).toBe(0);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const of = (id: number | null) => answers.find((answer) => answer.id === id);
    expect(of(0).result).toMatchObject({ protocolVersion: '2025-06-18', serverInfo: { name: 'crank' } });
    expect(of(1).result.tools).toHaveLength(5);
    expect(of(2).result).toMatchObject({ structuredContent: { result: 2 } });
    expect(of(null).error.code).toBe(-32700);
  });
});

const form = (name: string, text: string, limits: object): FormData => {
  const body = new FormData();
  body.append('name', name);
  body.append('manifest', JSON.stringify({ limits }));
  body.append('file', new Blob([text]), `${name}.py`);
  return body;
};
