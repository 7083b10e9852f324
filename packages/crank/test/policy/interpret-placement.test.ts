import { describe, expect, it } from 'vitest';
import { BadResult } from '#src/engines/policy/interpret.ts';
import { capObligation, placementOf, spendCaps } from '#src/engines/policy/interpret-placement.ts';

const node = { regions: ['eu', 'de'], isolation: 'fresh' } as const;

describe('placementOf', () => {
  it('nothing said requires nothing', () => {
    expect(placementOf(undefined, node)).toEqual({ unmet: [], met: [] });
    expect(placementOf([], node)).toEqual({ unmet: [], met: [] });
    expect(placementOf({}, node)).toEqual({ unmet: [], met: [] });
  });

  it('one of several names is enough, and stands in the receipt', () => {
    expect(placementOf({ residency: ['ch', 'de'], isolation: 'fresh' }, node)).toEqual({
      unmet: [],
      met: ['residency:de', 'isolation:fresh'],
    });
  });

  it('each of several objects has to be met', () => {
    const { unmet, met } = placementOf(
      [{ residency: 'eu' }, { residency: ['us'] }, { isolation: ['container'] }],
      node,
    );
    expect(met).toEqual(['residency:eu']);
    expect(unmet).toEqual([
      'it must run in us, and this node is in eu, de',
      'its sandbox must be container, and that of this service is fresh',
    ]);
  });

  it('a node that knows of no region meets no residency', () => {
    expect(placementOf({ residency: 'eu' }, { ...node, regions: [] }).unmet).toEqual([
      'it must run in eu, and this node is in no region that it knows of (CRANK_REGION)',
    ]);
    expect(placementOf({ residency: 'eu' }, undefined).unmet.length).toBe(1);
    expect(placementOf({ isolation: 'fresh' }, undefined).unmet.length).toBe(1);
  });

  it.each([
    ['eu'],
    [{ region: 'eu' }],
    [{ residency: [] }],
    [{ residency: 7 }],
    [{ residency: ['e u'] }],
    [{ isolation: 'enclave' }],
    [{ isolation: null }],
  ])('%j is no requirement', (value) => {
    expect(() => placementOf(value, node)).toThrow(BadResult);
  });
});

describe('spendCaps', () => {
  const rule = { account: 'acme', name: 'crank.spend' };

  it('has its bundle as its name where it has none', () => {
    const caps = spendCaps(
      [
        { usd: 5, period: 'day' },
        { usd: 0.5, period: 'total', of: 'account', name: 'all' },
      ],
      rule,
    );
    expect(caps).toEqual([
      { usd: 5, period: 'day', of: 'caller', name: 'crank.spend', account: 'acme' },
      { usd: 0.5, period: 'total', of: 'account', name: 'all', account: 'acme' },
    ]);
    expect(caps.map(capObligation)).toEqual(['cap:5:day:caller:crank.spend', 'cap:0.5:total:account:all']);
    expect(spendCaps(undefined, rule)).toEqual([]);
  });

  it.each([
    [5],
    [{ usd: '5', period: 'day' }],
    [{ usd: -1, period: 'day' }],
    [{ usd: 1e7, period: 'day' }],
    [{ usd: 5 }],
    [{ usd: 5, period: 'week' }],
    [{ usd: 5, period: 'day', of: 'everybody' }],
    [{ usd: 5, period: 'day', name: 'a b' }],
    [{ usd: 5, period: 'day', calls: 3 }],
  ])('%j is no cap', (value) => {
    expect(() => spendCaps(value, rule)).toThrow(BadResult);
  });
});
