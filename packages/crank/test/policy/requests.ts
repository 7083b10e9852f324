import { defaultLimits, type Role } from '#src/core/service.ts';
import type { PolicyRequest } from '#src/engines/policy/decision.ts';

/** A call of acme/words by a key of acme, changed as a test needs. */
export const callRequest = (changes: Partial<PolicyRequest> = {}): PolicyRequest => ({
  action: 'service.call',
  principal: { id: 'key_1', name: 'ann', kind: 'user', account: 'acme', role: 'caller' },
  resource: { type: 'operation', account: 'acme', service: 'words', version: 'sha256:00', operation: 'count' },
  limits: { ...defaultLimits },
  ...changes,
});

export const as = (role: Role, account = 'acme'): PolicyRequest['principal'] => ({
  id: 'key_1',
  name: 'ann',
  kind: 'user',
  account,
  role,
});
