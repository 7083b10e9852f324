import { describe, expect, it } from 'vitest';
import { chaos } from '../../../../bench/chaos.ts';

/** The short version of `npm run bench -- chaos`. */
describe('sandbox processes killed, broken and stopped at random under load', () => {
  it('cost no call its answer or clear error, and leave nothing', async () => {
    const report = await chaos({ kills: 30, seed: 5, concurrency: 6, graceMs: 20_000 });
    expect(report.faults).toEqual([]);
    expect(Object.values(report.kills).reduce((sum, n) => sum + n, 0)).toBe(30);
    expect(report.receipts).toBeGreaterThan(30);
  });
});
