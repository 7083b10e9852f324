import { defaultLimits } from '../packages/crank/src/core/service.ts';
import { createPolicyEngine } from '../packages/crank/src/engines/policy/engine.ts';
import { percentile } from './load.ts';

interface Took {
  p50: number;
  p99: number;
}

/** Milliseconds of one decision of the default bundle on a call: `anew` evaluated in process, `again` as kept from before. */
export const benchPolicy = (): { anew: Took; again: Took } => {
  const engine = createPolicyEngine();
  const request = {
    action: 'service.call',
    principal: { id: 'key_1', name: 'ann', kind: 'user', account: 'default', role: 'caller' },
    resource: {
      type: 'operation',
      account: 'default',
      service: 'add',
      version: `sha256:${'0'.repeat(64)}`,
      operation: 'add',
    },
  } as const;
  const measure = (limitsOf: (n: number) => typeof defaultLimits): Took => {
    const took: number[] = [];
    for (let n = 0; n < 30_000; n++) {
      const limits = limitsOf(n);
      const start = performance.now();
      engine.authorise({ ...request, limits });
      if (n >= 5_000) took.push(performance.now() - start);
    }
    took.sort((a, b) => a - b);
    return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
  };
  return { anew: measure((n) => ({ ...defaultLimits, wallMs: n + 1 })), again: measure(() => defaultLimits) };
};

if (import.meta.main) console.log(benchPolicy());
