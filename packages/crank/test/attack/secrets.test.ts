import { expect } from 'vitest';
import { jsonOf, limits } from '../sandbox/harness.ts';
import { suite } from './suite.ts';

/** Has the mark that `services/watching.py` looks for. */
const SECRET = 'sk_live_mechet_51H8q7Zr';
const secrets = { API_KEY: SECRET };

suite('secrets', ({ probe }) => {
  probe('memory of slot and zygote, searched by the next call', async ({ service }) => {
    const more = { key: 'searched', limits: { ...limits, memoryBytes: 512 * 2 ** 20 } };
    const call = service('hostile.py', 'fresh', more);
    const higher = (text: string) => String.fromCharCode(...[...text].map((letter) => letter.charCodeAt(0) + 1));
    for (let n = 0; n < 4; n++) await call('deny', { name: 'tcp' }, { secrets });
    const needle = higher(SECRET);
    const [, found] = await Promise.all([
      call('deny', { name: 'tcp' }, { secrets }),
      call('find_in_memory', { needle }),
    ]);
    expect(jsonOf(found)).toBe(0);
    // It finds what there is.
    expect(jsonOf(await call('find_in_memory', { needle }, { secrets }))).toBeGreaterThan(0);
  });

  for (const [name, account, key] of [
    ["another call's, while it has it", 'one', 'one'],
    ["another service's, while it has it", 'one', 'other'],
    ["another account's, while it has it", 'other', 'one'],
  ] as const) {
    probe(name, async ({ service }) => {
      const holder = service('watching.py', 'fresh', { account: 'one', key: 'one' });
      const thief = service('attacker.py', 'fresh', { account, key: `${key} ${account}` });
      jsonOf(await thief('find'));
      const held = holder('work', { seconds: 1.5 }, { secrets });
      expect(jsonOf(await thief('search', { text: SECRET, seconds: 1 }))).toEqual([]);
      expect(jsonOf(await held)).toBe(SECRET.length);
    });
  }

  probe('watched for from the import on', async ({ service }) => {
    for (const level of ['fresh', 'warm'] as const) {
      const call = service('watching.py', level, { account: 'watched' });
      expect(jsonOf(await call('work', { seconds: 0.5 }, { secrets }))).toBe(SECRET.length);
      expect(jsonOf(await call('seen')), level).toBe('');
    }
  });

  probe('what the call before it was given, in the same process', async ({ service }) => {
    for (const level of ['fresh', 'warm'] as const) {
      const call = service('watching.py', level, { account: 'before' });
      expect(jsonOf(await call('work', { seconds: 0 }, { secrets }))).toBe(SECRET.length);
      expect(jsonOf(await call('left')), level).toEqual([]);
      expect(jsonOf(await call('work', { seconds: 0 }))).toBe(0);
    }
  });
});
