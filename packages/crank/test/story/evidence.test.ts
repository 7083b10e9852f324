import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { verifyReceipt } from 'crank-verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ECHO = `
from pathlib import Path

def echo(text: str, fail: bool = False) -> str:
    print("was told", text)
    if fail:
        raise ValueError(text)
    return text[::-1]

def size(file: Path) -> int:
    return len(file.read_bytes())

def zeros(mib: int) -> Path:
    path = Path("zeros.bin")
    path.write_bytes(bytes(mib << 20))
    return path

def count(n: int):
    yield from range(n)

from collections.abc import Iterator
from crank_platform import context

def steps(n: int) -> Iterator[int]:
    for i in range(n):
        context.progress(i / n)
        yield i

import random
def draw(n: int) -> Iterator[float]:
    for _ in range(n):
        yield random.random()

def luck(n: int) -> float:
    return random.random()

import time
def dawdle(seconds: float) -> float:
    time.sleep(seconds)
    return seconds
`;

const KEEP = `package crank.retention

keep := {"input": true, "output": true, "days": 7} if input.resource.service == "echo"
`;

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());

/** Files of a folder that hold any of these bytes. */
const holding = (folder: string, ...needles: readonly Buffer[]): string[] =>
  files(folder).filter((path) => {
    try {
      const content = readFileSync(path);
      return needles.some((needle) => content.includes(needle));
    } catch (error) {
      // A partial tile may go while we look.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });

interface Receipt {
  id: string;
  kind: string;
  index: number;
  act?: string;
  outcome?: string;
  service?: string;
}

/** Receipts of everything, kept payloads, replay, export and erasure, on one node from first start to the last. */
describe('evidence', () => {
  let node: TestNode;
  let vkey: string;
  const folder = temporaryFolder('evidence');
  const file = (name: string): string => join(folder.path, name);
  const list = async (query = ''): Promise<Receipt[]> =>
    (await node.request<{ receipts: Receipt[] }>('GET', `/v1/receipts${query}`)).json.receipts;
  const call = async (operation: string, json: unknown, headers: Record<string, string> = {}) => {
    const answer = await node.request('POST', `/v1/services/echo/${operation}`, { json, headers });
    return { ...answer, id: answer.headers.get('crank-call')! };
  };
  const receipt = async (id: string): Promise<string> => (await node.request('GET', `/v1/receipts/${id}`)).text;
  const replay = (id: string) => node.request<Record<string, unknown>>('POST', `/v1/receipts/${id}/replay`);

  beforeAll(async () => {
    node = await startNode();
    vkey = (await node.request('GET', '/log/vkey')).text.trim();
    await node.deploy('echo', { 'echo.py': ECHO });
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it('leaves a receipt of everything that changes what the node does, and of every call however it ends', async () => {
    writeFileSync(
      file('deny.rego'),
      'package crank.authz\n\ndeny contains "not today" if input.resource.operation == "luck"\n',
    );
    await node.crank(['policy', 'apply', file('deny.rego')]);
    const caller = (
      await node.request<{ key: string; id: string }>('POST', '/v1/keys', { json: { name: 'c', role: 'caller' } })
    ).json;
    await call('echo', { text: 'a' });
    await call('echo', { text: 'a', fail: true });
    await call('luck', { n: 1 });
    await call('echo', { text: 7 });
    await call('dawdle', { seconds: 20 }, { 'crank-deadline': '200ms' });
    await call('count', { n: 2 });
    await node.request('DELETE', `/v1/keys/${caller.id}`);
    await node.crank(['policy', 'remove', 'crank.authz']);
    const all = await list();
    for (const each of all) {
      const held = await verifyReceipt(await receipt(each.id), { vkeys: [vkey] });
      expect(held.index).toBe(each.index);
    }
    const said = all.map(({ act, kind, outcome }) => act ?? (kind === 'opening' ? 'opening' : outcome));
    expect(said.reverse()).toEqual([
      ...['key.create', 'node.start', 'service.deploy', 'policy.apply', 'key.create'],
      ...['ok', 'script-error', 'policy-denied', 'invalid-input', 'timeout', 'opening', 'ok'],
      ...['key.revoke', 'policy.remove'],
    ]);
  });

  it('lists them by kind, service and time, page by page', async () => {
    expect((await list('?kind=key.revoke')).map(({ act }) => act)).toEqual(['key.revoke']);
    expect((await list('?kind=opening')).map(({ kind }) => kind)).toEqual(['opening']);
    expect((await list('?service=echo')).every(({ service }) => service === 'echo')).toBe(true);
    expect(await list('?from=2100-01-01')).toEqual([]);
    expect(await list('?to=2020-01-01T00:00:00Z')).toEqual([]);
    expect((await node.request('GET', '/v1/receipts?from=yesterday')).status).toBe(400);
    for (let i = 0; i < 100; i++) await call('echo', { text: 'x' });
    const first = (await node.request<{ receipts: Receipt[]; cursor: string }>('GET', '/v1/receipts?kind=call')).json;
    expect(first.receipts).toHaveLength(100);
    const rest = await list(`?kind=call&cursor=${first.cursor}`);
    expect(rest[0]!.index).toBeLessThan(first.receipts.at(-1)!.index);
    expect(rest).toHaveLength(6);
  });

  it('shows a caller its own alone', async () => {
    const { key, id } = (
      await node.request<{ key: string; id: string }>('POST', '/v1/keys', { json: { name: 'c', role: 'caller' } })
    ).json;
    const { headers } = await node.request('POST', '/v1/services/echo/echo', { json: { text: 'mine' }, key });
    const own = (await node.request<{ receipts: (Receipt & { principal: string })[] }>('GET', '/v1/receipts', { key }))
      .json.receipts;
    expect(own.map((each) => [each.id, each.principal])).toEqual([[headers.get('crank-call'), id]]);
  });

  it('publishes what receipts state as JSON Schema', async () => {
    for (const kind of ['call', 'act']) {
      const { status, text } = await node.request('GET', `/schemas/receipt/${kind}/v1`);
      expect(status).toBe(200);
      const published = readFileSync(
        new URL(`../../../../vectors/receipt/${kind}-v1.schema.json`, import.meta.url),
        'utf8',
      );
      expect(JSON.parse(text)).toEqual(JSON.parse(published));
    }
  });

  it('keeps no payload unless policy wants it', async () => {
    const { id } = await call('echo', { text: 'nothing stays of this sentence' });
    expect((await replay(id)).json).toMatchObject({
      code: 'not-found',
      detail: expect.stringContaining('was not kept'),
    });
    const db = new DatabaseSync(join(node.data, 'crank.db'), { readOnly: true });
    expect(db.prepare('select count(*) as n from kept').get()).toEqual({ n: 0 });
    db.close();
    writeFileSync(file('keep.rego'), KEEP);
    expect((await node.crank(['policy', 'apply', file('keep.rego')])).code).toBe(0);
  });

  it('replays a call: the same version, input, limits and policy give the same bytes', async () => {
    const { id } = await call('echo', { text: 'again' });
    const { json } = await replay(id);
    expect(json).toMatchObject({
      of: id,
      sameOutput: true,
      outcome: { before: 'ok', now: 'ok' },
      limits: {},
      decisions: [
        { point: 'authorise', result: 'same' },
        { point: 'input', result: 'same' },
      ],
    });
    const held = await verifyReceipt(await receipt(json['call'] as string), { vkeys: [vkey] });
    expect(held.predicate['predecessor']).toBe(id);
    expect(JSON.stringify(held.predicate['decisions'])).toContain('retain:input:7d');
  });

  it('replays failures and files, and tells of other bytes', async () => {
    const failed = await call('echo', { text: 'again', fail: true });
    expect((await replay(failed.id)).json).toMatchObject({ outcome: { before: 'script-error', now: 'script-error' } });
    const form = new FormData();
    form.append('file', new Blob(['12345']), 'five.txt');
    const sized = await node.request('POST', '/v1/services/echo/size', { body: form });
    expect(sized.text).toBe('5');
    expect((await replay(sized.headers.get('crank-call')!)).json).toMatchObject({ sameOutput: true });
    const luck = await call('luck', { n: 1 });
    expect((await replay(luck.id)).json).toMatchObject({ sameOutput: false, outcome: { now: 'ok' } });
    const deployed = (await list('?kind=service.deploy'))[0]!;
    expect((await replay(deployed.id)).json).toMatchObject({ code: 'invalid-input' });
  });

  it('replays streams, in whatever form they went out', async () => {
    for (const accept of ['application/x-ndjson', 'text/event-stream']) {
      const sent = await node.request('POST', '/v1/services/echo/count', { json: { n: 3 }, headers: { accept } });
      expect(sent.text).toContain(accept === 'text/event-stream' ? 'data: 2\n' : '\n2\n');
      const { json } = await replay(sent.headers.get('crank-call')!);
      expect(json, accept).toMatchObject({ sameOutput: true, outcome: { before: 'ok', now: 'ok' } });
      expect(json).not.toHaveProperty('note');
      const held = await verifyReceipt(await receipt(json['call'] as string), { vkeys: [vkey] });
      const opening = await verifyReceipt(await receipt(held.predicate['predecessor'] as string), { vkeys: [vkey] });
      expect(opening.predicate['predecessor']).toBe(json['of']);
    }
    const drawn = await call('draw', { n: 2 });
    expect((await replay(drawn.id)).json).toMatchObject({ sameOutput: false, outcome: { now: 'ok' } });
    const far = await node.request('POST', '/v1/services/echo/steps', {
      json: { n: 2 },
      headers: { accept: 'text/event-stream' },
    });
    expect(far.text).toContain('event: progress');
    const told = await node.crank(['receipt', 'replay', far.headers.get('crank-call')!]);
    expect(told.stdout).toContain('DIFFERENT');
    expect(told.stdout).toContain('The script told how far it was.');
  });

  it('refuses to answer what policy wants kept and cannot be', async () => {
    expect((await call('zeros', { mib: 1 })).status).toBe(200);
    expect((await call('zeros', { mib: 17 })).json).toMatchObject({
      code: 'output-too-large',
      detail: expect.stringContaining('wants the output kept'),
    });
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(17 * 2 ** 20)]), 'large.bin');
    const sized = await node.request('POST', '/v1/services/echo/size', { body: form });
    expect(sized.json).toMatchObject({ code: 'too-large', detail: expect.stringContaining('wants the input kept') });
    // Deleted once the answer is out.
    const left = () => readdirSync(join(node.data, 'scratch')).filter((name) => /^(in|out)_/.test(name));
    await expect.poll(left, { timeout: 30_000 }).toEqual([]);
  });

  it('decides again by the bundles of then, also where they were replaced since', async () => {
    const { id } = await call('echo', { text: 'under the old policy' });
    writeFileSync(file('keep2.rego'), KEEP.replace('"days": 7', '"days": 8'));
    await node.crank(['policy', 'apply', file('keep2.rego')]);
    expect((await replay(id)).json).toMatchObject({
      sameOutput: true,
      decisions: [{ result: 'same' }, { result: 'same' }],
    });
  });

  it('exports a period as one archive that verifies, and any change in it is found', async () => {
    writeFileSync(file('since'), await (await node.request('GET', '/log/checkpoint')).text);
    await call('echo', { text: 'one more' });
    const exported = await node.crank(['receipt', 'export', '--since', file('since'), '-o', file('all.tar')]);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    const args = ['receipt', 'verify', file('all.tar'), '--vkey', vkey, '--since', file('since'), '--json'];
    const verified = await node.crank(args);
    expect(verified, verified.stdout).toMatchObject({ code: 0 });
    const report = JSON.parse(verified.stdout) as { receipts: number; gapless: boolean; extends: number };
    expect(report).toMatchObject({ verified: true, gapless: true });
    expect(report.receipts).toBeGreaterThan(100);

    const archive = readFileSync(file('all.tar'));
    const text = archive.toString('latin1');
    const second = text.indexOf('\n{"envelope"', text.indexOf('receipts/000000.ndjson')) + 1;
    const damages: Record<string, [Buffer, string]> = {
      'a byte of a receipt': [archive.with(second + 100, archive[second + 100]! ^ 1) as Buffer, 'signature'],
      'a byte of the head': [archive.with(text.indexOf('\n\u00e2\u0080\u0094') - 5, 0x41) as Buffer, 'checkpoint'],
      'its end': [archive.subarray(0, archive.length - 4_096), 'archive'],
      'something behind its end': [Buffer.concat([archive, Buffer.alloc(1)]), 'archive'],
    };
    for (const [name, [bytes, part]] of Object.entries(damages)) {
      writeFileSync(file('changed.tar'), bytes);
      const ran = await node.crank(['receipt', 'verify', file('changed.tar'), '--vkey', vkey, '--json']);
      expect(ran.code, name).toBe(5);
      expect((JSON.parse(ran.stdout) as { part: string }).part, name).toBe(part);
    }
  });

  it('erases a subject: payloads, printed output, salts and key are gone from every file, and receipts verify', async () => {
    const said = 'a sentence that only Bob has said';
    const subject = { 'crank-subject': 'bob@example.org', 'idempotency-key': 'bob-1' };
    const bob = await call('echo', { text: said }, subject);
    const broken = await call('echo', { text: said, fail: true }, { 'crank-subject': 'bob@example.org' });
    const ann = await call('echo', { text: 'a sentence of Ann' }, { 'crank-subject': 'ann@example.org' });
    const before = JSON.parse(await receipt(bob.id)) as { openings: { subject: string; input: string } };
    expect(Object.keys(before.openings)).toEqual(['input', 'subject']);
    expect((await node.request<{ stdout: string }>('GET', `/v1/calls/${bob.id}`)).json.stdout).toContain(said);
    const keys = join(node.data, 'keys/subjects');
    const wrapping = readFileSync(join(keys, '1.key'));

    const erased = await node.crank(['erase', '--subject', 'bob@example.org', '--json']);
    expect(JSON.parse(erased.stdout)).toMatchObject({ calls: 2, kept: 4 });

    // In no file of the data folder: database with its free pages, write-ahead log, blobs, scratch, keys.
    const [salt, inputSalt] = [before.openings.subject, before.openings.input].map((one) => Buffer.from(one, 'base64'));
    const reversed = Buffer.from([...said].reverse().join(''));
    expect(holding(node.data, Buffer.from(said), reversed, Buffer.from('bob@example.org'))).toEqual([]);
    expect(holding(node.data, salt!, inputSalt!, Buffer.from(before.openings.subject))).toEqual([]);
    expect(holding(node.data, wrapping)).toEqual([]);
    expect(readdirSync(keys).sort()).toEqual(['2.key', 'index']);

    const after = await receipt(bob.id);
    expect(JSON.parse(after)).toMatchObject({ openings: {} });
    expect(await verifyReceipt(after, { vkeys: [vkey] })).toMatchObject({
      opened: { subject: 'absent', input: 'absent' },
    });
    expect((await replay(bob.id)).json).toMatchObject({ code: 'not-found', detail: expect.stringContaining('erased') });
    for (const { id } of [bob, broken])
      expect((await node.request('GET', `/v1/calls/${id}`)).json).toMatchObject({ stdout: '', problem: null });
    const again = await call('echo', { text: said }, subject);
    expect(again.id).not.toBe(bob.id);

    // Others keep theirs, also after a restart; and the log holds that it was done, without the name.
    await node.stop();
    await node.start();
    expect((await replay(ann.id)).json).toMatchObject({ sameOutput: true });
    const act = (await list('?kind=subject.erase'))[0]!;
    const held = await verifyReceipt(await receipt(act.id), { vkeys: [vkey] });
    expect(held.predicate['object']).toMatchObject({ calls: 2, kept: 4, subject: expect.stringMatching(/^sub_/) });
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
    expect((await node.crank(['erase', '--subject', 'nobody'])).code).toBe(2);
  });

  it('erases a principal whose calls named nobody, but not what it did for others', async () => {
    const { key, id } = (
      await node.request<{ key: string; id: string }>('POST', '/v1/keys', { json: { name: 'c', role: 'caller' } })
    ).json;
    const own = await node.request('POST', '/v1/services/echo/echo', { json: { text: 'own' }, key });
    const forAnn = await node.request('POST', '/v1/services/echo/echo', {
      json: { text: 'for Ann' },
      key,
      headers: { 'crank-subject': 'ann@example.org' },
    });
    expect((await node.request('POST', '/v1/erasures', { json: { subject: id }, key })).status).toBe(403);
    expect((await node.request('POST', '/v1/erasures', { json: { subject: id } })).json).toMatchObject({
      calls: 1,
      kept: 2,
    });
    const openings = async (answer: typeof own): Promise<string[]> =>
      Object.keys((JSON.parse(await receipt(answer.headers.get('crank-call')!)) as { openings: object }).openings);
    expect(await openings(own)).toEqual([]);
    expect(await openings(forAnn)).toEqual(['input', 'subject']);
    // The principal calls on, under a new key, which opens nothing of before.
    const later = await node.request('POST', '/v1/services/echo/echo', { json: { text: 'later' }, key });
    expect(await openings(later)).toEqual(['input', 'subject']);
    expect(await openings(own)).toEqual([]);
  });

  it('writes down what was refused without a receipt of its own, in one entry', async () => {
    await node.request('GET', '/v1/calls', { key: 'nonsense' });
    await node.stop();
    await node.start();
    const act = (await list('?kind=security.refusals'))[0]!;
    const { predicate } = await verifyReceipt(await receipt(act.id), { vkeys: [vkey] });
    expect(predicate['object']).toMatchObject({ unauthenticated: 1, 'forbidden subject.erase': 1 });
    const last = (await list()).slice(0, 3).map(({ act }) => act);
    expect(last).toEqual(['node.start', 'node.stop', 'security.refusals']);
  });
});
