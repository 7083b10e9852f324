/** So many requests in so many seconds: a bucket that holds all of them, and fills again at that rate. */
export interface Quota {
  /** What it is called in answers: letters, digits, `-`. */
  name: string;
  requests: number;
  seconds: number;
}

/** What is left of one. */
export interface QuotaLeft extends Quota {
  left: number;
  /** Seconds until all of it is there again. */
  full: number;
}

export const isQuotaName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(name);

/** A quota that a policy gives: each principal has one of its own, or all of an account share it. */
export interface PolicyQuota extends Quota {
  per: 'principal' | 'account';
  /** Whose policy it is. */
  account: string;
}
