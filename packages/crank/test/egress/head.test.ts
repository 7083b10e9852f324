import { describe, expect, it } from 'vitest';
import { bodyMeter } from '#src/engines/egress/body.ts';
import { readHead } from '#src/engines/egress/head.ts';
import { Refusal } from '#src/engines/egress/refusal.ts';

const head = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

describe('what clients send', () => {
  it.each([
    ['urllib of Python 3.11', head('CONNECT api.example.org:443 HTTP/1.0', 'Proxy-Authorization: Basic x')],
    [
      'requests',
      head('CONNECT api.example.org:443 HTTP/1.1', 'Host: api.example.org:443', 'Proxy-Authorization: Basic x'),
    ],
    ['others', head('CONNECT api.example.org:443 HTTP/1.1', 'Host: api.example.org', 'proxy-authorization: Basic x')],
  ])('a tunnel, as %s asks for it', (_, bytes) => {
    expect(readHead(bytes)).toEqual({
      destination: { host: 'api.example.org', port: 443 },
      credentials: 'Basic x',
      forward: undefined,
    });
  });

  it('a plain request goes on without what is between client and proxy', () => {
    const read = readHead(
      head(
        'POST http://Example.org:8080/a?b=c HTTP/1.1',
        'Host: example.org:8080',
        'Proxy-Authorization: Basic x',
        'Proxy-Connection: keep-alive',
        'Connection: keep-alive, X-Mine',
        'X-Mine: 1',
        'Accept:  */* ',
        'Content-Length: 3',
      ),
    );
    expect(read.destination).toEqual({ host: 'example.org', port: 8080 });
    expect(read.forward?.head.toString()).toBe(
      'POST /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nAccept: */*\r\nContent-Length: 3\r\nConnection: close\r\n\r\n',
    );
    expect(read.forward?.body).toBe(3);
  });

  it('a request without a path, and one with a query only', () => {
    const path = (target: string) =>
      readHead(head(`GET ${target} HTTP/1.1`, 'Host: example.org'))
        .forward?.head.toString()
        .split('\r\n')
        .slice(0, 2);
    expect(path('http://example.org')).toEqual(['GET / HTTP/1.1', 'Host: example.org']);
    expect(path('http://example.org?a')).toEqual(['GET /?a HTTP/1.1', 'Host: example.org']);
  });
});

const GET = 'GET http://example.org/ HTTP/1.1';
const HOST = 'Host: example.org';

describe('what two readers could understand in two ways is refused', () => {
  it.each([
    ['two lengths', head(GET, HOST, 'Content-Length: 3', 'Transfer-Encoding: chunked')],
    ['two equal lengths', head(GET, HOST, 'Content-Length: 3', 'Content-Length: 3')],
    ['a list of lengths', head(GET, HOST, 'Content-Length: 3, 3')],
    ['a signed length', head(GET, HOST, 'Content-Length: +3')],
    ['a length in another base', head(GET, HOST, 'Content-Length: 0x3')],
    ['a length with a leading zero', head(GET, HOST, 'Content-Length: 03')],
    ['a coding beside chunked', head(GET, HOST, 'Transfer-Encoding: gzip, chunked')],
    ['a coding like chunked', head(GET, HOST, 'Transfer-Encoding: xchunked')],
    ['two codings', head(GET, HOST, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity')],
    ['chunks in HTTP/1.0', head('GET http://example.org/ HTTP/1.0', HOST, 'Transfer-Encoding: chunked')],
    ['a folded field', head(GET, HOST, 'X-A: 1', ' Content-Length: 3')],
    ['a folded first field', head(GET, ' Host: example.org')],
    ['a blank before the colon', head(GET, HOST, 'Content-Length : 3')],
    ['a bare line feed', head(GET, `${HOST}\nContent-Length: 3`)],
    ['a bare carriage return', head(GET, `${HOST}\rContent-Length: 3`)],
    ['a NUL', head(GET, HOST, 'X-A: 1\0')],
    ['a field without a name', head(GET, HOST, ': 1')],
    ['no Host', head(GET)],
    ['two Hosts', head(GET, HOST, HOST)],
    ['another Host', head(GET, 'Host: internal.example.org')],
    ['another port in Host', head(GET, 'Host: example.org:8080')],
    ['another Host in CONNECT', head('CONNECT example.org:443 HTTP/1.1', 'Host: other.org:443')],
    ['user information', head('GET http://granted.org@evil.org/ HTTP/1.1', 'Host: evil.org')],
    ['user information in CONNECT', head('CONNECT granted.org@evil.org:443 HTTP/1.1', 'Host: evil.org:443')],
    ['a fragment', head('GET http://example.org/#@evil.org HTTP/1.1', HOST)],
    ['a backslash in the authority', head('GET http://example.org\\@evil.org/ HTTP/1.1', HOST)],
    ['a relative target', head('GET / HTTP/1.1', HOST)],
    ['https by absolute URL', head('GET https://example.org/ HTTP/1.1', HOST)],
    ['another protocol', head('GET ftp://example.org/ HTTP/1.1', HOST)],
    ['a CONNECT without a port', head('CONNECT example.org HTTP/1.1', HOST)],
    ['a CONNECT with a body', head('CONNECT example.org:443 HTTP/1.1', HOST, 'Content-Length: 3')],
    ['an address in another notation', head('CONNECT 127.1:80 HTTP/1.1', 'Host: 127.1:80')],
    ['an address as one number', head('GET http://2130706433/ HTTP/1.1', 'Host: 2130706433')],
    ['an empty port', head('GET http://example.org:/ HTTP/1.1', HOST)],
    ['a pattern', head('CONNECT *.example.org:443 HTTP/1.1', 'Host: *.example.org:443')],
    ['two blanks in the first line', head('GET  http://example.org/ HTTP/1.1', HOST)],
    ['HTTP/0.9', head('GET http://example.org/')],
    ['HTTP/2', head('GET http://example.org/ HTTP/2.0', HOST)],
    ['two credentials', head(GET, HOST, 'Proxy-Authorization: a', 'Proxy-Authorization: b')],
    ['101 fields', head(GET, HOST, ...Array<string>(100).fill('A: b'))],
  ])('%s', (_, bytes) => {
    expect(() => readHead(bytes)).toThrow(Refusal);
  });
});

describe('the end of a body', () => {
  /** The bytes that count, with everything handed over in pieces of a size. */
  const taken = (length: number | 'chunked', text: string, piece: number): string => {
    const meter = bodyMeter(length);
    const bytes = Buffer.from(text);
    let kept = '';
    for (let at = 0; at < bytes.length; at += piece) {
      const some = bytes.subarray(at, at + piece);
      kept += some.subarray(0, meter.take(some)).toString();
    }
    return meter.done ? kept : `${kept}...`;
  };

  it.each([1, 2, 3, 7, 100])('by length and by chunks, in pieces of %d', (piece) => {
    expect(taken(3, 'abcGET / HTTP/1.1', piece)).toBe('abc');
    expect(taken(0, 'GET', piece)).toBe('');
    expect(taken(9, 'abc', piece)).toBe('abc...');
    expect(taken('chunked', '3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET / HTTP/1.1', piece)).toBe(
      '3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n',
    );
    expect(taken('chunked', '3\r\nabc\r\n', piece)).toBe('3\r\nabc\r\n...');
  });

  it.each([
    '\r\n',
    'x\r\n',
    '3;a=b\r\nabc\r\n',
    '3\nabc',
    '3\r\nabcd\r\n',
    '3\r\nabc\n',
    '0\r\nA: b\r\n\r\n',
    '-1\r\n',
    `${'0'.repeat(13)}\r\n`,
  ])('chunks that are none: %j', (text) => {
    expect(() => bodyMeter('chunked').take(Buffer.from(text))).toThrow(Refusal);
  });
});
