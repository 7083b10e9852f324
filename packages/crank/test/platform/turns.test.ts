import { expect, test } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { createTurns } from '#src/platform/turns.ts';

test('two run, three wait in their order, the sixth is refused, and failures give their place back', async () => {
  const turn = createTurns(2, 3, 'pieces');
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const all = ends.map(({ promise }, i) =>
    turn(() => {
      begun.push(i);
      return promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  const refused = await turn(async () => 6).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(CrankError);
  expect((refused as CrankError).code).toBe('overloaded');
  ends[1]!.reject(new Error('failed'));
  await expect(all[1]).rejects.toThrow('failed');
  expect(begun).toEqual([0, 1, 2]);
  for (const i of [0, 2, 3, 4]) {
    ends[i]!.resolve(i);
    expect(await all[i]).toBe(i);
  }
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(await turn(async () => 'free again')).toBe('free again');
});
