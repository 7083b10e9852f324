import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { codeOf, jsonOf, limits } from '../sandbox/harness.ts';
import { suite } from './suite.ts';

const able = { ...limits, subprocesses: 8 };

suite('accounts', ({ probe }) => {
  probe("what another account's call has kept", async ({ service }) => {
    for (const level of ['fresh', 'warm'] as const) {
      const one = service('attacker.py', level, { account: 'one' });
      const other = service('attacker.py', level, { account: 'other' });
      for (let n = 0; n < 4; n++) {
        jsonOf(await one('keep', { text: `secret ${n}` }));
        expect(jsonOf(await other('find')), level).toEqual([]);
      }
      expect(jsonOf(await one('find')), level).toEqual(level === 'warm' ? expect.arrayContaining(['secret 3']) : []);
    }
  });

  probe("another account's arguments and files, while it is called", async ({ service, shop }) => {
    const path = join(shop.root, 'of-one-account.txt');
    writeFileSync(path, 'for one account only');
    chmodSync(path, 0o644);
    const files = [{ parameter: 'path', name: 'of-one-account.txt', path }];
    const one = service('attacker.py', 'fresh', { account: 'one' });
    const other = service('attacker.py', 'fresh', { account: 'other' });
    jsonOf(await other('find'));
    const held = one('hold', { text: 'of-one-account', seconds: 1.5 }, { files });
    expect(jsonOf(await other('search', { text: 'of-one-account', seconds: 1 }))).toEqual([]);
    expect(jsonOf(await held)).toBe('of-one-account');
  });

  // Each takes what it can for as long as the other account's calls are made, which are answered all the same.
  for (const [name, attack, times] of [
    ['all slots of a version', { operation: 'pause', input: { seconds: 0.5 } }, 8],
    ['all processes that one may have', { operation: 'attempt', input: of('processes', 'a fork bomb') }, 2],
    ['memory of all', { operation: 'attempt', input: of('memory', 'taking all there is') }, 2],
    ['all CPUs', { operation: 'spin', input: { seconds: 2 } }, 2],
    ['the zygote, killed again and again', { operation: 'attempt', input: of('processes', 'killing everything') }, 12],
  ] as const) {
    probe(name, async ({ service, mark }) => {
      const one = service('attacker.py', 'fresh', { account: 'one', key: 'able', limits: able });
      const other = service('attacker.py', 'fresh', { account: 'other', key: 'able', limits: able });
      expect(jsonOf(await other('add', { a: 1, b: 1 }))).toBe(2);
      let under = 0;
      const attacks = Array.from({ length: times }, async () => {
        under += 1;
        await one(attack.operation, { ...attack.input, ...('theme' in attack.input && { mark }) });
        under -= 1;
      });
      let answered = 0;
      while (under > 0 && answered < 200) {
        expect(jsonOf(await other('add', { a: answered, b: 1 }))).toBe(answered + 1);
        answered += 1;
      }
      expect(answered).toBeGreaterThan(0);
      await Promise.all(attacks);
      expect(codeOf(await one('add', { a: 1, b: 1 }))).toBe('not failed: value');
    });
  }
});

function of(theme: string, name: string): { theme: string; name: string } {
  return { theme, name };
}
