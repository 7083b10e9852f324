import { nodePrincipal } from './act.ts';
import { abortAs } from './canary.ts';
import { compare, LOOK_EVERY } from './canary-comparison.ts';
import { figuresOf } from './canary-figures.ts';
import { latestOf, readNames } from './names.ts';
import type { Platform } from './platform.ts';

/** Ends canaries that are to end by themselves where they fail more often than the latest version. */
export class CanaryWatch {
  readonly #platform: Platform;
  /** Calls drawn since the last look, by service. */
  readonly #drawn = new Map<string, number>();
  readonly #looks = new Set<Promise<void>>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Notes a call of a canary; looks at its recorded calls now and then, beside the calls. */
  readonly note = (account: string, service: string): void => {
    const key = `${account}/${service}`;
    const drawn = (this.#drawn.get(key) ?? 0) + 1;
    // A call of each look may not be recorded yet: the next one counts it.
    if (drawn < LOOK_EVERY / 2) {
      this.#drawn.set(key, drawn);
      return;
    }
    this.#drawn.delete(key);
    const look = this.#look(account, service)
      .catch((err: unknown) => this.#platform.log.error({ err, account, service }, 'a canary could not be looked at'))
      .finally(() => this.#looks.delete(look));
    this.#looks.add(look);
  };

  /** Resolves once no look is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#looks);
  }

  async #look(account: string, service: string): Promise<void> {
    const platform = this.#platform;
    const at = { account, service };
    const names = await readNames(platform, at);
    const { canary } = names;
    if (canary === undefined || Number(canary.auto_abort) !== 1) return;
    const tried = await figuresOf(platform, at, canary.digest, Number(canary.started_at));
    const number = Math.floor(tried.calls / LOOK_EVERY);
    if (number <= Number(canary.looks)) return;
    // Each look is taken once, whichever node comes first.
    const { numUpdatedRows } = await platform.store.db
      .updateTable('canaries')
      .set({ looks: number })
      .where('account', '=', account)
      .where('service', '=', service)
      .where('salt', '=', canary.salt)
      .where('looks', '<', number)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 0) return;
    const usual = await figuresOf(platform, at, latestOf(names, service), Number(canary.started_at));
    const { worse, p, level } = compare(tried, usual);
    if (!worse) return;
    const why = {
      why: `it fails more often than the latest version: ${tried.failures} of ${tried.calls} calls, against ${usual.failures} of ${usual.calls}`,
      test: `Fisher, one-sided: p = ${p!.toExponential(2)} below ${level!.toExponential(2)}`,
    };
    await abortAs(platform, nodePrincipal(platform, account), at, why, canary.salt);
    platform.log.warn({ account, service, version: canary.digest, ...why }, 'a canary was ended');
  }
}
