import { describe, expect, it } from 'vitest';
import { followHandovers, PolicyError, parsePolicy, verifyReceipt } from '../src/index.ts';
import { vectors } from './vectors.ts';

interface Held {
  name: string;
  file: string;
  /** What is found; otherwise `part` does not hold. */
  holds?: { cosigned?: string[]; vkey?: string };
  part?: string;
}
const { policies, badPolicies, handovers } = vectors<{
  policies: (Held & { policy: string })[];
  badPolicies: string[];
  handovers: (Held & { handovers: string; pinned: string })[];
}>('receipt/trust.json');

describe('a policy of logs and witnesses', () => {
  it.each(policies)('$name', async ({ file, policy, holds, part }) => {
    const verifying = verifyReceipt(file, { vkeys: [], policy: await parsePolicy(policy) });
    if (holds === undefined) return expect(verifying).rejects.toMatchObject({ name: 'VerificationError', part });
    const { cosigned, cosignedAt } = (await verifying).checkpoint;
    expect(cosigned).toEqual(holds.cosigned);
    expect(cosignedAt[cosigned[0]!]).toBe(1_782_900_000);
  });

  it.each(badPolicies)('is refused: %j', async (policy) => {
    await expect(parsePolicy(policy)).rejects.toThrow(PolicyError);
  });
});

describe('keys that were handed over', () => {
  it.each(handovers)('$name', async ({ file, handovers: text, pinned, holds, part }) => {
    const verifying = (async () => verifyReceipt(file, { vkeys: await followHandovers(text, [pinned]) }))();
    if (holds === undefined) return expect(verifying).rejects.toMatchObject({ name: 'VerificationError', part });
    expect((await verifying).vkey).toBe(holds.vkey);
  });
});
