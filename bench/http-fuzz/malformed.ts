import type { Random } from './random.ts';

/** What is sent, and what may come of it. */
export interface FuzzRequest {
  kind: string;
  bytes: Buffer;
  /** The bytes stop short, and the sender hangs up: no answer is owed. */
  short?: boolean;
}

/** What requests are made of. */
export interface Target {
  key: string;
  /** A service that is there, with the operations `echo(value)`, `add(a: int, b: int)` and `size(file: Path)`. */
  service: string;
}

type Make = (random: Random, target: Target) => Omit<FuzzRequest, 'kind'>;
type Headers = Readonly<Record<string, string>>;

const request = (method: string, path: string, headers: Headers, body: Buffer | string = ''): Buffer => {
  const bytes = Buffer.from(body);
  const all = { host: 'fuzz', connection: 'close', 'content-length': String(bytes.length), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'), bytes]);
};

const auth = ({ key }: Target): Headers => ({ authorization: `Bearer ${key}` });
const json = (target: Target): Headers => ({ ...auth(target), 'content-type': 'application/json' });
const path = (target: Target, operation: string): string => `/v1/services/${target.service}/${operation}`;
const call = (target: Target, operation: string, body: Buffer | string): { bytes: Buffer } => ({
  bytes: request('POST', path(target, operation), json(target), body),
});

const PATHS = [
  '/',
  '/docs',
  '/openapi.json',
  '/metrics',
  '/healthz',
  '/v1/services',
  '/v1/calls',
  '/v1/keys',
  '/v1/policies',
  '/log/checkpoint',
  '/log/vkey',
  '/llms.txt',
];
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'QUERY',
  'get',
  'FOO',
  '',
];
const ESCAPES = [
  '..',
  '%2e%2e',
  '..%2f',
  '%2e%2e%2f',
  '....//',
  '%00',
  '%ff',
  '%zz',
  '%',
  '\\',
  '%5c',
  ';',
  '%252e%252e',
  '\u00e9',
  '//',
  '.',
  '~',
  '%0d%0a',
  '__proto__',
  'constructor',
];
const BROKEN_JSON = [
  '{',
  '}',
  '[',
  '{"a":',
  '{"a":1,}',
  "{'a':1}",
  '{"a":1}}',
  'nul',
  '"',
  '"\\x"',
  '"\\ud800"',
  '{"a":01}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":1e}',
  '\ufeff{}',
  '{"a":NaN}',
  '{}{}',
  '\0',
  '{"a"\n:\t1',
  '/**/{}',
  '{"a":"\u0001"}',
];
const NUMBERS = [
  '1e400',
  '-1e400',
  `1${'0'.repeat(5_000)}`,
  `0.${'1'.repeat(5_000)}`,
  '1e-400',
  '-0',
  '9007199254740993',
  '1E+2147483648',
  `${'9'.repeat(20_000)}`,
  '0.1e1',
  '1.0',
];
const JUNK = [
  '',
  ' ',
  '\t',
  'x'.repeat(300),
  '\u00ff\u00fe',
  '{"a":1}',
  'Bearer',
  'Bearer ',
  'Basic YTpi',
  'crk_own_x',
  '"',
  ';;;',
  'a=b; c="d',
  '-1',
  '0s',
  '1e9s',
  '99999999999h',
  'text/event-stream;q=abc',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="',
  'application/json; charset="',
  '../..',
  '%00',
  '\u0001',
  '\u007f',
];
const HEADERS = [
  'authorization',
  'idempotency-key',
  'crank-deadline',
  'crank-tags',
  'content-type',
  'accept',
  'traceparent',
  'content-encoding',
  'expect',
  'range',
  'if-none-match',
  'upgrade',
  'transfer-encoding',
  'content-length',
  'host',
  'accept-version',
  'cookie',
  'te',
  'trailer',
  '__proto__',
  'constructor',
];

const nested = (random: Random): string => {
  const depth = random.pick([50, 99, 100, 101, 102, 1_000, 100_000]);
  return random.pick([
    () => '['.repeat(depth),
    () => `${'['.repeat(depth)}${']'.repeat(depth)}`,
    () => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    () => `{"value":${'['.repeat(depth)}${']'.repeat(depth)}}`,
  ])();
};

const flip = (random: Random, bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes);
  for (let i = random.below(6) + 1; i > 0 && changed.length > 0; i--)
    changed[random.below(changed.length)] = random.below(256);
  return changed;
};

const form = (random: Random): string => {
  const part = (head: string, content: string): string => `--B\r\n${head}\r\n\r\n${content}\r\n`;
  const file = part(
    'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain',
    'content',
  );
  const pieces = [
    file,
    part('Content-Disposition: form-data; name="file"', 'x'),
    part('Content-Disposition: form-data; name="file"; filename="../../etc/passwd"', 'x'),
    part('Content-Disposition: form-data; name="__proto__"', '1'),
    part('Content-Disposition: form-data', ''),
    part('Content-Disposition: attachment; name=x', ''),
    part('', 'x'),
    part(`X: ${'y'.repeat(20_000)}`, ''),
    part(`Content-Disposition: form-data; name="${'n'.repeat(5_000)}"`, '1'),
    '--B\r\n',
    '\r\n',
    '--B',
    'noise',
    '\0',
    '--C--\r\n',
  ];
  const end = random.pick(['--B--\r\n', '--B--', '--B-', '', '--B\r\n']);
  return Array.from({ length: random.below(6) }, () => random.pick(pieces)).join('') + end;
};

const raw = (random: Random, target: Target): Buffer => {
  const { key } = target;
  const post = (head: string, body = ''): string =>
    `POST ${path(target, 'echo')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${head}\r\n\r\n${body}`;
  return Buffer.from(
    random.pick([
      () =>
        random
          .bytes(random.below(400) + 4)
          .toString('latin1')
          .concat('\r\n\r\n'),
      () => 'GET\r\n\r\n',
      () => 'GET / HTTP/9.9\r\n\r\n',
      () => `GET /${'x'.repeat(30_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      () => `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'a: b\r\n'.repeat(4_000)}\r\n`,
      () =>
        `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${Array.from({ length: 300 }, (_, i) => `h${i}: v\r\n`).join('')}\r\n`,
      () => 'GET / HTTP/1.1\r\nHost: localhost\r\n no: fold\r\n\r\n',
      () => 'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
      () => 'GET / HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n',
      () => 'GET / HTTP/1.1\r\nHost: localhost\r\nA: b\0c\r\n\r\n',
      () => 'GET http://other/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      () => '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n',
      () => post('Content-Length: 5\r\nContent-Length: 6', '{}'),
      () => post('Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
      () => post('Content-Length: -1', '{}'),
      () => post('Content-Length: 99999999999999999999', '{}'),
      () => post('Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'),
      () => post('Transfer-Encoding: chunked', 'ffffffffffffffffff\r\n{}'),
      () => post('Transfer-Encoding: gzip', '{}'),
      () => post('Transfer-Encoding: chunked, identity', '2\r\n{}\r\n0\r\n\r\n'),
      () => post('Transfer-Encoding: chunked', '2;x="y"\r\n{}\r\n0\r\nTrailer: x\r\n\r\n'),
    ])(),
    'latin1',
  );
};

/** Ways to ask badly, each giving another request every time. */
const makers: Readonly<Record<string, Make>> = {
  'malformed HTTP': (random, target) => ({ bytes: raw(random, target) }),
  'wrong method': (random, target) => ({
    bytes: request(random.pick(METHODS), random.pick([...PATHS, path(target, 'echo')]), auth(target)),
  }),
  'broken JSON': (random, target) => call(target, random.pick(['echo', 'add']), random.pick(BROKEN_JSON)),
  'deep JSON': (random, target) => call(target, 'echo', nested(random)),
  'invalid UTF-8': (random, target) =>
    call(target, 'echo', Buffer.concat([Buffer.from('{"value":"'), random.bytes(8), Buffer.from('"}')])),
  'huge numbers': (random, target) =>
    call(target, random.pick(['echo', 'add']), `{"${random.pick(['value', 'a'])}":${random.pick(NUMBERS)}}`),
  'wrong arguments': (random, target) =>
    call(
      target,
      'add',
      random.pick([
        '[]',
        'null',
        '1',
        '{"a":"x"}',
        '{"a":1}',
        '{"a":1,"b":2,"c":3}',
        '{"__proto__":{"a":1}}',
        '{"a":1.5,"b":true}',
      ]),
    ),
  'broken form': (random, target) => ({
    bytes: request(
      'POST',
      path(target, random.pick(['size', 'echo', 'nope'])),
      { ...auth(target), 'content-type': 'multipart/form-data; boundary=B' },
      form(random),
    ),
  }),
  'broken deployment': (random, target) => ({
    bytes: request(
      'POST',
      '/v1/services',
      { ...auth(target), 'content-type': 'multipart/form-data; boundary=B' },
      form(random),
    ),
  }),
  'odd path': (random, target) => ({
    bytes: request(
      random.pick(['GET', 'POST', 'DELETE']),
      `${random.pick(['/', '/log/', '/log/tile/', '/v1/', '/v1/services/', '/v1/receipts/', '/v1/calls/', '/docs/', `/v1/services/${target.service}-/`])}${Array.from({ length: random.below(5) + 1 }, () => random.pick(ESCAPES)).join(random.pick(['', '/']))}${random.pick(['', '?', '?cursor=%00', '?version=a&version=b', `?${'x'.repeat(2_000)}`, '#x'])}`,
      auth(target),
    ),
  }),
  'junk headers': (random, target) => {
    const headers = Object.fromEntries(
      Array.from({ length: random.below(4) + 1 }, () => [random.pick(HEADERS), random.pick(JUNK)]),
    );
    return { bytes: request('POST', path(target, 'echo'), { ...json(target), ...headers }, '{"value":1}') };
  },
  'junk administration': (random, target) => ({
    bytes: request(
      random.pick(['POST', 'PUT', 'DELETE']),
      random.pick(['/v1/keys', '/v1/policies', '/v1/keys/x', '/v1/policies/x?layer=moon', '/v1/services/nope']),
      json(target),
      random.pick([
        ...BROKEN_JSON,
        '[]',
        '{}',
        '{"name":1,"role":2}',
        '{"name":"x","role":"king"}',
        '{"files":[]}',
        '{"files":[{"path":"a.rego"}]}',
        '{"__proto__":1}',
        nested(random),
      ]),
    ),
  }),
  'flipped bytes': (random, target) => ({
    bytes: flip(random, request('POST', path(target, 'add'), json(target), '{"a":1,"b":2}')),
    short: true, // a changed length may make it so
  }),
  'cut short': (random, target) => {
    const whole = request('POST', path(target, 'echo'), json(target), `{"value":"${'x'.repeat(random.below(5_000))}"}`);
    return { bytes: whole.subarray(0, random.below(whole.length - 1) + 1), short: true };
  },
};

const kinds = Object.keys(makers);

export const fuzzRequest = (random: Random, target: Target, number: number): FuzzRequest => {
  const kind = kinds[number % kinds.length]!;
  return { kind, ...makers[kind]!(random, target) };
};
