import { expect, it } from 'vitest';
import { covers, formatDestination, parseDestination } from '#src/core/destination.ts';

const read = (text: string) => {
  const parsed = parseDestination(text);
  if ('wrong' in parsed) throw new Error(parsed.wrong);
  return parsed;
};

it('reads names, patterns and addresses, and writes them in one form', () => {
  for (const [text, canonical] of [
    ['api.example.org:443', 'api.example.org:443'],
    ['API.Example.org:443', 'api.example.org:443'],
    ['localhost:1', 'localhost:1'],
    ['*.example.org:65535', '*.example.org:65535'],
    ['10.0.0.5:5432', '10.0.0.5:5432'],
    ['[2001:DB8:0::1]:443', '[2001:db8::1]:443'],
  ] as const) {
    expect(formatDestination(read(text))).toBe(canonical);
    expect(read(canonical)).toEqual(read(text));
  }
});

it.each([
  ...['', 'example.org', ':443', 'example.org:', 'example.org:0', 'example.org:065', 'example.org:65536', 'a:b:1'],
  ...['example.org:443 ', ' example.org:443', 'example.org.:443', '.example.org:1', 'exa mple.org:1', 'a..b:1'],
  ...['*:443', '*.org:443', 'a.*.org:443', '*a.example.org:443', 'user@example.org:443', 'http://example.org:443'],
  // Numbers that resolvers read as 127.0.0.1
  ...['127.1:80', '2130706433:80', '0x7f.1:80', '0x7f000001:80', '0177.0.0.1:80', '127.0.0.01:80', '127.0.0.1.:80'],
  ...['0x:80', '1.2.3.0x4:80', '256.0.0.1:80', '1.2.3.4.5:80'],
  ...['::1:80', '[::1]', '[fe80::1%eth0]:80', '[::ffff:127.0.0.1]:80', '[::ffff:7f00:1]:80', '[::127.0.0.1]:80'],
  ...['[64:ff9b::1.2.3.4]:80', '[127.0.0.1]:80', '[]:80', 'ex\u00e4mple.org:80', 'example.org\n:80'],
  `${'a'.repeat(64)}.org:80`,
])('refuses %j', (text) => {
  expect(parseDestination(text)).toHaveProperty('wrong');
});

it('a pattern stands for names below it, at its port', () => {
  const pattern = read('*.example.org:443');
  expect(covers(pattern, read('a.example.org:443'))).toBe(true);
  expect(covers(pattern, read('a.b.example.org:443'))).toBe(true);
  expect(covers(pattern, read('*.b.example.org:443'))).toBe(true);
  expect(covers(pattern, pattern)).toBe(true);
  expect(covers(pattern, read('example.org:443'))).toBe(false);
  expect(covers(pattern, read('badexample.org:443'))).toBe(false);
  expect(covers(pattern, read('a.example.org:80'))).toBe(false);
  expect(covers(read('a.example.org:443'), pattern)).toBe(false);
});
