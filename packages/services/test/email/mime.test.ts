import { describe, expect, it } from 'vitest';
import { ownText } from '../../email/analysis/own-text.ts';
import { parseAddresses } from '../../email/mime/addresses.ts';
import { authenticationOf } from '../../email/mime/authentication.ts';
import { parseDate } from '../../email/mime/date.ts';
import { htmlToText } from '../../email/mime/html-text.ts';
import { parseMessage } from '../../email/mime/message.ts';
import { show } from '../../email/shown.ts';

const parse = (...lines: string[]) => parseMessage(Buffer.from(lines.join('\r\n'), 'latin1'));
const header = (...lines: string[]) => parse(...lines, '', 'body');
const addresses = (value: string) =>
  parseAddresses(value).map(({ name, address }) => (name === '' ? address : `${name} <${address}>`));
const codes = ({ findings }: { findings: { code: string }[] }) => findings.map(({ code }) => code);

describe('headers', () => {
  it.each([
    ['=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?b?IEvDtmxu?=', 'Grüße aus Köln'],
    ['=?utf-8?B?5pel?= =?utf-8?B?5pys?= text', '日本 text'],
    ['=?utf-8?B?5pc=?= =?utf-8?B?pQ==?=', '日'], // one character over two words
    ['=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?iso-8859-1*de?q?gr=FCn?=', 'grün'], // RFC 2231 §5
    ['a =?utf-8?q?b?= c', 'a b c'],
    ['=?x-none?q?caf=E9?=', 'café'],
    ['caf\xe9', 'café'],
    ['caf\xc3\xa9', 'café'],
    ['=?utf-8?q?unfinished', '=?utf-8?q?unfinished'],
    ['folded\r\n  over\r\n\tlines', 'folded over lines'],
  ])('subject %j', (raw, subject) => expect(header(`Subject: ${raw}`).subject).toBe(subject));

  it.each([
    ['Ana <a@example.org>, "Bo, Jr." <b@Example.ORG>', ['Ana <a@example.org>', 'Bo, Jr. <b@example.org>']],
    ['c@example.org (Cy (the third))', ['Cy (the third) <c@example.org>']],
    ['A Group:Ed <e@x.test>,f@y.test; g@z.test', ['Ed <e@x.test>', 'f@y.test', 'g@z.test']],
    ['Undisclosed recipients:;', []],
    ['"Joe \\"J\\" Q." <@relay,@two:j@x.test>', ['Joe "J" Q. <j@x.test>']],
    ['pete(his account)@x.test, jdoe @ y . test', ['his account <pete@x.test>', 'jdoe@y.test']],
    ['"quoted, local"@x.test', ['"quoted, local"@x.test']],
    ['"real@trusted.test" <evil@x.test>', ['real@trusted.test <evil@x.test>']],
    ['"a@trusted.test"', ['a@trusted.test <>']],
    ['=?utf-8?q?Ana=2C_M?= <a@x.test>, =?utf-8?q?b=40c=2Ed?= <b@x.test>', ['Ana, M <a@x.test>', 'b@c.d <b@x.test>']],
    ['<unclosed@x.test>, <open@x.test, next@y.test', ['unclosed@x.test', 'open@x.test', 'next@y.test']],
  ])('addresses %j', (raw, expected) => expect(addresses(raw)).toEqual(expected));

  it.each([
    ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z', -360],
    ['21 Nov 97 09:55 GMT', '1997-11-21T09:55:00Z', 0],
    ['Fri, 21 Nov 1997 09(comment):   55  :  06 -0600 (CST)', '1997-11-21T15:55:06Z', -360],
    ['Thu Nov 27 10:00:00 2026', '2026-11-27T10:00:00Z', 0],
    ['Mon, 9 Feb 04 1:2:3 PST', '2004-02-09T09:02:03Z', -480],
    ['2026-11-27T10:00:00+01:00', '2026-11-27T09:00:00Z', 60],
    ['Wed, 15 Dec 2010 12:59 PM +0530', '2010-12-15T07:29:00Z', 330],
  ])('date %j', (raw, iso, offset) => expect(parseDate(raw)).toEqual({ time: Date.parse(iso), offset }));
  it.each(['', 'yesterday', '32 Nov 1997 10:00:00', '21 Nox 1997 10:00:00', '99'])('no date %j', (raw) =>
    expect(parseDate(raw)).toBeUndefined(),
  );

  it('identifiers, and where they are not as they should be', () => {
    const { messageId, references, inReplyTo } = header(
      'Message-ID: <1@x>',
      'References: <a@x>',
      ' <b@x><a@x>',
      'In-Reply-To: Your message of Monday <b@x>',
    );
    expect([messageId, references, inReplyTo]).toEqual(['1@x', ['a@x', 'b@x'], ['b@x']]);
  });
});

describe('bodies', () => {
  const multipart = (kind: string, ...parts: string[]) => [
    'Subject: s',
    `Content-Type: multipart/${kind}; boundary="b b"`,
    '',
    'preamble',
    ...parts.flatMap((part) => ['--b b  ', part]),
    '--b b--',
    'epilogue',
  ];

  it('parts: alternatives, attachments with names of every kind, what their bytes say they are', () => {
    const message = parse(
      ...multipart(
        'mixed',
        'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ngr=FCn =\r\nund mehr',
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*0*=utf-8''b%C3%A4; filename*1=r.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n",
        'Content-Type: text/html; name="=?utf-8?q?=C3=A9.html?="\r\nContent-Disposition: attachment\r\n\r\n<p>x',
        'Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi',
      ),
    );
    expect(message.text).toBe('grün und mehr');
    expect(message.attachments.map(({ name, type, detected }) => [name, type, detected])).toEqual([
      ['bär.pdf', 'application/octet-stream', 'application/pdf'],
      ['é.html', 'text/html', undefined],
      ['message.eml', 'message/rfc822', undefined],
    ]);
    expect(message.findings).toEqual([]);
  });

  it('what is broken is read, and said', () => {
    const open = parse(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'first',
      '--x',
      'Content-Type: text/html',
      '',
      '<b>second',
    );
    expect([open.text, open.html, codes(open)]).toEqual(['first', '<b>second', ['not-closed']]);
    const lost = parse(
      'Content-Type: multipart/mixed',
      '',
      '--lost',
      'Content-Type: text/plain',
      '',
      'found',
      '--lost--',
    );
    expect([lost.text, codes(lost)]).toEqual(['found', ['no-boundary']]);
    const strange = parse('Subject: s', 'Content-Type: nonsense', 'Content-Transfer-Encoding: x-none', '', 'kept');
    expect([strange.text, codes(strange)]).toEqual(['kept', ['bad-content-type', 'unknown-encoding']]);
    const glued = parse('Subject: s', 'To: a@x.test,', 'b@x.test', 'Date: never', '', 'body');
    expect([glued.to.length, glued.text, codes(glued)]).toEqual([2, 'body', ['bad-header-line', 'bad-date']]);
    const bare = parseMessage(Buffer.from('Subject: old\r\rMac'));
    expect([bare.subject, bare.text, codes(bare)]).toEqual(['old', 'Mac', ['bare-cr']]);
    const similar = parse('Content-Type: multipart/mixed; boundary=a', '', '--a', '', '--ab', 'text', '--a--');
    expect(similar.text).toBe('--ab\ntext');
  });

  it('encodings: several pieces of base64, quoted-printable that is none, uuencode in a text, UTF-7, flowed', () => {
    expect(parse('Content-Transfer-Encoding: base64', '', 'SGVs', 'bG8=', 'IQ==').text).toBe('Hello!');
    expect(parse('Content-Transfer-Encoding: quoted-printable', '', '1=3D1 =ZZ 50=').text).toBe('1=1 =ZZ 50');
    const uu = parse('Subject: s', '', 'before', 'begin 644 a.txt', '#0V%T', '`', 'end', 'after');
    expect([uu.text, uu.attachments.map(({ name, content }) => `${name} ${content}`)]).toEqual([
      'before\nafter'.replace('\n', '\n\n'),
      ['a.txt Cat'],
    ]);
    expect(parse('Content-Type: text/plain; charset=utf-7', '', 'Gr+APwA3w-e +- 1').text).toBe('Grüße + 1');
    expect(
      parse('Content-Type: text/plain; format=flowed', '', '> one ', '> two', 'three ', 'four', '-- ', 'me').text,
    ).toBe('> one two\nthree four\n-- \nme');
  });

  it('HTML as text, in time that grows with its length', () => {
    expect(
      htmlToText(
        '<html><head><title>t</title></head><body><p>A&amp;B &eacute;&#8364;</p><ul><li>x<li>y</ul><script>no</script><!-- no -->5 < 6 <a title="a > b">z</a>',
      ),
    ).toBe('A&B é€\n\n* x\n* y\n\n5 < 6 z');
    const open = process.cpuUsage();
    for (const piece of ['<a "', '<!--', '<b', '&#', "<p x='"]) htmlToText(piece.repeat(200_000));
    expect(process.cpuUsage(open).user).toBeLessThan(30e6); // minutes, where it grows with the square
  });

  it('what the sender wrote, without quotes and signature', () => {
    expect(ownText('Yes.\n\nOn Mon, 2 Nov 2026, Ana wrote:\n> really?\n\nAnd no.\n-- \nBo\n')).toBe(
      'Yes.\n\n\nAnd no.',
    );
    expect(ownText('See below.\n\n-----Original Message-----\nFrom: x\nSent: y\n\nold')).toBe('See below.');
  });

  it('reports, invitations, and what servers found', () => {
    const bounce = show(
      parse(
        ...multipart(
          'report',
          '\r\nSorry',
          'Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.test\r\n\r\nFinal-Recipient: rfc822; bo@x.test\r\nAction: Failed\r\nStatus: 5.1.1 (none)\r\nDiagnostic-Code: smtp; 550 no\r\n such',
        ),
      ),
    );
    expect(bounce.reports).toEqual([
      {
        kind: 'delivery',
        recipients: [{ address: 'bo@x.test', action: 'failed', status: '5.1.1', diagnostic: '550 no such' }],
        fields: ['Reporting-MTA: dns; x.test'],
      },
    ]);
    const invited = show(
      parse(
        ...multipart(
          'alternative',
          '\r\ncome',
          'Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Tea\\, long\r\n er\r\nDTSTART;TZID=Europe/Rome:20261127T100000\r\nATTENDEE;CN="A:B":mailto:bo@x.test\r\nEND:VEVENT\r\nEND:VCALENDAR',
        ),
      ),
    );
    expect(invited.events).toMatchObject([
      {
        uid: '1',
        summary: 'Tea, longer',
        start: '20261127T100000 Europe/Rome',
        attendees: ['bo@x.test'],
        method: 'REQUEST',
      },
    ]);
    const { header: fields } = header(
      'Authentication-Results: mx.test; dkim=pass header.d=x.test; spf=softfail smtp.mailfrom=a@y.test',
      'DKIM-Signature: v=1; d=x.test; s=k',
    );
    expect(authenticationOf(fields)).toEqual({
      results: [
        { method: 'dkim', result: 'pass', of: 'x.test' },
        { method: 'spf', result: 'softfail', of: 'a@y.test' },
      ],
      by: 'mx.test',
      signedBy: ['x.test'],
    });
  });
});
