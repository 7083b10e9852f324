import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '#src/core/id.ts';
import { type Canary, isDrawn } from '#src/platform/draw.ts';
import { binomialBounds } from '../support/binomial.ts';

const canary = (more: Partial<Canary> = {}): Canary => ({
  ...{ digest: '', share: 1_000, chosenBy: 'call', salt: randomBytes(16).toString('hex'), autoAbort: false },
  ...more,
});
const caller = (more: { principal?: string; session?: string } = {}) => ({
  call: newId('call'),
  principal: more.principal ?? 'key_1',
  session: more.session,
});

describe('the draw between a canary and the latest version', () => {
  it.each([1, 100, 1_000, 5_000, 9_999])('holds a share of %i ten-thousandths', (share) => {
    const n = 50_000;
    const [least, most] = binomialBounds(n, share / 10_000, 1e-10);
    const one = canary({ share });
    let drawn = 0;
    for (let i = 0; i < n; i++) if (isDrawn(one, caller())) drawn++;
    expect(drawn).toBeGreaterThanOrEqual(least);
    expect(drawn).toBeLessThanOrEqual(most);
  });

  it('holds it among principals and among sessions', () => {
    const [least, most] = binomialBounds(20_000, 0.1, 1e-10);
    for (const chosenBy of ['principal', 'session'] as const) {
      const one = canary({ chosenBy });
      let drawn = 0;
      for (let i = 0; i < 20_000; i++)
        if (isDrawn(one, caller(chosenBy === 'principal' ? { principal: `key_${i}` } : { session: `s${i}` }))) drawn++;
      expect(drawn).toBeGreaterThanOrEqual(least);
      expect(drawn).toBeLessThanOrEqual(most);
    }
  });

  it('is the same for a principal on every node and at every call, and by the principal where no session is named', () => {
    for (const chosenBy of ['principal', 'session'] as const) {
      const here = canary({ chosenBy });
      const there = { ...here };
      for (let i = 0; i < 200; i++) {
        const principal = `key_${i}`;
        expect(isDrawn(there, caller({ principal }))).toBe(isDrawn(here, caller({ principal })));
      }
    }
  });

  it('keeps who was drawn when the share grows, and draws others with another canary', () => {
    const small = canary({ chosenBy: 'principal', share: 2_000 });
    const large = { ...small, share: 6_000 };
    const other = canary({ chosenBy: 'principal', share: 2_000 });
    const all = Array.from({ length: 1_000 }, (_, i) => caller({ principal: `key_${i}` }));
    const drawn = all.filter((one) => isDrawn(small, one));
    expect(drawn.every((one) => isDrawn(large, one))).toBe(true);
    expect(drawn.some((one) => !isDrawn(other, one))).toBe(true);
  });
});
