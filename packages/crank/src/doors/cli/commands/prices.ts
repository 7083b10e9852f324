import { CrankError } from '#src/core/error.ts';
import type { PriceInfo, PriceItem } from '#src/platform/prices/price-admin.ts';
import type { PricedUnit, PriceTerms, Quote } from '#src/platform/prices/quotes.ts';
import type { Command, Options } from '../command.ts';
import { many, one } from '../command.ts';
import { parseName, servicePath } from '../name.ts';
import { short, table } from '../table.ts';

const UNIT_DIGITS = 7;

/** `0.0005`, or `0@1000,0.0005@10000,0.0004`: what one costs, up to so many in a month. @throws CrankError `invalid-input` */
const itemIn = (text: string, counts: ReadonlyMap<string, string>, bounds: ReadonlyMap<string, string>): object => {
  const at = text.indexOf('=');
  const unit = text.slice(0, at);
  const tiers = text
    .slice(at + 1)
    .split(',')
    .map((tier) => /^(\d{1,6}(?:\.\d{1,16})?)(?:@(\d{1,12}))?$/.exec(tier));
  if (at < 1 || tiers.some((tier) => tier === null))
    throw new CrankError(
      'invalid-input',
      `"${text}" is no price: write UNIT=DOLLARS, such as call=0.001, or in tiers by month: call=0@1000,0.001@10000,0.0008.`,
    );
  // Prices are whole numbers of 10^-7 dollars: with more digits they are for so many of the unit.
  const digits = Math.max(UNIT_DIGITS, ...tiers.map((tier) => tier![1]!.split('.')[1]?.length ?? 0));
  const price = (usd: string): number => {
    const [whole, fraction = ''] = usd.split('.');
    return Number(whole! + fraction.padEnd(digits, '0'));
  };
  const count = counts.get(unit);
  const most = bounds.get(unit);
  return {
    unit,
    per: 10 ** (digits - UNIT_DIGITS),
    tiers: tiers.map((tier) => ({ ...(tier![2] && { upTo: Number(tier![2]) }), price: price(tier![1]!) })),
    ...(count !== undefined && { count }),
    ...(most !== undefined && { most: Number(most) }),
  };
};

/** `UNIT=VALUE`, several times. */
const pairs = (options: Options, name: string): Map<string, string> =>
  new Map(
    many(options, name).map((text): [string, string] => {
      const at = text.indexOf('=');
      if (at < 1) throw new CrankError('invalid-input', `--${name} "${text}" is not UNIT=VALUE.`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );

const usdOf = (price: number): string => (price / 10 ** UNIT_DIGITS).toFixed(UNIT_DIGITS).replace(/\.?0+$/, '');

const textOf = ({ unit, per, tiers, most }: PriceItem): string => {
  const each = per === 1 ? unit : `${per} ${unit}`;
  const parts = tiers.map(
    ({ upTo, price }) => `${price === 0 ? 'free' : usdOf(price)}${upTo === null ? '' : ` to ${upTo}`}`,
  );
  return `${each}: ${parts.join(', ')}${most === undefined ? '' : ` (at most ${most})`}`;
};

export const setPrice: Command = {
  name: 'price set',
  summary: 'what a service charges from a moment on',
  args: [['<service>', 'SERVICE, or SERVICE@VERSION for one version only']],
  options: [
    {
      flags: '--unit <price>',
      help: 'UNIT=DOLLARS of call, cpu-second, gb-second, gb-in, gb-out, joule, page or token; in tiers by month UNIT=DOLLARS@UPTO,...,DOLLARS',
      repeat: true,
    },
    {
      flags: '--count <pointer>',
      help: 'page=/pages: where the answer says how many, as a JSON Pointer',
      repeat: true,
    },
    { flags: '--most <n>', help: 'page=500: no more are charged for a call', repeat: true },
    { flags: '--from <time>', help: 'such as 2027-01-01; otherwise from now on' },
    { flags: '--account <account>', help: 'for calls by this account only' },
    { flags: '--none', help: "no price of its own: the node's tariff holds again" },
  ],
  run: async (context, [service], options) => {
    const units = many(options, 'unit');
    const none = options['none'] === true;
    if (none === units.length > 0) throw new CrankError('invalid-input', 'Give --unit, or --none.');
    const [counts, bounds] = [pairs(options, 'count'), pairs(options, 'most')];
    const unused = [...counts.keys(), ...bounds.keys()].find(
      (unit) => !units.some((text) => text.startsWith(`${unit}=`)),
    );
    if (unused !== undefined) throw new CrankError('invalid-input', `There is no --unit ${unused}=...`);
    const name = parseName(service!);
    const set = await context.client.json<PriceInfo & { receipt: string }>(`${servicePath(name)}/-/prices`, {
      method: 'POST',
      json: {
        items: none ? null : units.map((text) => itemIn(text, counts, bounds)),
        ...Object.fromEntries(
          ['account', 'from'].flatMap((name) => {
            const value = one(options, name);
            return value === undefined ? [] : [[name, value]];
          }),
        ),
        ...(name.version !== undefined && { version: name.version }),
      },
    });
    const what = set.items === null ? "the node's tariff" : set.items.map(textOf).join('; ');
    context.print(set, `${set.id} from ${set.from}: ${what}; receipt ${set.receipt}`);
  },
};

export const listPrices: Command = {
  name: 'price list',
  summary: 'what a service charges, and did',
  args: [['<service>', 'service']],
  run: async (context, [service]) => {
    const { prices } = await context.client.json<{ prices: PriceInfo[] }>(
      `${servicePath(parseName(service!))}/-/prices`,
    );
    context.print(prices, () =>
      prices.length === 0
        ? `${service} has no price of its own: the node's tariff holds (\`crank quote ${service}\`).`
        : table(
            ['ID', 'FROM', 'VERSION', 'ACCOUNT', 'PRICE'],
            prices.map(({ id, from, version, account, items }) => [
              ...[id, from, version === null ? 'all' : short(version), account ?? 'all'],
              items === null ? "the node's tariff" : items.map(textOf).join('; '),
            ]),
          ),
    );
  },
};

export const removePrice: Command = {
  name: 'price remove',
  summary: 'take back a price that is not in force yet',
  args: [
    ['<service>', 'service'],
    ['<id>', 'price'],
  ],
  run: async (context, [service, id]) => {
    const path = `${servicePath(parseName(service!))}/-/prices/${encodeURIComponent(id!)}`;
    const answer = await context.client.json<{ receipt: string }>(path, { method: 'DELETE' });
    context.print(answer, `${id} taken back; receipt ${answer.receipt}`);
  },
};

const lineText = ({ unit, per, tiers, most, used }: PricedUnit): string => {
  const parts = tiers.map(({ upTo, usd }) => `${usd}${upTo === null ? '' : ` to ${upTo}`}`);
  const more = [
    most === undefined ? [] : `at most ${most} a call`,
    used === undefined ? [] : `${used} used this month`,
  ];
  return `  ${per === 1 ? unit : `${per} ${unit}`}: ${[parts.join(', '), ...more.flat()].join('; ')}`;
};

export const quote: Command = {
  name: 'quote',
  summary: 'what a call costs at most, and that it will',
  args: [['<name>', '[ACCOUNT/]SERVICE[@VERSION][.OPERATION]']],
  options: [
    { flags: '--seconds <n>', help: 'how long it holds (900)' },
    { flags: '--terms', help: 'only say it: nothing is held to it, and nothing is in the log' },
  ],
  run: async (context, [text], options) => {
    const name = parseName(text!);
    const path = `${servicePath(name)}/-/quote`;
    const asked = { operation: name.operation, version: name.version };
    const seconds = one(options, 'seconds');
    const given: PriceTerms | Quote =
      options['terms'] === true
        ? await context.client.json<PriceTerms>(path, { query: asked })
        : await context.client.json<Quote>(path, {
            method: 'POST',
            json: { ...asked, ...(seconds !== undefined && { seconds: Number(seconds) }) },
          });
    context.print(given, () => quoteText(given));
  },
};

const quoteText = (given: PriceTerms | Quote): string => {
  const { tariff, lines, maximum, service, operation, version } = given;
  const node = [
    `${tariff.call} a call`,
    tariff.cpuSecond === null ? [] : `${tariff.cpuSecond} a CPU-second`,
    tariff.kwh === null ? [] : `${tariff.kwh} a kWh`,
    `${tariff.tonneCo2} a tonne of CO2e`,
  ].flat();
  return [
    `${service}.${operation}@${short(version)}: at most ${maximum} USD a call`,
    `  node: ${node.join(', ')}`,
    ...lines.map(lineText),
    ...('id' in given ? [`${given.id} holds until ${given.expires}; receipt ${given.receipt}`] : []),
  ].join('\n');
};
