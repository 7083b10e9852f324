import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { PriceItem } from '#src/engines/metering/price-book.ts';
import type { PriceRow } from '#src/store/schema-prices.ts';
import { act } from '../act.ts';
import { identify } from '../admit.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { type Price, priceIn } from './prices.ts';

export { countedUnits, type PriceItem, type PriceTier, unitNames } from '#src/engines/metering/price-book.ts';

/** What somebody wants a service to charge. */
export interface WantedPrice {
  /** Digest prefix or alias; undefined: all versions. */
  version: string | undefined;
  /** Account of those who call; undefined: all. */
  account: string | undefined;
  /** Milliseconds since 1970; undefined: as soon as can be. */
  from: number | undefined;
  /** Null: the node's tariff alone holds again. */
  items: readonly PriceItem[] | null;
}

export interface PriceInfo {
  id: string;
  service: string;
  /** Null: for all. */
  version: string | null;
  account: string | null;
  from: string;
  items: readonly PriceItem[] | null;
}

/**
 * Owners say what a service charges from a moment on. What was charged stays as it was.
 *
 * @throws CrankError `not-found`; `invalid-input` for a moment that has passed; `version-conflict` where another price begins then
 */
export const setPrice = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  read: () => Promise<WantedPrice>,
): Promise<PriceInfo & { receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'price.set', { type: 'service', account, service });
  const wanted = await read();
  const { digest } = await platform.catalog.resolve(account, service, wanted.version);
  const now = Date.now();
  const earliest = now + platform.prices.noticeMs;
  const from = wanted.from ?? earliest;
  if (from < earliest) {
    const message = `is before ${new Date(earliest).toISOString()}: what was called until then is charged by the price of then`;
    throw new CrankError('invalid-input', `The member "from" ${message}.`, { errors: [{ pointer: '/from', message }] });
  }
  const row: PriceRow = {
    ...{ id: newId('prc'), account, service },
    version: wanted.version === undefined ? '' : digest,
    payer: wanted.account ?? '',
    from_at: from,
    items: wanted.items === null ? null : JSON.stringify(wanted.items),
    ...{ created_at: now, created_by: principal.id },
  };
  const { db } = platform.store;
  const twin = await db
    .selectFrom('prices')
    .select('id')
    .where('account', '=', account)
    .where('service', '=', service)
    .where('version', '=', row.version)
    .where('payer', '=', row.payer)
    .where('from_at', '=', from)
    .executeTakeFirst();
  if (twin !== undefined)
    throw new CrankError(
      'version-conflict',
      `The price ${twin.id} begins at that moment: take it back, or choose another.`,
    );
  const receipt = await act(platform, principal, 'price.set', saidOf(row), [
    db.insertInto('prices').values(row).compile(),
  ]);
  await platform.prices.changed();
  return { ...infoOf(priceIn(row)), receipt };
};

/** Prices of a service, those that hold last at the end. @throws CrankError `not-found` */
export const listPrices = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
): Promise<PriceInfo[]> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'price.read', { type: 'service', account, service });
  const rows = await platform.store.db
    .selectFrom('prices')
    .selectAll()
    .where('account', '=', account)
    .where('service', '=', service)
    .orderBy('from_at')
    .execute();
  if (rows.length === 0) await platform.catalog.resolve(account, service, undefined);
  return rows.map((row) => infoOf(priceIn(row)));
};

/** Takes back a price that is not in force yet. @throws CrankError `not-found`; `version-conflict` for one that is, or was */
export const removePrice = async (
  platform: Platform,
  authorization: string | undefined,
  service: string,
  id: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account } = principal;
  await permit(platform, principal, 'price.remove', { type: 'service', account, service });
  const { db } = platform.store;
  const row = await db
    .selectFrom('prices')
    .selectAll()
    .where('account', '=', account)
    .where('service', '=', service)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined)
    throw new CrankError('not-found', `${service} has no price ${id.slice(0, 80)}: \`crank price list ${service}\`.`);
  if (row.from_at <= Date.now() + platform.prices.noticeMs)
    throw new CrankError('version-conflict', `The price ${id} is in force: set another one that follows it.`);
  const receipt = await act(platform, principal, 'price.remove', { service, price: id }, [
    db.deleteFrom('prices').where('id', '=', id).compile(),
  ]);
  await platform.prices.changed();
  return { receipt };
};

/** What its receipt says. */
const saidOf = ({ id, service, version, payer, from_at, items }: PriceRow): Record<string, string> => ({
  service,
  price: id,
  ...(version !== '' && { version }),
  ...(payer !== '' && { account: payer }),
  from: new Date(from_at).toISOString(),
  items: items ?? 'none',
});

const infoOf = ({ id, service, version, payer, from, items }: Price): PriceInfo => ({
  id,
  service,
  version: version || null,
  account: payer || null,
  from: new Date(from).toISOString(),
  items,
});
