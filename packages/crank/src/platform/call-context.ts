import type { CallState } from './call-state.ts';

/** What the parameters `policies` and `context` of a classic service are filled with: JSON text. */
export const callContext = (state: CallState): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      policies: {
        decisions: state.decisions.map(({ id, point, allow, bundles }) => ({ id, point, allow, bundles })),
        obligations: state.decisions.flatMap((decision) => decision.obligations),
        limits: state.limits,
      },
      context: {
        call: state.id,
        account: state.principal.account,
        principal: {
          id: state.principal.id,
          name: state.principal.name,
          kind: state.principal.kind,
          role: state.principal.role,
        },
        service: state.target.service,
        version: state.target.digest,
        operation: state.operation.name,
        received: new Date(state.received).toISOString(),
      },
    }),
  );
