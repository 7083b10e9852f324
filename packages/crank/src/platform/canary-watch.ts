import { nodePrincipal } from './act.ts';
import { abortAs } from './canary.ts';
import { compare } from './canary-comparison.ts';
import { figuresOf } from './canary-figures.ts';
import { latestOf, readNames } from './names.ts';
import type { Platform } from './platform.ts';

/** Calls of the canary between two looks, at least; and as a part of those that it had: looks become rarer. */
const EVERY = 16;
const PART = 0.1;

/** Ends canaries that are to end by themselves where they fail more often than the latest version. */
export class CanaryWatch {
  readonly #platform: Platform;
  /** Calls until the next look, by service. */
  readonly #left = new Map<string, number>();
  readonly #looks = new Map<string, Promise<void>>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Notes a call that goes to a canary; looks at the recorded ones now and then, beside the calls. */
  readonly note = (account: string, service: string): void => {
    const key = `${account}/${service}`;
    const left = (this.#left.get(key) ?? EVERY) - 1;
    this.#left.set(key, left);
    if (left > 0 || this.#looks.has(key)) return;
    const look = this.#look(account, service)
      .catch((err: unknown) => {
        this.#platform.log.error({ err, account, service }, 'a canary could not be looked at');
        return EVERY;
      })
      .then((next) => {
        this.#looks.delete(key);
        if (next === undefined) this.#left.delete(key);
        else this.#left.set(key, next);
      });
    this.#looks.set(key, look);
  };

  /** Resolves once no look is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#looks.values());
  }

  /** @returns calls until the next look; undefined where there is none to be taken */
  async #look(account: string, service: string): Promise<number | undefined> {
    const platform = this.#platform;
    const at = { account, service };
    const names = await readNames(platform, at);
    const { canary } = names;
    if (canary === undefined || Number(canary.auto_abort) !== 1) return undefined;
    const look = Number(canary.looks) + 1;
    // Looks of several nodes are counted together.
    const { numUpdatedRows } = await platform.store.db
      .updateTable('canaries')
      .set({ looks: look })
      .where('account', '=', account)
      .where('service', '=', service)
      .where('salt', '=', canary.salt)
      .where('looks', '=', look - 1)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 0) return EVERY;
    const since = Number(canary.started_at);
    const [tried, usual] = await figuresOf(platform, at, [canary.digest, latestOf(names, service)], since);
    const { worse, p, level } = compare(tried, usual, look);
    if (!worse) return Math.max(EVERY, Math.ceil(tried.calls * PART));
    const why = {
      why: `it fails more often than the latest version: ${tried.failures} of ${tried.calls} calls, against ${usual.failures} of ${usual.calls}`,
      test: `Fisher, one-sided: p = ${p!.toExponential(2)} below ${level.toExponential(2)} (look ${look})`,
    };
    await abortAs(platform, nodePrincipal(platform, account), at, why, canary.salt);
    platform.log.warn({ account, service, version: canary.digest, ...why }, 'a canary was ended');
    return undefined;
  }
}
