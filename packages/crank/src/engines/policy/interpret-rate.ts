import { isQuotaName, type PolicyQuota } from '#src/core/quota.ts';
import { BadResult, show } from './interpret.ts';
import { rulesIn } from './interpret-privacy.ts';

/** Largest numbers: their product, in milliseconds, is still exact. */
const MOST_REQUESTS = 1_000_000;
const MOST_SECONDS = 86_400;

const whole = (name: string, value: unknown, most: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new BadResult(`${name}: ${show(value)} is no whole number from 1 to ${most}`);
};

/**
 * What a `rate` rule said: a set of objects with `requests`, `seconds`, a `name`, and `per`, which is `principal` where
 * absent, or `account`.
 *
 * @param account whose rule it is
 * @throws BadResult
 */
export const rateRules = (value: unknown, account: string): PolicyQuota[] =>
  rulesIn(value, ['name', 'requests', 'seconds', 'per'], '{"name": "reports", "requests": 10, "seconds": 60}').map(
    ({ name, requests, seconds, per = 'principal' }) => {
      if (!isQuotaName(name) || name === 'principal' || name === 'account')
        throw new BadResult(`name: ${show(name)} is no name of letters, digits and -, or one of the node's own`);
      if (per !== 'principal' && per !== 'account')
        throw new BadResult(`per: ${show(per)} is neither principal nor account`);
      return {
        name,
        requests: whole('requests', requests, MOST_REQUESTS),
        seconds: whole('seconds', seconds, MOST_SECONDS),
        per,
        account,
      };
    },
  );

/** As obligations stand in receipts: `rate:reports:10/60s:principal`. */
export const rateObligation = ({ name, requests, seconds, per }: PolicyQuota): string =>
  `rate:${name}:${requests}/${seconds}s:${per}`;
