import { describe, expect, it } from 'vitest';
import { builtins } from '#src/engines/policy/builtins.ts';
import { TooMuch } from '#src/engines/policy/too-much.ts';
import { opaPath, opaSays } from './opa.ts';

const call = (name: string, ...args: unknown[]): unknown => builtins[name]!(...(args as never[]));

const cases: [string, ...unknown[]][] = [
  [
    'sprintf',
    '%s has %d of %v at %.2f (%5d|%-5s|%05d|%x|%q|%%)',
    ['ann', 3, { b: [1, 'x'], a: true }, 2.345, 42, 'ab', -7, 255, 'q"'],
  ],
  ['sprintf', '%v %v %v %v', [null, [true], 1.5, 1e21]],
  ['sprintf', '%d', ['text']],
  ['sprintf', '%d %s', [1]],
  ['sprintf', 'none', [1]],
  ['sprintf', '%e %g %t', [12345.678, 0.00001234, true]],
  ['strings.any_prefix_match', ['abc', 'x'], ['ab']],
  ['strings.any_suffix_match', 'abc', ['ab', 'bc']],
  ['strings.count', 'cheese', 'e'],
  ['strings.split_n', 'a,b,c', ',', -1],
  ['indexof_n', 'aäaäa', 'aäa'],
  ['semver.compare', '1.0.0-rc.10', '1.0.0-rc.9'],
  ['semver.compare', '1.0.0', '1.0.0-rc'],
  ['semver.is_valid', '01.0.0'],
  ['units.parse', '1.5Gi'],
  ['units.parse', '100m'],
  ['units.parse_bytes', '10KB'],
  ['urlquery.encode', "a b&c='ü'*"],
  ['urlquery.decode_object', 'a=1&b=2&a=x%20y'],
  ['urlquery.encode_object', { b: ['2', '3'], a: 'x y' }],
  ['crypto.sha256', 'message'],
  ['crypto.hmac.sha256', 'message', 'key'],
  ['hex.decode', '6162'],
  ['base64url.encode_no_pad', 'a?>'],
  ['net.cidr_is_valid', '10.0.0.0/33'],
  ['numbers.range_step', 5, 1, 2],
];

describe('built-ins from JavaScript', () => {
  it.skipIf(opaPath === undefined)('say what OPA says', () => {
    expect(cases.map(([name, ...args]) => call(name, ...args))).toEqual(opaSays(cases));
  });

  it.each([
    ['units.parse', 'ten'],
    ['units.parse', '10 Gi'],
    ['semver.compare', 'one', '1.0.0'],
    ['hex.decode', 'xyz'],
    ['urlquery.decode', '%zz'],
    ['numbers.range_step', 1, 5, 0],
    ['time.parse_rfc3339_ns', 'tomorrow'],
    ['crypto.sha256', null],
  ])('%s%j is undefined', (name, ...args) => {
    expect(call(name, ...args)).toBeUndefined();
  });

  it.each([
    ['numbers.range_step', 0, 1e9, 1],
    ['sprintf', '%1000000000d', [1]],
  ])('%s%j fails, so that nothing is decided on it', (name, ...args) => {
    expect(() => call(name, ...args)).toThrow(TooMuch);
  });

  it('there are none that reach out, or that have a clock', () => {
    for (const name of ['http.send', 'net.lookup_ip_addr', 'time.now_ns', 'rand.intn', 'uuid.rfc4122', 'opa.runtime'])
      expect(Object.hasOwn(builtins, name), name).toBe(false);
  });
});
