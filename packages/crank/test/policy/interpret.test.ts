import { describe, expect, it } from 'vitest';
import {
  BadResult,
  denyReasons,
  grantedDestinations,
  redactPointers,
  requiredResources,
} from '#src/engines/policy/interpret.ts';
import { decisionPoint } from '#src/engines/policy/points.ts';
import { parseQuantity } from '#src/engines/policy/quantity.ts';

describe('what rules say', () => {
  it.each([
    [undefined, []],
    [false, []],
    [[], []],
    [{}, []],
    [true, ['no reason given']],
    ['no', ['no']],
    [
      ['a', { reason: 'b' }, { msg: 'c' }, { code: 7 }],
      ['a', 'b', 'c', '{"code":7}'],
    ],
    [{ reason: 'one' }, ['one']],
    [{ x: 'a', y: 'b' }, ['a', 'b']],
    [null, ['null']],
    [0, ['0']],
    ['', ['no reason given']],
  ])('deny %j gives %j', (value, reasons) => {
    expect(denyReasons(value)).toEqual(reasons);
  });

  it('redact takes fields and pointers, and nothing else', () => {
    expect(redactPointers([{ path: '/a', value: 1 }, '/b/0', ''])).toEqual(['/a', '/b/0', '']);
    expect(redactPointers(undefined)).toEqual([]);
    for (const bad of [[1], ['a'], ['/a~2'], [{ value: 'x' }], true, null]) {
      expect(() => redactPointers(bad)).toThrow(BadResult);
    }
  });

  it('grants take destinations, in one form, and nothing else', () => {
    expect(grantedDestinations(['A.org:443', '*.b.org:80'])).toEqual(['a.org:443', '*.b.org:80']);
    expect(grantedDestinations(undefined)).toEqual([]);
    for (const bad of [true, ['a.org'], [1], ['*:443'], [{ host: 'a.org' }], ['http://a.org:80']]) {
      expect(() => grantedDestinations(bad)).toThrow(BadResult);
    }
  });

  it('required resources: the largest counts', () => {
    expect(
      requiredResources([
        { memory: '4Gi', cpu: '2000m', encryption: 'AES-256' },
        { memory: '512Mi', cpu: 3 },
      ]),
    ).toEqual({
      memoryBytes: 4 * 2 ** 30,
      cpus: 3,
      encryption: ['AES-256'],
    });
    expect(requiredResources(undefined)).toEqual({ memoryBytes: 0, cpus: 0, encryption: [] });
  });

  it.each([[{ gpu: '1' }], [{ memory: 'lots' }], [{ encryption: 1 }], ['4Gi'], [null]])(
    'refuses requirement %j, which nobody could meet',
    (value) => {
      expect(() => requiredResources([value])).toThrow(BadResult);
    },
  );

  it.each([
    ['4Gi', 4294967296],
    ['512Mi', 536870912],
    ['1.5Gi', 1610612736],
    ['1G', 1e9],
    ['2000m', 2],
    ['100m', 0.1],
    ['2', 2],
    [2.5, 2.5],
    ['0', 0],
  ])('quantity %j is %d', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it.each(['', '-1', '1e3', 'Gi', '1gi', '1 Gi', '1GiB', '9999Pi', 'constructor', Number.NaN, -1, null, {}])(
    '%j is no quantity',
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );

  it.each([
    ['crank/authz/deny', 'deny', ['authorise']],
    ['crank/authz/hours/allow', 'allow', ['authorise']],
    ['crank/privacy/deny', 'deny', ['input', 'output']],
    ['crank/privacy/redact_pii', 'redact', ['output']],
    ['crank/privacy/required_resources', 'require', ['input']],
    ['crank/resources/required_resources', 'require', ['input']],
  ])('%s is asked: %s at %j', (path, meaning, points) => {
    expect(decisionPoint(path)).toEqual({ meaning, points });
  });

  it.each(['crank/deny', 'crank/privacy/allow', 'authz/deny', 'crank/authz/decision', 'deny', ''])(
    '%s is not asked',
    (path) => {
      expect(decisionPoint(path)).toBeUndefined();
    },
  );
});
