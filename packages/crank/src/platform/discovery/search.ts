import { CrankError } from '#src/core/error.ts';
import { formatUsd } from '#src/core/money.ts';
import type { Isolation, Operation } from '#src/core/service.ts';
import { identify } from '../admit.ts';
import type { Platform } from '../platform.ts';
import { permitted } from './callables.ts';
import type { Listed } from './directory.ts';
import { rank, type SearchQuery } from './rank.ts';

const MOST = 50;
const DEFAULT = 10;
const TEXT = 500;
/** The newest calls of the account, which the figures are of: more would take longer than the search. */
const CALLS = 1_000;

/** An operation that was found. */
export interface Found {
  service: string;
  operation: Operation;
  version: string;
  description: string;
  /** Above 0; to be compared within one answer only. */
  score: number;
  isolation: Isolation;
  network: readonly string[];
  /** What those calls of it came to on average that are among the newest thousand of the account; null where none is. */
  measured: { calls: number; latencyMs: number; price: { currency: 'USD'; amount: string }; grams: number } | null;
}

/**
 * Operations that the caller may call, those that fit best first.
 *
 * @throws CrankError `malformed-request`, `unauthenticated`, `rate-limited`
 */
export const search = async (
  platform: Platform,
  authorization: string | undefined,
  query: SearchQuery & { limit?: number | undefined; services?: readonly string[] | undefined },
): Promise<Found[]> => {
  const principal = await identify(platform, authorization);
  const { limit = DEFAULT, services } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new CrankError('malformed-request', `"limit" must be a whole number from 1 to ${MOST}.`);
  if ([query.text, query.takes, query.gives].some((text) => (text?.length ?? 0) > TEXT))
    throw new CrankError('malformed-request', `What is searched for has more than ${TEXT} characters: say it shorter.`);
  if (!query.text?.trim() && !query.takes?.trim() && !query.gives?.trim())
    throw new CrankError('malformed-request', 'Say what to search for: `q`, `takes` or `gives`.');
  const all = await platform.directory.of(principal.account);
  const chosen = services === undefined ? all : all.filter(({ service }) => services.includes(service));
  const ranked = rank(chosen, query).map(({ one, score }) => ({ ...one, document: one.document, score }));
  const found = await permitted(platform, principal, ranked, limit);
  const figures = await measure(platform, principal.account, found);
  return found.map(({ service, operation, version, manifest, score }) => ({
    service,
    operation,
    version,
    description: manifest.description,
    score: Math.round(score * 1000) / 1000,
    isolation: platform.sandbox.level(manifest.isolation),
    network: manifest.network ?? [],
    measured: figures.get(`${service}.${operation.name}`) ?? null,
  }));
};

/** What the newest calls of some operations took, by `service.operation`. */
const measure = async (
  { store: { db } }: Platform,
  account: string,
  found: readonly Listed[],
): Promise<Map<string, NonNullable<Found['measured']>>> => {
  if (found.length === 0) return new Map();
  const newest = db.selectFrom('calls').selectAll().where('account', '=', account).orderBy('id', 'desc').limit(CALLS);
  const rows = await db
    .selectFrom(newest.as('newest'))
    .innerJoin('usage', 'usage.call', 'newest.id')
    .innerJoin('charges', 'charges.call', 'newest.id')
    .select(({ fn }) => [
      'newest.service',
      'newest.operation',
      fn.count<number>('newest.id').distinct().as('calls'),
      fn.avg<number>('usage.wall_ns').as('wall'),
      fn.sum<number>('charges.pico_usd').as('pico'),
      fn.avg<number>('usage.grams').as('grams'),
    ])
    .where('newest.outcome', '=', 'ok')
    .where('newest.service', 'in', [...new Set(found.map(({ service }) => service))])
    .groupBy(['newest.service', 'newest.operation'])
    .execute();
  return new Map(
    rows.map(({ service, operation, calls, wall, pico, grams }) => [
      `${service}.${operation}`,
      {
        calls: Number(calls),
        latencyMs: Math.round(Number(wall) / 1e4) / 100,
        price: { currency: 'USD', amount: formatUsd(Math.round(Number(pico) / Number(calls))) },
        grams: Number(grams),
      },
    ]),
  );
};
