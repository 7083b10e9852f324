import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';
import type { PolicyEngine } from '#src/engines/policy/engine.ts';
import type { DecisionLog } from './decision-log.ts';

/** A policy engine whose decisions are logged. */
export const loggedEngine = (engine: PolicyEngine, log: DecisionLog): PolicyEngine => {
  const noted =
    (ask: (request: PolicyRequest) => Decision | Promise<Decision>) =>
    (request: PolicyRequest): Decision | Promise<Decision> => {
      const start = performance.now();
      const note = (decision: Decision): Decision => {
        log.note(request, decision, performance.now() - start);
        return decision;
      };
      const decision = ask(request);
      return 'then' in decision ? decision.then(note) : note(decision);
    };
  return {
    ...engine,
    authorise: noted(engine.authorise),
    decideInput: noted(engine.decideInput),
    decideOutput: async (request) => {
      const start = performance.now();
      const made = await engine.decideOutput(request);
      log.note(request, made.decision, performance.now() - start, made.redact);
      return made;
    },
    setBundles: async (account, bundles, options) => {
      await engine.setBundles(account, bundles, options);
      log.masks(account, bundles);
    },
  };
};
