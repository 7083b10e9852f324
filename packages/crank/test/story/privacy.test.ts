import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';

const SOURCE = `
import os
from pathlib import Path
from typing import Any, Iterator
import sys

from crank_platform import context


def customer(id: int) -> dict[str, Any]:
    """One customer."""
    print("looked up ann.lee@example.org")
    return {
        "id": id,
        "name": "Ann Lee",
        "contact": {"email": "ann.lee@example.org", "phone": "+49 30 1234567"},
        "note": "Pays with 4111 1111 1111 1111, see bob@example.org; score 1.50",
        "score": 1.50,
        "big": 12345678901234567890,
        "bob@example.org": True,
    }


def fails(text: str) -> str:
    """Fails with what it was given."""
    print(text, file=sys.stderr)
    raise ValueError("cannot read " + text)


def talk(parts: list[str]) -> Iterator[str]:
    """Gives a text in pieces."""
    yield from parts


def rows(n: int) -> Iterator[dict[str, Any]]:
    """Gives rows."""
    for i in range(n):
        yield {"n": i, "email": "row%d@example.org" % i}


def steps() -> Iterator[int]:
    """Says how far it is."""
    context.progress(0.5, "at eve@example.org")
    yield 1


def file(kind: str) -> Path:
    """Writes a file."""
    path = Path("answer." + kind)
    path.write_bytes(b"\\x89PNG ann@example.org" if kind == "png" else b"a,b\\n1,ann@example.org\\n")
    return path


def sly(way: str) -> Path:
    """Tries to get an address out."""
    address = "eve@example.org"
    if way == "type":
        raise type(address, (Exception,), {})("x")
    if way == "cause":
        raise ValueError("x") from KeyError(address)
    if way == "exit":
        sys.exit(address)
    if way == "descriptor":
        os.write(2, address.encode())
        raise ValueError("x")
    path = Path((address if way == "name" else "answer") + (".html" if way == "utf-16" else ".txt"))
    path.write_bytes(address.encode("utf-16" if way in ("utf-16", "wide") else "utf-8"))
    return path


def echo(text: str, sensitivity: str = "internal") -> str:
    """Gives the text back."""
    return text
`;

const OTHERS = { customer: {}, fails: {}, talk: {}, rows: {}, file: {}, sly: {}, steps: {} };
const MANIFEST = { operations: { ...OTHERS, echo: { classification: 'internal' } } };

/** VISION.md, "Policy Engine Example", word for word. */
const VISION = `
# Universal privacy policy
package crank.privacy

# Redact PII from any service output
redact_pii[field] {
    input.output_fields[_] = field
    regex.match(\`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Z|a-z]{2,}\`, field.value)
}

# Resource allocation based on content sensitivity
required_resources = resources {
    input.content.sensitivity == "confidential"
    resources = {
        "memory": "4Gi",
        "cpu": "2000m",
        "encryption": "AES-256"
    }
}
`;

const FOUND = `
package crank.privacy

redact contains {"detect": ["email", "phone"], "action": "tokenise"} if input.resource.operation == "customer"

redact contains {"detect": ["card"], "action": "mask"}

redact contains {"fields": "/name", "action": "hash"}

redact contains {"detect": ["email", "national-id"], "action": "mask"} if input.resource.operation != "customer"
`;

const LABELS = `
package crank.labels

classify contains {"field": "/sensitivity"}

classify contains {"detect": ["card", "iban"], "label": "restricted"}

deny contains "restricted data stays out of here" if {
	input.point == "input"
	input.classification == "restricted"
}
`;

interface Predicate {
  classification?: string;
  redacted?: { type: string; count: number }[];
  limits: { memoryBytes: number };
  decisions: { point: string; obligations: string[]; reasons: string[] }[];
}

describe.skipIf(opaPath === undefined)('privacy', () => {
  let node: TestNode;

  const apply = async (text: string): Promise<void> => {
    const applied = await node.request('POST', '/v1/policies', { json: { files: [{ path: 'p.rego', text }] } });
    expect(applied.status, applied.text).toBe(200);
  };
  const drop = async (name: string): Promise<void> => {
    expect((await node.request('DELETE', `/v1/policies/${name}`)).status).toBe(200);
  };
  const call = async (operation: string, input: object, headers: Record<string, string> = {}) => {
    const answer = await node.request('POST', `/v1/services/people/${operation}`, { json: input, headers });
    const id = answer.headers.get('crank-call') ?? '';
    return { ...answer, id };
  };
  const predicateOf = async (id: string): Promise<Predicate> => {
    const { json } = await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`);
    return JSON.parse(Buffer.from(json.envelope.payload, 'base64').toString()).predicate as Predicate;
  };

  beforeAll(async () => {
    node = await startNode({ CRANK_LOG_LEVEL: 'trace' });
    const deployed = await node.deploy('people', { 'people.py': SOURCE, 'crank.json': JSON.stringify(MANIFEST) });
    expect(deployed.status, deployed.text).toBe(201);
  });
  afterAll(() => node.remove());

  it("the vision's own policy redacts an address, and gives confidential content what it needs", async () => {
    await apply(VISION);
    const answer = await call('customer', { id: 7 });
    expect(answer.json['contact']).toEqual({ email: '[redacted]', phone: '+49 30 1234567' });
    const secret = await call('echo', { text: 'x', sensitivity: 'confidential' });
    expect(secret.status, secret.text).toBe(200);
    const { limits, decisions } = await predicateOf(secret.id);
    expect(limits.memoryBytes).toBe(4 * 2 ** 30);
    expect(decisions.flatMap(({ obligations }) => obligations)).toEqual(
      expect.arrayContaining(['encryption:AES-256', 'cpus:2']),
    );
    await drop('crank.privacy');
  });

  it('what detectors find is taken out as the policy says, and all else stays as it was written', async () => {
    await apply(FOUND);
    const { json, text, id } = await call('customer', { id: 7 });
    const contact = json['contact'] as { email: string; phone: string };
    expect(contact.email).toMatch(/^tok_/);
    expect(contact.phone).toMatch(/^tok_/);
    expect(json['name']).toMatch(/^field_[0-9a-f]{24}$/);
    expect(json['note']).toMatch(/^Pays with \*{4} \*{4} \*{4} 1111, see tok_[\w-]+; score 1\.50$/);
    expect(text).toContain('"score":1.5');
    expect(text).toContain('"big":12345678901234567890');
    for (const gone of ['ann.lee@', 'bob@', 'Ann Lee', '1234567"', '4111']) expect(text).not.toContain(gone);
    // The same value has the same stand-in, so that answers can be joined by it.
    expect((await call('customer', { id: 8 })).json['contact']).toEqual(contact);

    const predicate = await predicateOf(id);
    expect(predicate.redacted).toEqual([
      { count: 1, type: 'card' },
      { count: 3, type: 'email' },
      { count: 1, type: 'field' },
      { count: 1, type: 'phone' },
    ]);
    expect(predicate.decisions.find(({ point }) => point === 'input')!.obligations).toEqual(
      expect.arrayContaining(['redact:card:mask', 'redact::hash:/name', 'redact:email,phone:tokenise']),
    );
    const kept = await node.request('GET', `/v1/calls/${id}`);
    expect(kept.json['stdout']).toMatch(/^looked up tok_[\w-]+\n$/);
  });

  it('tokens are given back to who may, and that is in the log; to nobody else', async () => {
    const { contact } = (await call('customer', { id: 7 })).json as { contact: { email: string; phone: string } };
    const reveal = (tokens: string[], key?: string) =>
      node.request<{ values: object[]; receipt: string; code: string }>('POST', '/v1/detokenise', {
        json: { tokens },
        ...(key !== undefined && { key }),
      });
    const { json } = await reveal([contact.email, contact.phone]);
    expect(json.values).toEqual([
      { token: contact.email, type: 'email', value: 'ann.lee@example.org' },
      { token: contact.phone, type: 'phone', value: '+49 30 1234567' },
    ]);
    const { json: receipts } = await node.request<{ receipts: { id: string }[] }>(
      'GET',
      '/v1/receipts?kind=privacy.reveal',
    );
    expect(receipts.receipts.map(({ id }) => id)).toEqual([json.receipt]);

    const { json: made } = await node.request<{ key: string }>('POST', '/v1/keys', {
      json: { name: 'dev', role: 'developer' },
    });
    const refused = await reveal([contact.email], made.key);
    expect([refused.status, refused.json.code]).toEqual([403, 'forbidden']);
    for (const wrong of [`${contact.email.slice(0, -1)}${contact.email.endsWith('A') ? 'B' : 'A'}`, 'tok_x', '']) {
      const answer = await reveal([contact.email, wrong]);
      expect([answer.status, answer.json.code, answer.text.includes('ann.lee')], wrong).toEqual([
        422,
        'invalid-input',
        false,
      ]);
    }
    const shown = await node.crank(['detokenise', contact.email]);
    expect(shown.stdout).toBe('email ann.lee@example.org\n');
  });

  it('what a failing script says is searched, too: answer, record and traceback', async () => {
    const failed = await call('fails', { text: 'the mail of eve@example.org and 536-90-4399' });
    expect(failed.status).toBe(500);
    const record = await node.request('GET', `/v1/calls/${failed.id}`);
    for (const text of [failed.text, record.text]) {
      expect(text).toContain('e***@e***.org and ***-**-****');
      expect(text).not.toContain('eve@');
      expect(text).not.toContain('536-90');
    }
  });

  it('a text in pieces is searched across them, and keeps their number', async () => {
    const parts = [
      'Write to my dear fri',
      'end eve@exam',
      'ple.o',
      'rg or pay with 4111 1111',
      ' 1111 1111 today, ',
      'please do.',
    ];
    const { text, id } = await call('talk', { parts });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const said = lines.filter((line) => typeof line === 'string');
    expect(said.length).toBe(parts.length);
    expect(said.join('')).toBe(
      'Write to my dear friend e***@e***.org or pay with **** **** **** 1111 today, please do.',
    );
    expect((await predicateOf(id)).redacted).toEqual([
      { count: 1, type: 'card' },
      { count: 1, type: 'email' },
    ]);
    const rows = await call('rows', { n: 3 });
    expect(rows.text.match(/r\*\*\*@e\*\*\*\.org/g)?.length).toBe(3);
    expect(rows.text).not.toContain('row1@');
  });

  it.each(['type', 'cause', 'exit', 'descriptor', 'name', 'utf-16', 'wide', 'plain'])(
    'an address does not get out by way of: %s',
    async (way) => {
      const answer = await call('sly', { way }, { accept: 'text/event-stream' });
      const record = await node.request('GET', `/v1/calls/${answer.id}`);
      const said = [answer.text, JSON.stringify([...answer.headers]), record.text].join(' ');
      expect(said.replaceAll('\0', '')).not.toMatch(/eve@|eve%40/);
      expect([200, 403, 500]).toContain(answer.status);
    },
  );

  it('how far a call is goes on being told, without the messages', async () => {
    const { text } = await call('steps', {}, { accept: 'text/event-stream' });
    expect(text).toContain('event: progress');
    expect(text).toContain('0.5');
    expect(text).not.toContain('eve@');
  });

  it('files are searched where they are text, and otherwise not given out', async () => {
    const csv = await call('file', { kind: 'csv' });
    expect(csv.text).toBe('a,b\n1,a***@e***.org\n');
    expect(csv.headers.get('content-length')).toBe(String(csv.text.length));
    const png = await call('file', { kind: 'png' });
    expect([png.status, png.json['code']]).toEqual([403, 'policy-denied']);
    expect(png.json['detail']).toContain('image/png cannot be searched');
  });

  it('a large answer is searched off the main thread', async () => {
    const text = `${'lorem ipsum 12 '.repeat(20_000)}eve@example.org`;
    const answer = await call('echo', { text });
    expect(answer.text).toBe(JSON.stringify(text.replace('eve@example.org', 'e***@e***.org')));
    await drop('crank.privacy');
  });

  it('labels rise by header, manifest, field and what is found, and never fall', async () => {
    await apply(LABELS);
    const labelled = async (input: object, headers = {}) =>
      (await predicateOf((await call('echo', input, headers)).id)).classification;
    expect(await labelled({ text: 'x' })).toBe('internal');
    expect(await labelled({ text: 'x' }, { 'crank-classification': 'public' })).toBe('internal');
    expect(await labelled({ text: 'x' }, { 'crank-classification': 'confidential' })).toBe('confidential');
    expect(await labelled({ text: 'x', sensitivity: 'confidential' }, { 'crank-classification': 'public' })).toBe(
      'confidential',
    );
    const denied = await call('echo', { text: 'card 4111 1111 1111 1111' }, { 'crank-classification': 'public' });
    expect([denied.status, denied.json['reasons']]).toEqual([403, ['restricted data stays out of here']]);
    expect((await predicateOf(denied.id)).classification).toBe('restricted');
    const wrong = await call('echo', { text: 'x' }, { 'crank-classification': 'secret' });
    expect([wrong.status, wrong.json['code']]).toEqual([400, 'malformed-request']);
    // As a job, too, which is run from its row.
    const job = await call('echo', { text: 'x' }, { 'crank-classification': 'confidential', prefer: 'respond-async' });
    expect((await node.crank(['job', job.json['id'] as string, '--wait'])).code).toBe(0);
    expect((await predicateOf(job.json['id'] as string)).classification).toBe('confidential');
    await drop('crank.labels');
  });

  it('the example in examples/policies passes its own tests, and does what it says', async () => {
    const folder = fileURLToPath(new URL('../../../../examples/policies/privacy', import.meta.url));
    const tested = await node.crank(['policy', 'test', folder]);
    expect(tested.code, tested.stdout + tested.stderr).toBe(0);
    expect((await node.crank(['policy', 'apply', folder])).code).toBe(0);
    const { json: made } = await node.request<{ key: string }>('POST', '/v1/keys', {
      json: { name: 'app', role: 'caller' },
    });
    const seen = await node.request('POST', '/v1/services/people/customer', { json: { id: 1 }, key: made.key });
    expect(seen.json['name']).toBeNull();
    expect(seen.json['contact']).toMatchObject({ email: expect.stringMatching(/^tok_/) });
    const owner = await call('customer', { id: 1 });
    expect(owner.json).toMatchObject({ name: 'Ann Lee', contact: { email: 'ann.lee@example.org' } });
    expect(owner.text).not.toContain('4111 1111');
    await drop('crank.privacy');
  });

  it('rules for fields hold for items of streams, texts too', async () => {
    await apply('package crank.privacy\n\nredact contains {"fields": "/email", "action": "drop"}\n');
    const { text: rows } = await call('rows', { n: 2 });
    expect(rows).toContain('{"n":1,"email":null}');
    expect((await call('talk', { parts: ['eve@example.org'] })).text).toContain('"eve@example.org"');
    await apply('package crank.privacy\n\nredact contains {"fields": "", "action": "mask"}\n');
    expect((await call('talk', { parts: ['one', 'two'] })).text).toMatch(/^"\*\*\*"\n"\*\*\*"\n/);
    await drop('crank.privacy');
  });

  it('a rate that a policy gives is counted for each by itself, told in every answer, and stands in the receipt', async () => {
    await apply(
      'package crank.pace\n\nrate contains {"name": "echoes", "requests": 2, "seconds": 3600} if input.resource.operation == "echo"\n',
    );
    const [first, second, third] = [
      await call('echo', { text: 'a' }),
      await call('echo', { text: 'b' }),
      await call('echo', { text: 'c' }),
    ];
    expect([first.status, second.status, third.status, third.json['code']]).toEqual([200, 200, 429, 'rate-limited']);
    expect(first.headers.get('ratelimit-policy')).toBe(
      '"principal";q=10000;w=2, "account";q=40000;w=2, "echoes";q=2;w=3600',
    );
    expect(first.headers.get('ratelimit')).toMatch(
      /^"principal";r=9999;t=1, "account";r=39999;t=1, "echoes";r=1;t=1[78]\d\d$/,
    );
    expect(second.headers.get('ratelimit')).toContain('"echoes";r=0;t=3');
    expect(third.headers.get('ratelimit')).toContain('"echoes";r=0;t=3');
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(1_500);
    expect(Number(third.headers.get('retry-after'))).toBeLessThanOrEqual(1_800);
    const { decisions } = await predicateOf(third.id);
    expect(decisions[0]!.obligations).toContain('rate:echoes:2/3600s:principal');
    const { text } = await call('rows', { n: 1 });
    expect(text).toContain('row0@');
    const { json: other } = await node.request<{ key: string }>('POST', '/v1/keys', {
      json: { name: 'other', role: 'caller' },
    });
    const theirs = await node.request('POST', '/v1/services/people/echo', { json: { text: 'd' }, key: other.key });
    expect(theirs.status).toBe(200);
    await apply('package crank.pace\n\nrate contains {"name": "echoes", "requests": 0, "seconds": 1}\n');
    const wrong = await call('echo', { text: 'x' });
    expect([wrong.status, wrong.json['detail']]).toEqual([
      403,
      expect.stringContaining('requests: 0 is no whole number'),
    ]);
    await drop('crank.pace');
  });

  it('a policy with a wrong rule denies, and says what is wrong', async () => {
    await apply('package crank.privacy\n\nredact contains {"detect": ["emial"], "action": "mask"}\n');
    const denied = await call('echo', { text: 'x' });
    expect([denied.status, denied.json['code']]).toEqual([403, 'policy-denied']);
    expect(denied.json['detail']).toContain('"emial" is none of email, phone');
    await drop('crank.privacy');
  });

  it("the node's own log has nothing of what policies took out, whatever became of the calls", async () => {
    await node.stop();
    const log = node.said();
    expect(log).toContain('"msg":"ready"');
    for (const value of ['eve@', 'ann.lee@', 'bob@', 'row1@', '4111', '536-90', '1234567', 'Ann Lee'])
      expect(log, value).not.toContain(value);
  });
});
