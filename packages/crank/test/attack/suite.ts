import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxOptions } from '#src/engines/sandbox/create.ts';
import { jsonOf } from '../sandbox/harness.ts';
import { attacks, type Theme } from './list.ts';
import { type Level, openRing, type Ring } from './ring.ts';

type Name<T extends Theme> = keyof (typeof attacks)[T] & string;

export interface Suite<T extends Theme> {
  /** One attack: `act` asserts that it fails. Afterwards the platform must be healthy. */
  probe(name: Name<T>, act: (ring: Ring) => Promise<void>): void;
  /** An act of `services/attacks/THEME.py`, in each isolation level: what it must say. */
  refused(name: Name<T>, said: RegExp, levels?: readonly (Level | 'able')[]): void;
}

/** Runs the attacks of one theme, and sees to it that the list names just those. */
export const suite = <T extends Theme>(
  theme: T,
  fill: (suite: Suite<T>) => void,
  options: Partial<SandboxOptions> = {},
): void => {
  describe(`attacks: ${theme}`, () => {
    let ring: Ring;
    beforeAll(async () => {
      ring = await openRing(options);
    });
    afterAll(() => ring.remove());

    const done: string[] = [];
    const probe: Suite<T>['probe'] = (name, act) => {
      done.push(name);
      it(name, async () => {
        await act(ring);
        await ring.healthy();
      });
    };
    fill({
      probe,
      refused: (name, said, levels = ['fresh', 'warm']) =>
        probe(name, async ({ attacker, mark }) => {
          for (const level of levels) {
            expect(jsonOf(await attacker[level]('attempt', { theme, name, mark })), level).toMatch(said);
          }
        }),
    });
    it('are those of the list', () => {
      expect(done.toSorted()).toEqual(Object.keys(attacks[theme]).toSorted());
    });
  });
};
