import { describe, expect, it } from 'vitest';
import { tagsIn } from '#src/core/tags.ts';
import { appliesTo, type Budget, fits, passed, periodAt, periodEnd } from '#src/engines/metering/budget.ts';

const budget = (of: Partial<Budget>): Budget => ({
  ...{ id: 'bud_1', account: 'acme', scope: 'account', of: '', period: 'month', nanoUsd: 100, calls: null },
  ...{ hard: true, alerts: [] },
  ...of,
});
const zero = { nanoUsd: 0, calls: 0 };

describe('budgets', () => {
  it.each([
    ['hour', '2026-12-31T23', '2027-01-01T00:00:00.000Z'],
    ['day', '2026-12-31', '2027-01-01T00:00:00.000Z'],
    ['month', '2026-12', '2027-01-01T00:00:00.000Z'],
  ] as const)('count by the %s of the calendar', (period, name, end) => {
    const at = Date.parse('2026-12-31T23:59:59.999Z');
    expect(periodAt(period, at)).toBe(name);
    expect(new Date(periodEnd(period, at)!).toISOString()).toBe(end);
    expect(periodAt(period, periodEnd(period, at)!)).not.toBe(name);
  });

  it('of all time never begin anew', () => {
    expect([periodAt('total', 0), periodEnd('total', 0)]).toEqual(['total', undefined]);
  });

  it('apply to whom they are of', () => {
    const call = {
      ...{ account: 'acme', principals: ['key_1', 'key_0'], serviceAccount: 'other', service: 'words' },
      tags: tagsIn('team=billing, eu;x'),
    };
    const applies = (of: Partial<Budget>): boolean => appliesTo(budget(of), call);
    expect(applies({})).toBe(true);
    expect(applies({ account: 'other' })).toBe(false);
    expect(['key_1', 'key_0', 'key_2'].map((of) => applies({ scope: 'key', of }))).toEqual([true, true, false]);
    expect(['team=billing', 'eu', 'x', 'team'].map((of) => applies({ scope: 'tag', of }))).toEqual([
      ...[true, true, true, false],
    ]);
    expect(applies({ scope: 'service', of: 'words' })).toBe(false);
    expect(applies({ scope: 'service', of: 'words', account: 'other' })).toBe(true);
  });

  it('let a call go, wait or stop', () => {
    const of = budget({ nanoUsd: 100, calls: 3 });
    expect(fits(of, zero, zero, 100)).toBe('yes');
    expect(fits(of, zero, zero, 101)).toBe('no');
    expect(fits(of, { nanoUsd: 90, calls: 1 }, { nanoUsd: 0, calls: 1 }, 10)).toBe('yes');
    expect(fits(of, { nanoUsd: 50, calls: 1 }, { nanoUsd: 45, calls: 1 }, 10)).toBe('later');
    expect(fits(of, { nanoUsd: 0, calls: 2 }, { nanoUsd: 0, calls: 1 }, 10)).toBe('later');
    expect(fits(of, { nanoUsd: 0, calls: 3 }, zero, 0)).toBe('no');
    expect(fits({ ...of, hard: false }, { nanoUsd: 999, calls: 999 }, zero, 999)).toBe('yes');
  });

  it('tell what was passed, by money or calls', () => {
    const of = budget({ nanoUsd: 100, calls: 10, alerts: [0.5, 0.9, 1] });
    expect(passed(of, { nanoUsd: 49, calls: 4 })).toEqual([]);
    expect(passed(of, { nanoUsd: 10, calls: 5 })).toEqual([0.5]);
    expect(passed(of, { nanoUsd: 101, calls: 0 })).toEqual([0.5, 0.9, 1]);
    expect(passed(budget({ nanoUsd: 0, alerts: [0.5] }), zero)).toEqual([]);
  });
});
