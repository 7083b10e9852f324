import type { Limits, Manifest } from '#src/core/service.ts';
import { formatNanoUsd, nanoOf } from '#src/engines/metering/budget.ts';
import type { PolicyRequest } from '#src/engines/policy/decision.ts';
import type { Platform } from './platform.ts';

/** What policy is told of where a call would run, and of what it may cost at most: as much as is held for it from budgets. */
export const callFacts = (
  { regions, sandbox, meter }: Platform,
  { limits, target }: { limits: Limits; target: { manifest: Pick<Manifest, 'isolation'> } },
): Required<Pick<PolicyRequest, 'node' | 'spend'>> => ({
  node: { regions, isolation: sandbox.level(target.manifest.isolation) },
  spend: { at_most_usd: Number(formatNanoUsd(nanoOf(meter(limits.cpuMs * 1e6).total))) },
});
