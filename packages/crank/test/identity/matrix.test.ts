import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDoor } from '../http/stand-in.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { type Row, rows } from './matrix.ts';

const SOURCE = `def count(text: str = "") -> int:
    return len(text.split())
`;
const LETTERS = { o: 'owner', d: 'developer', c: 'caller', a: 'auditor', p: 'operator' } as const;
type Letter = keyof typeof LETTERS;
const letters = Object.keys(LETTERS) as Letter[];

/** The last character another one: as long, and of nothing that there is. */
const other = (text: string): string => text.slice(0, -1) + (text.endsWith('z') ? 'y' : 'z');

describe('every route, for every role, in the own account and in another one', () => {
  let node: TestNode;
  /** Keys of the node's account by role, and of the owner of another. */
  const keys = {} as Record<Letter, string>;
  let rival = '';
  /** What is there, by what stands for it in a route. */
  const things: Record<string, Record<string, string>> = {};

  beforeAll(async () => {
    node = await startNode();
    keys.o = node.key;
    for (const letter of letters.filter((one) => one !== 'o')) {
      const json = { name: letter, role: LETTERS[letter] };
      keys[letter] = (await node.request<{ key: string }>('POST', '/v1/keys', { json })).json.key;
    }
    const made = await node.request<{ owner: { key: string } }>('POST', '/v1/accounts', {
      json: { name: 'rival' },
      key: keys.p,
    });
    expect(made.status, made.text).toBe(201);
    rival = made.json.owner.key;
    const deployed = await node.deploy('words', { 'words.py': SOURCE });
    expect(deployed.status, deployed.text).toBe(201);
    await node.request('PUT', '/v1/services/words/-/aliases/stable', { json: { version: deployed.json['version'] } });
    const call = await node.request('POST', '/v1/services/words/count', { json: {} });
    const job = await node.request('POST', '/v1/services/words/count', {
      json: {},
      headers: { prefer: 'respond-async' },
    });
    const jobId = job.headers.get('location')!.split('/').at(-1)!;
    await node.request('GET', `/v1/jobs/${jobId}/events`, { headers: { accept: 'text/event-stream' } }); // until its end
    const target = { service: 'words', operation: 'count' };
    const schedule = await node.request('POST', '/v1/schedules', { json: { ...target, cron: '0 0 1 1 *' } });
    const webhook = await node.request('POST', '/v1/webhooks', { json: { ...target, verify: 'token' } });
    const budget = await node.request('POST', '/v1/budgets', {
      json: { scope: 'service', of: 'words', period: 'day', usd: '100' },
    });
    expect(budget.status, budget.text).toBe(201);
    await node.request('POST', '/v1/secrets', { json: { name: 'PASSWORD', value: 'correct horse' } });
    const workspace = await node.request('POST', '/v1/workspaces', { json: { name: 'notes' } });
    expect(workspace.status, workspace.text).toBe(201);
    const { keys: listed } = (await node.request<{ keys: { id: string }[] }>('GET', '/v1/keys')).json;
    const id = call.headers.get('crank-call')!;
    Object.assign(things, {
      account: { '': 'default' },
      service: { '': 'words' },
      operation: { '': 'count' },
      version: { '': String(deployed.json['version']).slice(7, 27) },
      alias: { '': 'stable' },
      price: { '': 'prc_01kbcdefghjkmnpqrstvwxyz0123' },
      name: { secrets: 'PASSWORD', policies: 'business.hours', workspaces: 'notes' },
      number: { '': '1' },
      id: {
        calls: id,
        receipts: id,
        jobs: jobId,
        keys: listed.at(-1)!.id,
        schedules: String(schedule.json['id']),
        webhooks: String(webhook.json['id']),
        budgets: String(budget.json['id']),
        invoices: 'inv_01kbcdefghjkmnpqrstvwxyz0123',
        issuers: 'iss_01kbcdefghjkmnpqrstvwxyz0123',
        hooks: String(webhook.json['id']),
      },
      token: { '': 'x'.repeat(43) },
      hash: { '': 'ab' },
      kind: { '': 'none' },
      objective: { '': 'latency' },
    });
  });
  afterAll(() => node.remove());

  const pathOf = (route: string, { query = '' }: Row, wanted: (text: string, name: string) => string): string => {
    const parts = route.split(' ')[1]!.split('/');
    return `${parts
      .map((part) => {
        if (part === '*') return 'none';
        if (!part.startsWith(':')) return part;
        const name = part.slice(1);
        const text = things[name]?.[''] ?? things[name]?.[parts[2]!];
        if (text === undefined) throw new Error(`the matrix has nothing for ${part} of ${route}`);
        return wanted(text, name);
      })
      .join('/')}${query}`;
  };

  const ask = (route: string, path: string, key: string | undefined) =>
    fetch(node.url + path, {
      method: route.split(' ')[0]!,
      redirect: 'manual',
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(rows[route]!.json !== undefined && { 'content-type': 'application/json' }),
      },
      ...(rows[route]!.json !== undefined && { body: JSON.stringify(rows[route]!.json) }),
    });

  it('knows each route of the server', async () => {
    const door = await openDoor([], () => ({ type: 'value', json: Buffer.from('1') }));
    const routes = door.server.routes.filter(({ method }) => method !== 'HEAD');
    await door.close();
    expect(Object.keys(rows).toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
  });

  it.each(Object.entries(rows))('%s', async (route, row) => {
    // What is not there belongs to an account that is: of the last part's name there is nothing.
    const last = route.split(':').at(-1)!;
    const named = route.includes(':') ? last.split('/')[0]! : '';
    const path = pathOf(route, row, (text, name) => {
      if (row.none !== true) return text;
      return name === 'service' || name === named ? other(text) : text;
    });
    const got: Record<string, number> = {};
    const wanted: Record<string, number> = {};
    for (const letter of letters) {
      const answer = await ask(route, path, keys[letter]);
      await answer.arrayBuffer();
      got[LETTERS[letter]] = answer.status;
      wanted[LETTERS[letter]] = row.may.includes(letter) ? row.ok : (row.but?.[letter] ?? row.not ?? 403);
    }
    if (!route.includes(':') && row.open !== true) {
      const answer = await ask(route, path, rival);
      await answer.arrayBuffer();
      got['the owner of another account'] = answer.status;
      wanted['the owner of another account'] = row.node === true ? 404 : row.ok;
    }
    const strangers = { nobody: undefined, ...(row.open !== true && { 'a forger': other(keys.o) }) };
    for (const [who, key] of Object.entries(strangers)) {
      const answer = await ask(route, path, key);
      await answer.arrayBuffer();
      got[who] = answer.status;
      wanted[who] = row.open === true ? row.ok : 401;
    }
    expect(got).toEqual(wanted);
  });

  it.each(Object.keys(rows).filter((route) => route.includes(':')))(
    '%s: what is another account’s looks as if it were not there',
    async (route) => {
      const tell = async (path: string, replace: (text: string) => string) => {
        const answer = await ask(route, path, rival);
        const headers = [...answer.headers].filter(([name]) => !['date', 'server-timing'].includes(name));
        return { status: answer.status, headers, body: replace(await answer.text()) };
      };
      const changed = new Map<string, string>();
      const real = pathOf(route, rows[route]!, (text) => text);
      const none = pathOf(route, rows[route]!, (text, name) => {
        if (name === 'token' || name === 'kind') return text;
        changed.set(other(text), text);
        return other(text);
      });
      const back = (text: string): string => {
        for (const [made, there] of changed) text = text.replaceAll(made, there);
        return text;
      };
      expect(await tell(real, (text) => text)).toEqual(await tell(none, back));
    },
  );

  it('lists nothing of another account', async () => {
    const secrets = [...Object.values(things['id']!), 'PASSWORD', 'words', things['version']!['']!];
    for (const route of Object.keys(rows).filter((one) => one.startsWith('GET /v1/') && !one.includes(':'))) {
      const text = await (await ask(route, route.slice(4), rival)).text();
      for (const secret of secrets) expect(text, `${route} tells of ${secret}`).not.toContain(secret);
    }
  });

  it('and all of it is still there', async () => {
    const { '': version } = things['version']!;
    for (const path of [
      `/v1/services/words/-/versions/${version}`,
      `/v1/schedules/${things['id']!['schedules']}`,
      `/v1/webhooks/${things['id']!['webhooks']}`,
      '/v1/secrets/PASSWORD',
    ])
      expect((await node.request('GET', path)).status, path).toBe(200);
    expect((await node.request('POST', '/v1/services/words/count', { json: { text: 'a b' } })).json).toBe(2);
  });
});
