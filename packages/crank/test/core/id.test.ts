import { describe, expect, it } from 'vitest';
import { newId } from '#src/core/id.ts';

describe('ids', () => {
  it('sort by time and never repeat', () => {
    const ids = Array.from({ length: 5_000 }, (_, n) => newId('call', 1_700_000_000_000 + n));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^call_[0-9a-hjkmnp-tv-z]{26}$/);
  });
});
