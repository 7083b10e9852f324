import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formats, type Kind } from '../../email/archive/formats.ts';
import { problemOf } from '../../email/archive/found.ts';
import { zipFile } from '../../email/export/zip-file.ts';
import { parseMessage } from '../../email/mime/message.ts';
import { show } from '../../email/shown.ts';
import { makeMsg } from './make-msg.ts';
import { makePst } from './make-pst.ts';

const base = mkdtempSync(join(tmpdir(), 'mutations-'));
afterAll(() => rmSync(base, { recursive: true }));

/** `MUTATIONS=100000 npm test -- mutations` for a longer campaign. */
const COUNT = Number(process.env['MUTATIONS'] ?? 1_000);

/** Numbers that look random and are the same each time (xorshift32). */
const numbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

const EXTREME = [0, 1, 0x7f, 0x80, 0xff];

/** Bytes changed, taken out, put in twice, or cut off. */
const mutated = (bytes: Buffer, next: (below: number) => number): Buffer => {
  let out = Buffer.from(bytes);
  for (let left = 1 + next(4); left > 0; left--) {
    const at = next(out.length || 1);
    const size = 1 + next(40);
    const how = next(6);
    if (how < 2) out[at] = next(256);
    else if (how === 2) out.fill(EXTREME[next(EXTREME.length)]!, at, Math.min(out.length, at + 1 + next(8)));
    else if (how === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(at + size)]);
    else if (how === 4) out = Buffer.concat([out.subarray(0, at + size), out.subarray(at)]);
    else out = out.subarray(0, Math.max(1, at));
  }
  return out;
};

const message = Buffer.from(
  [
    'From: =?utf-8?q?Ana_M=C3=BC?= <ana@example.org>',
    'To: "Bo, Jr." <bo@example.org>, Group: c@x.test;',
    'Subject: =?iso-2022-jp?b?GyRCRnxLXBsoQg==?= folded',
    ' line',
    'Message-ID: <1@x>',
    'References: <0@x> <00@x>',
    'Date: Fri, 27 Nov 2026 10:00:00 +0100 (CET)',
    'Authentication-Results: mx; dkim=pass header.d=x',
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    '--b',
    'Content-Type: multipart/alternative; boundary=c',
    '',
    '--c',
    'Content-Type: text/plain; charset=utf-8; format=flowed',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Gr=C3=BC=C3=9Fe =',
    'begin 644 a',
    '#0V%T',
    'end',
    '--c',
    'Content-Type: text/html',
    '',
    '<p title="a>b">A&amp;&#x41;<!-- x --><script>y</script>',
    '--c',
    'Content-Type: text/calendar',
    '',
    'BEGIN:VEVENT\nATTENDEE;CN="x":mailto:a@b\nEND:VEVENT',
    '--c--',
    '--b',
    "Content-Type: application/pdf; name*0*=utf-8''%C3%A4; name*1=x.pdf",
    'Content-Disposition: attachment; filename="a\\"b.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    'JVBERi0xLjQK',
    '--b--',
  ].join('\r\n'),
);
const line = Buffer.from('From ana@example.org Fri Nov 27 10:00:00 2026\n');
const zip = zipFile();
const outlook = {
  properties: { 26: 'IPM.Note', 55: 's', 4096: 'b'.repeat(200), 4105: Buffer.from('rtf') },
  recipients: [{ 3093: 1, 12289: 'Bo' }],
  attachments: [{ 14085: 1, 14087: 'a', 14081: Buffer.from('x') }],
};
const seeds: Record<Kind, Buffer> = {
  eml: message,
  mbox: Buffer.concat([
    line,
    message,
    Buffer.from('\n\n'),
    line,
    Buffer.from('Content-Length: 5\n\n>From x\n\n'),
    line,
    message,
  ]),
  zip: Buffer.concat([
    ...zip.add('a.mbox', Buffer.concat([line, message])),
    ...zip.add('b.eml', message),
    ...zip.end(),
  ]),
  msg: makeMsg(outlook.properties, outlook.recipients, outlook.attachments),
  pst: makePst('Inbox', [outlook, outlook]),
};

describe(`${COUNT} mutations of each kind of archive`, () => {
  it.each(Object.entries(seeds) as [Kind, Buffer][])('%s: messages, or a problem that is said', (kind, seed) => {
    const next = numbers(0x5eed);
    const path = join(base, kind);
    let read = 0;
    let refused = 0;
    for (let round = 0; round < COUNT; round++) {
      writeFileSync(path, mutated(seed, next));
      try {
        for (const found of formats[kind].read(path, 0)) {
          if ('problem' in found) refused++;
          else JSON.stringify(show(parseMessage(found.bytes)));
          read++;
        }
      } catch (error) {
        problemOf(error); // throws what is a fault of ours
        refused++;
      }
    }
    expect(read).toBeGreaterThan(COUNT / 10);
    expect(kind === 'eml' || kind === 'mbox' ? refused : refused > 0 ? 0 : 1).toBe(0);
  });
});
