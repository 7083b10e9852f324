import { type Isolation, isolations } from '#src/core/service.ts';
import type { PolicyRequest, SpendCap } from './decision.ts';
import { BadResult, elements, isObject, show } from './interpret.ts';

/** Longest name of a region or a cap. */
const MAX_NAME = 64;
const NAME = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._+@:-]{0,${MAX_NAME - 1}}$`);
/** No dearer cap is kept exactly in nanodollars. */
const MOST_USD = 1e6;
const periods = ['hour', 'day', 'month', 'total'] as const;

const isOneOf = <T extends string>(names: readonly T[], value: unknown): value is T =>
  (names as readonly unknown[]).includes(value);

/** A name or a list of them, none of them empty. @throws BadResult */
const namesIn = <T extends string>(what: string, value: unknown, is: (name: unknown) => name is T): T[] => {
  const names = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(names) || names.length === 0) throw new BadResult(`${what}: ${show(value)} names none`);
  for (const name of names) if (!is(name)) throw new BadResult(`${what}: ${show(name)} is no name of one`);
  return names as T[];
};

const isRegion = (name: unknown): name is string => typeof name === 'string' && NAME.test(name);
const isIsolation = (name: unknown): name is Isolation => isOneOf(isolations, name);

const or = (names: readonly string[]): string => names.join(' or ');

/**
 * What a `required` rule of crank.placement said, held against the node that would run the call: an object, or a set of them,
 * with `residency` (a region or a list of them, of which one is enough) and `isolation` (levels, likewise). Of several objects
 * each has to be met.
 *
 * @returns reasons why not, and what is met as obligations
 * @throws BadResult
 */
export const placementOf = (value: unknown, node: PolicyRequest['node']): { unmet: string[]; met: string[] } => {
  const result = { unmet: [] as string[], met: [] as string[] };
  const demand = (what: string, wanted: readonly string[], there: readonly string[], sentence: string): void => {
    const found = wanted.find((one) => there.includes(one));
    if (found === undefined) result.unmet.push(sentence);
    else result.met.push(`${what}:${found}`);
  };
  for (const element of elements(value)) {
    if (!isObject(element)) throw new BadResult(`${show(element)} is no object such as {"residency": ["eu"]}`);
    const { residency, isolation, ...unknown } = element;
    const wrong = Object.keys(unknown)[0];
    if (wrong !== undefined) throw new BadResult(`${wrong} is required, and only residency and isolation are known`);
    if (residency !== undefined) {
      const wanted = namesIn('residency', residency, isRegion);
      const regions = node?.regions ?? [];
      const here =
        regions.length === 0 ? 'is in no region that it knows of (CRANK_REGION)' : `is in ${regions.join(', ')}`;
      demand('residency', wanted, regions, `it must run in ${or(wanted)}, and this node ${here}`);
    }
    if (isolation !== undefined) {
      const wanted = namesIn('isolation', isolation, isIsolation);
      const there = node === undefined ? [] : [node.isolation];
      const here = there[0] ?? 'of no known level';
      demand('isolation', wanted, there, `its sandbox must be ${or(wanted)}, and that of this service is ${here}`);
    }
  }
  return result;
};

/**
 * What a `cap` rule of crank.spend said: an object, or a set of them, with `usd` and `period` (`hour`, `day`, `month`,
 * `total`); `of` is `caller` where absent, else `account`; caps with one `name` count together, else those of one bundle.
 *
 * @throws BadResult
 */
export const spendCaps = (value: unknown, rule: { account: string; name: string }): SpendCap[] =>
  elements(value).map((element) => {
    if (!isObject(element)) throw new BadResult(`${show(element)} is no object such as {"usd": 5, "period": "day"}`);
    const { usd, period, of = 'caller', name = rule.name, ...unknown } = element;
    const wrong = Object.keys(unknown)[0];
    if (wrong !== undefined) throw new BadResult(`${wrong} is unknown; a cap has usd, period, of and name`);
    if (typeof usd !== 'number' || !(usd >= 0 && usd <= MOST_USD))
      throw new BadResult(`usd: ${show(usd)} is no number from 0 to ${MOST_USD}`);
    if (!isOneOf(periods, period)) throw new BadResult(`period: ${show(period)} is none of ${periods.join(', ')}`);
    if (!isOneOf(['caller', 'account'], of)) throw new BadResult(`of: ${show(of)} is neither caller nor account`);
    if (typeof name !== 'string' || (name !== rule.name && !NAME.test(name)))
      throw new BadResult(`name: ${show(name)} is no name such as "reports"`);
    return { usd, period, of, name, account: rule.account };
  });

/** As obligations stand in receipts: `cap:5:day:caller:crank.spend`. */
export const capObligation = ({ usd, period, of, name }: SpendCap): string => `cap:${usd}:${period}:${of}:${name}`;
