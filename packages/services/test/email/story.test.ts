import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../../../crank/test/support/node.ts';
import { makePst } from './make-pst.ts';

const source = fileURLToPath(new URL('../../email', import.meta.url));

/** What the service doc has of interest to mail, with its signatures: that itself needs pandoc and LibreOffice. */
const DOC = `
from pathlib import Path

def convert(file: Path, to: str) -> Path:
    assert to == "pdf" and "<h1>" in file.read_text()
    out = Path("mail.pdf")
    out.write_bytes(b"%PDF-1.4 of " + str(file.read_text().count("<h2>")).encode() + b" messages")
    return out

def extract_text(file: Path) -> str:
    return file.read_bytes().decode().upper()
`;

const message = (number: number, subject: string, body: string, more: Record<number, string> = {}) => ({
  properties: {
    26: 'IPM.Note',
    55: subject,
    4096: body,
    3590: new Date(Date.UTC(2026, 10, number, 9)),
    4149: `<${number}@example.org>`,
    3098: 'Ana',
    23809: 'ana@example.org',
    ...more,
  },
  recipients: [{ 3093: 1, 12289: 'Bo', 14846: 'bo@example.org' }],
  attachments: number === 2 ? [{ 14085: 1, 14087: 'terms.txt', 14081: Buffer.from('net thirty days') }] : [],
});

type Json = Record<string, never> & { total: number; messages: { number: number; subject: string }[] };

/** A PST file comes in; its mail goes out as mbox, PDF and report; every step has its receipt. */
describe('CrankEmail', () => {
  let node: TestNode;
  const receipts: string[] = [];
  const call = async <T = Json>(
    operation: string,
    input: object | FormData = {},
  ): Promise<{ status: number; text: string; json: T }> => {
    const given = input instanceof FormData ? { body: input } : { json: input };
    const answer = await node.request<T>('POST', `/v1/services/email/${operation}`, given);
    receipts.push(answer.headers.get('crank-call')!);
    return answer;
  };
  const upload = (name: string, content: Buffer): FormData => {
    const form = new FormData();
    form.append('archive', new Blob([new Uint8Array(content)]), name);
    return form;
  };

  beforeAll(async () => {
    node = await startNode();
    const paths = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(join(source, path)).isFile(),
    );
    const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(source, path), 'utf8')]));
    for (const [name, given] of Object.entries({ email: files, doc: { 'doc.py': DOC } })) {
      const deployed = await node.deploy(name, given);
      expect(deployed.status, deployed.text).toBe(201);
    }
    expect(
      (await node.request('POST', '/v1/workspaces', { json: { name: 'mail', quotaBytes: 50_000_000 } })).status,
    ).toBe(201);
  });
  afterAll(() => node.remove());

  it('takes a PST file in, once, and mail that comes after it', async () => {
    const mails = [
      message(1, 'Contract', 'Shall we sign?'),
      message(2, 'RE: Contract', 'Terms attached.', { 4162: '<1@example.org>' }),
      message(3, 'Lunch', 'Noodles'),
    ];
    const pst = makePst('Inbox', mails);
    const added = await call('ingest', upload('ana.pst', pst));
    expect(added.json, added.text).toMatchObject({ added: 3, duplicates: 0, done: true, problems: [] });
    expect((await call('ingest')).json).toMatchObject({ added: 0, files: { read: 0, unchanged: 1 } });
    const eml = Buffer.from(
      'From: Cy <cy@x.test>\nTo: ana@example.org\nSubject: Re: Contract\nIn-Reply-To: <2@example.org>\nMessage-ID: <4@x.test>\nDate: Wed, 4 Nov 2026 09:00:00 +0000\n\nSigned. Signing was easy.',
    );
    expect((await call('ingest', upload('later.eml', eml))).json).toMatchObject({ added: 1 });
  });

  it('finds, shows, and strings together', async () => {
    const { json: found } = await call('search', { query: 'sign -noodles', sort: 'oldest' });
    expect([found.total, found.messages.map(({ subject }) => subject)]).toEqual([2, ['Contract', 'Re: Contract']]); // by stems
    const { json: thread } = await call<{ depth: number; from: string }[]>('thread', {
      number: found.messages[0]!.number,
    });
    expect(thread.map(({ depth, from }) => [depth, from])).toEqual([
      [0, 'ana@example.org'],
      [1, 'ana@example.org'],
      [2, 'cy@x.test'],
    ]);
    expect((await call('message', { number: 2 })).json).toMatchObject({
      subject: 'RE: Contract',
      attachments: [{ name: 'terms.txt', size: 15 }],
      date: '2026-11-02T09:00:00.000Z',
    });
    expect((await call('attachment', { number: 2 })).text).toBe('net thirty days');
    expect((await call('attachment_text', { number: 2 })).json).toBe('NET THIRTY DAYS');
    const wrong = await call('search', { query: 'after:soon' });
    expect([wrong.status, wrong.text]).toEqual([422, expect.stringContaining('is no date')]);
    expect(wrong.text).toContain('"pointer":"/query"');
  });

  it('gives it out as mbox, PDF, load file and report', async () => {
    const mbox = await call('export_mail', { query: 'subject:contract' });
    expect(mbox.text.match(/^From \S+@\S+ \w{3} Nov/gm)).toHaveLength(3);
    expect((await call('pdf', { query: 'subject:contract' })).text).toBe('%PDF-1.4 of 3 messages');
    expect((await call('export_mail', { to: 'csv' })).text.split('\r\n')).toHaveLength(6);
    expect((await call('export_mail', { to: 'loadfile' })).text).toContain('natives/0000001.eml');
    const report = await call('report', { title: 'Ana <b>' });
    expect(report.text).toContain('<h1>Ana &#60;b&#62;</h1>');
    expect(report.text).toContain('bo@example.org');
    expect((await call('stats')).json).toMatchObject({ messages: 4, threads: 2, answers: { answered: 1 } });
  });

  it('every step has its receipt, which says what it did to the workspace', async () => {
    const file = join(node.data, 'receipt.json');
    const changed: boolean[] = [];
    for (const id of receipts) {
      const receipt = await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`);
      writeFileSync(file, receipt.text);
      const { predicate } = JSON.parse(Buffer.from(receipt.json.envelope.payload, 'base64').toString());
      for (const { before, after } of predicate.workspaces ?? []) changed.push(before !== after);
    }
    expect((await node.crank(['receipt', 'verify', file])).code).toBe(0);
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
    expect(changed.filter(Boolean)).toHaveLength(2); // the two that brought something
    expect(changed.length).toBeGreaterThan(10);
  });
});
