import { expect } from 'vitest';
import { codeOf, jsonOf } from '../sandbox/harness.ts';
import type { Ring } from './ring.ts';
import { suite } from './suite.ts';

const root = process.getuid!() === 0;
const done = /^it worked/;

/** Does it, and leaves it to the canary to see whether the next calls notice. */
const leave = async ({ attacker, mark }: Ring, name: string, level: 'fresh' | 'able' = 'fresh') =>
  String(jsonOf(await attacker[level]('attempt', { theme: 'state', name, mark })));

// One slot: the next call is the one that could notice.
suite(
  'state',
  ({ probe, refused }) => {
    for (const name of [
      'a global',
      'an object of the module',
      'an attribute of sys',
      'a module replaced in the cache',
      'the search path of modules',
      'the environment',
      'the working directory',
      'the umask',
      'the locale',
      'the recursion limit',
      'handlers of signals',
      'blocked and ignored signals',
      'an alarm',
      'a timer',
      'an exit handler',
      'a thread that never ends',
      'the collector switched off',
      'the limits of the process',
      'the name of the process',
      'open descriptors',
      'a file in /tmp',
      'a hidden file in the work folder',
      'a file gone again, with its times set back',
      'a lock on the code',
      'standard output sought and sized',
    ] as const) {
      probe(name, async (ring) => expect(await leave(ring, name)).toMatch(done));
    }
    refused('options of the channel', /^refused: EPERM$/);
    probe('a builtin replaced', async ({ attacker, mark }) => {
      // It may break the call that did it, and no other.
      await attacker.fresh('attempt', { theme: 'state', name: 'a builtin replaced', mark });
    });
    probe('closed descriptors', async ({ attacker, mark }) => {
      await attacker.fresh('attempt', { theme: 'state', name: 'closed descriptors', mark });
    });
    // The channel is ours, and so only where sandboxes have our uid theirs to mark.
    const marked = root ? /^refused: EPERM$/ : done;
    for (const name of ['the mode and times of the channel', 'a hint on the channel'] as const) {
      probe(name, async (ring) => expect(await leave(ring, name)).toMatch(marked));
    }
    probe('bytes left in the channel', async ({ attacker, mark }) => {
      expect(codeOf(await attacker.fresh('attempt', { theme: 'state', name: 'bytes left in the channel', mark }))).toBe(
        'crashed',
      );
    });
    probe('signals waiting at the slot', async (ring) => {
      const sent = /^it worked: (\d+)$/.exec(await leave(ring, 'signals waiting at the slot'))?.[1];
      expect(Number(sent)).toBeLessThanOrEqual(128);
    });
    probe('a signal from the channel to the slot', async (ring) => {
      expect(await leave(ring, 'a signal from the channel to the slot')).toMatch(done);
    });
    probe('random numbers', async ({ attacker }) => {
      const seen = await Promise.all(Array.from({ length: 10 }, () => attacker.fresh('numbers')));
      const numbers = seen.flatMap((result) => jsonOf(result) as unknown[]);
      expect(new Set(numbers).size).toBe(numbers.length);
    });
    probe('memory shared with a process that stays', async (ring) => {
      expect(await leave(ring, 'memory shared with a process that stays', 'able')).toMatch(done);
      for (let n = 0; n < 2; n++) {
        expect(jsonOf(await ring.attacker.able('look'))).toMatchObject({
          processes: [],
          folders: { '/tmp': [expect.any(String), true, ['work']] },
        });
      }
    });
  },
  { concurrency: 1 },
);
