import type { PolicyQuota, Quota, QuotaLeft } from '#src/core/quota.ts';
import type { Principal } from '#src/core/service.ts';
import { RateLimit } from '#src/engines/identity/rate-limit.ts';

/** A burst may be twice what a second has. */
const WINDOW_SECONDS = 2;

/** How many requests who may make, on this node: nodes on one database count each by itself. */
export class Rates {
  readonly #limit = new RateLimit();
  readonly #principal: Quota;
  readonly #account: Quota;

  /** @param perSecond requests; `account`: of all principals of an account together */
  constructor(perSecond: { principal: number; account: number }) {
    const quota = (name: string, rate: number): Quota => ({
      name,
      requests: rate * WINDOW_SECONDS,
      seconds: WINDOW_SECONDS,
    });
    this.#principal = quota('principal', perSecond.principal);
    this.#account = quota('account', perSecond.account);
  }

  /** @param id of a principal, or of what stands for one, such as a webhook @throws CrankError `rate-limited` */
  take({ id, account }: Pick<Principal, 'id' | 'account'>): QuotaLeft[] {
    return this.#limit.take([
      { key: `principal:${id}`, quota: this.#principal },
      { key: `account:${account}`, quota: this.#account },
    ]);
  }

  /** What policies say beside that. @throws CrankError `rate-limited` */
  takeOf(quotas: readonly PolicyQuota[], { id, account }: Pick<Principal, 'id' | 'account'>): QuotaLeft[] {
    return this.#limit.take(
      quotas.map(({ per, account: of, ...quota }) => ({
        key: `policy:${of}:${quota.name}:${per === 'account' ? account : id}`,
        quota,
      })),
    );
  }
}
