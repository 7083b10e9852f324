import { CrankError } from '#src/core/error.ts';
import type { AppliedBundle } from './bundle.ts';
import type { PolicyPoint, PolicyRequest } from './decision.ts';
import { decisionPoint, type RuleMeaning } from './points.ts';
import { createRunner, type PolicyRunner, type RunnerOptions } from './policy-runner.ts';
import type { Evaluation } from './wasm-policy.ts';

/** A rule of an applied bundle that is asked at some point. */
interface Rule {
  /** Place of its bundle in the account's. */
  bundle: number;
  entrypoint: string;
  meaning: RuleMeaning;
}

/** What a rule said. */
export interface Answer {
  bundle: AppliedBundle;
  /** The rule's path. */
  entrypoint: string;
  meaning: RuleMeaning;
  evaluation: Evaluation;
}

/** The bundles in force of one account. */
interface Installed {
  bundles: readonly AppliedBundle[];
  rules: Readonly<Record<PolicyPoint, readonly Rule[]>>;
  runner: PolicyRunner;
}

/** All applied bundles: each account's in a thread of its own, so that one account's runaway holds up no other. */
export interface AppliedPolicies {
  /** Puts an account's bundles in force, all at once; calls in flight finish on the old ones. @throws CrankError `not-deployable` where one does not load: the old ones then stay */
  set(account: string, bundles: readonly AppliedBundle[], options?: { lazy?: boolean }): Promise<void>;
  /** Whether anything is to be asked, so that the input need not be made. */
  concerns(point: PolicyPoint, where: Concern): boolean;
  /** Asks every rule that concerns a request. Never rejects. */
  ask(point: PolicyPoint, where: Concern, input: string): Promise<Answer[]>;
  close(): Promise<void>;
}

/** Whose bundles are asked: the account's and the service's, and the account's of a caller from elsewhere. */
export interface Concern {
  account: string;
  service?: string | undefined;
  caller: string;
  /** Whether the service asks for a network: otherwise nobody is asked to grant one. */
  network?: boolean;
}

export const concernOf = ({ principal, resource, network }: PolicyRequest): Concern => ({
  account: resource.account,
  service: resource.service,
  caller: principal.account,
  network: network !== undefined,
});

const rulesOf = (bundles: readonly AppliedBundle[]): Installed['rules'] => {
  const rules: Record<PolicyPoint, Rule[]> = { authorise: [], input: [], output: [] };
  bundles.forEach(({ entrypoints }, bundle) => {
    for (const entrypoint of entrypoints) {
      const point = decisionPoint(entrypoint);
      for (const at of point?.points ?? []) rules[at].push({ bundle, entrypoint, meaning: point!.meaning });
    }
  });
  return rules;
};

/** @param mostThreads threads kept; beyond them the one that was idle longest ends, and starts again when asked */
export const createAppliedPolicies = (options: RunnerOptions & { mostThreads: number }): AppliedPolicies => {
  // In the order of last use: a Map keeps the order of insertion.
  const installed = new Map<string, Installed>();
  const changes = new Map<string, Promise<void>>();

  const concerned = (point: PolicyPoint, { account, service, caller, network }: Concern) =>
    [...new Set([account, caller])].flatMap((name) => {
      const own = installed.get(name);
      const rules = (own?.rules[point] ?? []).filter(({ bundle, meaning }) => {
        // Whose service it is grants, and says what is kept; the callers' own policies can deny.
        if (meaning === 'keep' && name !== account) return false;
        if (meaning === 'grant' && !(network === true && name === account)) return false;
        const { layer } = own!.bundles[bundle]!;
        return layer === 'account' || (name === account && service !== undefined && layer === `service:${service}`);
      });
      return rules.length === 0 ? [] : [{ name, own: own!, rules }];
    });

  const used = (name: string, own: Installed): void => {
    installed.delete(name);
    installed.set(name, own);
    const running = [...installed.values()].filter(({ runner }) => runner.running && runner !== own.runner);
    for (const { runner } of running.slice(0, Math.max(0, running.length + 1 - options.mostThreads)))
      void runner.retire();
  };

  const change = async (account: string, bundles: readonly AppliedBundle[], lazy: boolean): Promise<void> => {
    const before = installed.get(account);
    if (bundles.length === 0) installed.delete(account);
    else {
      const runner = await createRunner(bundles, options).catch((error: Error) => {
        throw notLoaded(bundles, error);
      });
      const own = { bundles, rules: rulesOf(bundles), runner };
      if (!lazy) {
        await runner.start().catch((error: Error) => {
          throw notLoaded(bundles, error);
        });
      }
      used(account, own);
    }
    await before?.runner.retire();
  };

  return {
    set: (account, bundles, { lazy = false } = {}) => {
      const turn = (changes.get(account) ?? Promise.resolve()).then(() => change(account, bundles, lazy));
      const settled = turn
        .catch(() => undefined)
        .then(() => {
          if (changes.get(account) === settled) changes.delete(account);
        });
      changes.set(account, settled);
      return turn;
    },
    concerns: (point, where) => installed.size > 0 && concerned(point, where).length > 0,
    ask: async (point, where, input) => {
      const groups = concerned(point, where).map(async ({ name, own, rules }) => {
        used(name, own);
        const evaluations = await own.runner.ask({
          input,
          asks: rules.map(({ bundle, entrypoint }) => ({ bundle, entrypoint })),
        });
        return rules.map(({ bundle, entrypoint, meaning }, index) => ({
          bundle: own.bundles[bundle]!,
          entrypoint,
          meaning,
          evaluation: evaluations[index] ?? { ok: false as const, error: 'it gave no answer' },
        }));
      });
      return (await Promise.all(groups)).flat();
    },
    close: async () => {
      await Promise.all(changes.values());
      const runners = [...installed.values()].map(({ runner }) => runner);
      installed.clear();
      await Promise.all(runners.map((runner) => runner.retire()));
    },
  };
};

const notLoaded = (bundles: readonly AppliedBundle[], error: Error): CrankError =>
  new CrankError(
    'not-deployable',
    `A policy among ${bundles.map(({ name }) => name).join(', ')} does not load: ${error.message}. What was in force before stays.`,
    { cause: error },
  );
