import { expect, it } from 'vitest';
import { endurance } from '../../../../bench/endurance.ts';

/** The short version of `npm run bench -- endurance`: far too short for memory to settle, but a leak per call shows. */
it('600 calls of every kind leave no descriptors, processes or folders, and no memory beyond caches', async () => {
  const report = await endurance({ calls: 600, seed: 3, parts: 1, warmUp: 0.5, growth: 0.6 });
  expect(report.faults).toEqual([]);
  expect(report.calls).toBe(600);
});
