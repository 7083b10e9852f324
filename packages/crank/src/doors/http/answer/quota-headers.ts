import type { QuotaLeft } from '#src/core/quota.ts';

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): of each quota its requests `q` in a window of
 * `w` seconds; what is left `r`, and the seconds `t` until all of it is there again. No names are in them that would have to be quoted.
 */
export const quotaHeaders = (quotas: readonly QuotaLeft[] | undefined): Record<string, string> => {
  if (quotas === undefined || quotas.length === 0) return {};
  let policy = '';
  let left = '';
  for (const { name, requests, seconds, left: r, full } of quotas) {
    const comma = policy === '' ? '' : ', ';
    policy += `${comma}"${name}";q=${requests};w=${seconds}`;
    left += `${comma}"${name}";r=${r};t=${full}`;
  }
  return { 'ratelimit-policy': policy, ratelimit: left };
};
