import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formats, kindOf } from '../../email/archive/formats.ts';
import type { Found } from '../../email/archive/found.ts';
import { exporters } from '../../email/export/exporters.ts';
import { zipFile } from '../../email/export/zip-file.ts';
import { openToRead } from '../../email/index/catalog.ts';
import { ingest } from '../../email/index/ingest.ts';
import { search } from '../../email/index/search.ts';
import { parseMessage } from '../../email/mime/message.ts';
import { makeMsg } from './make-msg.ts';
import { makePst } from './make-pst.ts';

const base = mkdtempSync(join(tmpdir(), 'archives-'));
afterAll(() => rmSync(base, { recursive: true }));

const write = (path: string, content: string | Buffer): string => {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), content);
  return join(base, path);
};
const mail = (id: string, body = 'Hello', more = ''): string =>
  `From: Ana <ana@example.org>\nTo: bo@example.org\nSubject: About ${id}\nMessage-ID: <${id}@example.org>\nDate: Fri, 27 Nov 2026 10:00:00 +0100\n${more}\n${body}\n`;
const line = 'From ana@example.org Fri Nov 27 10:00:00 2026\n';
const read = (path: string, from = 0): Found[] =>
  [...formats[kindOf(path)!].read(path, from)].map((one) => {
    if ('problem' in one) throw new Error(one.problem);
    return one;
  });
const bodies = (path: string): string[] => read(path).map(({ bytes }) => parseMessage(bytes).text.trim());
const PEOPLE = { 3098: 'Ana Müller', 23809: 'ana@example.org' };
const outlook = {
  properties: {
    26: 'IPM.Note',
    55: '\u0001\u0005RE: Grüße',
    4096: 'Liebe Grüße',
    3590: new Date('2026-11-27T09:00:00Z'),
    4149: '<1@example.org>',
    ...PEOPLE,
  },
  recipients: [
    { 3093: 1, 12289: 'Bo', 14846: 'bo@example.org' },
    { 3093: 2, 12289: 'Cy', 14846: 'cy@example.org' },
  ],
  attachments: [{ 14085: 1, 14087: 'a "b" ü.txt', 14081: Buffer.from('the file') }],
};

describe('archives', () => {
  it('mbox: separators, quoting of every kind, Content-Length', () => {
    const plain = `${line}${mail('1', 'a\n>From here\n>>From there\n\nFrom hearsay\nend')}\n${line}${mail('2')}\n`;
    expect(bodies(write('plain.mbox', plain))).toEqual(['a\nFrom here\n>From there\n\nFrom hearsay\nend', 'Hello']);
    expect(bodies(write('crlf.mbox', plain.replaceAll('\n', '\r\n')))).toEqual(bodies(join(base, 'plain.mbox')));
    const body = `first\n\n${line}Subject: not a message of its own\n\n>From is kept\n`;
    const counted = `${line}${mail('3', body.slice(0, -1), `Content-Length: ${body.length}\n`)}\n${line}${mail('4')}`;
    expect(bodies(write('cl2.mbox', counted))).toEqual([body.trim(), 'Hello']);
    const lying = `${line}${mail('5', 'short', 'Content-Length: 400\n')}\n${line}${mail('6')}`;
    expect(bodies(write('lying.mbox', lying))).toEqual(['short', 'Hello']);
  });

  it('mbox: a message goes over what is read at one time, and comes out whole by its place', () => {
    const large = `${'x'.repeat(70)}\n`;
    const path = write('large.mbox', `${line}${mail('1', large.repeat(80_000))}\n${line}${mail('2')}\n`);
    const found = read(path);
    expect(found.map(({ bytes }) => bytes.length)).toEqual([mail('1', large.repeat(80_000)).length, mail('2').length]);
    for (const { place, bytes } of found) expect(formats.mbox.readAt(path, place).equals(bytes)).toBe(true);
    expect(read(path, found[0]!.next)).toHaveLength(1);
  });

  it('Maildir, Apple Mail, zipped sets', () => {
    expect(read(write('in/cur/1:2,RS', mail('1')))[0]!.flags).toEqual(['answered', 'seen']);
    expect(bodies(write('a.emlx', `${mail('1').length}\n${mail('1')}<plist></plist>`))).toEqual(['Hello']);
    const zip = zipFile();
    const members = [
      ...zip.add('x/in.mbox', Buffer.from(`${line}${mail('1')}\n${line}${mail('2')}`)),
      ...zip.add('y.eml', Buffer.from(mail('3'))),
      ...zip.add('z.txt', Buffer.from('none')),
    ];
    const found = read(write('set.zip', Buffer.concat([...members, ...zip.end()])));
    expect(found.map(({ bytes, folder }) => [parseMessage(bytes).messageId, folder])).toEqual([
      ['1@example.org', 'x'],
      ['2@example.org', 'x'],
      ['3@example.org', undefined],
    ]);
    expect(formats.zip.readAt(join(base, 'set.zip'), found[1]!.place).equals(found[1]!.bytes)).toBe(true);
  });

  it.each([
    [
      'PST',
      () => makePst('Inbox/2026', [outlook, { ...outlook, properties: { ...outlook.properties, 26: 'IPM.Contact' } }]),
      'Inbox_2026',
    ],
    ['MSG', () => makeMsg(outlook.properties, outlook.recipients, outlook.attachments), undefined],
  ])('%s: a message with its people, body and attachment', (name, make, folder) => {
    const path = write(`outlook.${name}`, make());
    const found = read(path);
    expect(found.map((one) => one.folder)).toEqual([folder]);
    const message = parseMessage(found[0]!.bytes);
    expect(message).toMatchObject({
      subject: 'RE: Grüße',
      from: [{ name: 'Ana Müller', address: 'ana@example.org' }],
      to: [{ name: 'Bo', address: 'bo@example.org' }],
      cc: [{ name: 'Cy', address: 'cy@example.org' }],
      date: Date.UTC(2026, 10, 27, 9),
      messageId: '1@example.org',
      text: 'Liebe Grüße',
      findings: [],
    });
    expect(message.attachments.map(({ name: file, content }) => [file, content.toString()])).toEqual([
      ['a "b" ü.txt', 'the file'],
    ]);
    expect(formats[kindOf(path)!].readAt(path, found[0]!.place).equals(found[0]!.bytes)).toBe(true);
  });

  it('an index takes only what is new, goes on where a limit stopped it, and knows copies', () => {
    const index = join(base, '.email-index/mail');
    const box = (...ids: string[]): string => ids.map((id) => `${line}${mail(id)}\n`).join('');
    write('boxes/in.mbox', box('1', '2', '3'));
    write('boxes/copy/1.eml', mail('2').replaceAll('\n', '\r\n'));
    const add = (limit = 100) =>
      ingest({ base, index, path: 'boxes', limit, classify: () => '', progress: () => undefined });
    expect(add(2)).toMatchObject({ added: 2, duplicates: 0, done: false });
    expect(add()).toMatchObject({ added: 2, duplicates: 1, done: true });
    expect(add()).toMatchObject({ added: 0, files: { read: 0, unchanged: 2, skipped: 0 } });
    appendFileSync(join(base, 'boxes/in.mbox'), box('4'));
    expect(add()).toMatchObject({ added: 1, done: true });
    const db = openToRead(index);
    const found = (query: string, duplicates = false) =>
      search(db, index, { query, sort: 'oldest', duplicates, limit: 9, offset: 0 }).total;
    expect([
      found(''),
      found('', true),
      found('is:duplicate'),
      found('subject:about 4'),
      found('-subject:about'),
      found('from:ana on:2026-11-27'),
    ]).toEqual([4, 5, 1, 1, 0, 4]);
    db.close();
  });

  it('mbox and back', () => {
    const raw = Buffer.from(mail('1', 'a\nFrom b\n>From c'));
    const row = { date: Date.UTC(2026, 10, 27), path: 'x' };
    const chunks = [...exporters.mbox.write([{ number: 1, bytes: raw, row }])].map((chunk) => Buffer.from(chunk));
    expect(read(write('back.mbox', Buffer.concat(chunks)))[0]!.bytes.equals(raw)).toBe(true);
  });
});
