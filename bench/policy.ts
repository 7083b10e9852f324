import { defaultLimits } from '../packages/crank/src/core/service.ts';
import { createPolicyEngine } from '../packages/crank/src/engines/policy/engine.ts';
import { percentile } from './load.ts';

/** Milliseconds of one decision of the default bundle on a call, evaluated in process. */
export const benchPolicy = (): { p50: number; p99: number } => {
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
    limits: defaultLimits,
  } as const;
  const took: number[] = [];
  for (let i = 0; i < 30_000; i++) {
    const start = performance.now();
    engine.authorise(request);
    if (i >= 5_000) took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
};
