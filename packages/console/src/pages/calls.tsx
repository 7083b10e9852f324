import { useInfiniteQuery } from '@tanstack/react-query';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import type { Call, CrankClient } from 'crank-sdk';
import { useEffect, useRef } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { count, duration } from '../format/numbers.ts';
import { Time } from '../format/time.tsx';
import { Waiting } from '../parts/loaded.tsx';
import { Outcome } from '../parts/outcome.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { Problem } from '../parts/problem.tsx';
import { ServicePick } from '../parts/service-pick.tsx';
import { useSession } from '../session/session.tsx';

const ROW = 45;

const SINCE = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 } as const;

const isSince = (text: string | null): text is keyof typeof SINCE => text !== null && Object.hasOwn(SINCE, text);

/** Calls of the account, the newest first. Filters are in the address, pages are fetched as one scrolls. */
export const Calls = () => {
  const { client } = useSession();
  const [params, setParams] = useSearchParams();
  const service = params.get('service') ?? '';
  const outcome = params.get('outcome') ?? '';
  const given = params.get('since');
  const since = isSince(given) ? given : '';
  const calls = useCalls(client, service, since);
  const set = (name: string, value: string): void =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      if (value === '') next.delete(name);
      else next.set(name, value);
      return next;
    });
  const all = calls.data?.pages.flatMap((page) => page.calls) ?? [];
  const shown =
    outcome === '' ? all : all.filter((one) => (outcome === 'failed' ? one.outcome !== 'ok' : one.outcome === outcome));
  return (
    <>
      <Head title="Calls" about="Each with its receipt, however it ended.">
        <button type="button" className="button" onClick={() => calls.refetch()} disabled={calls.isFetching}>
          {calls.isFetching ? 'Loading …' : 'Refresh'}
        </button>
      </Head>
      <div className="row filters">
        <ServicePick value={service} onChange={(value) => set('service', value)} />
        <label>
          <span className="soft small">Outcome</span>
          <select className="input" value={outcome} onChange={({ target }) => set('outcome', target.value)}>
            <option value="">all</option>
            <option value="ok">ok</option>
            <option value="failed">not ok</option>
            {['script-error', 'invalid-input', 'policy-denied', 'budget-exhausted', 'timeout', 'cancelled'].map(
              (one) => (
                <option key={one}>{one}</option>
              ),
            )}
          </select>
        </label>
        <label>
          <span className="soft small">Since</span>
          <select className="input" value={since} onChange={({ target }) => set('since', target.value)}>
            <option value="">ever</option>
            <option value="hour">an hour ago</option>
            <option value="day">a day ago</option>
            <option value="week">a week ago</option>
          </select>
        </label>
      </div>
      {calls.error !== null && <Problem error={calls.error} />}
      {calls.data === undefined && calls.error === null && <Waiting what="Loading calls …" />}
      {calls.data !== undefined && shown.length === 0 && !calls.hasNextPage && (
        <div className="card">
          <Empty title={all.length === 0 ? 'No calls here' : 'No call ended so'}>
            <p>
              {service === '' && outcome === '' && since === '' ? (
                <>
                  Calls by anybody of the account show up here. <Link href="/services">Make the first one</Link>.
                </>
              ) : (
                <>
                  Take a filter away, or{' '}
                  <button type="button" className="button small" onClick={() => setParams({})}>
                    show all
                  </button>
                </>
              )}
            </p>
          </Empty>
        </div>
      )}
      {calls.data !== undefined && (shown.length > 0 || calls.hasNextPage) && (
        <Rows
          calls={shown}
          more={calls.hasNextPage && !calls.isFetchingNextPage ? () => void calls.fetchNextPage() : undefined}
          ended={!calls.hasNextPage}
        />
      )}
    </>
  );
};

const useCalls = (client: CrankClient, service: string, since: keyof typeof SINCE | '') =>
  useInfiniteQuery({
    queryKey: ['calls', service, since],
    queryFn: ({ pageParam }) =>
      client.calls.list({
        cursor: pageParam,
        ...(service !== '' && { service }),
        ...(since !== '' && { since: new Date(Date.now() - SINCE[since]).toISOString() }),
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor ?? undefined,
  });

/** Only rows that are seen are in the page, however many there are. */
const Rows = ({ calls, more, ended }: { calls: readonly Call[]; more: (() => void) | undefined; ended: boolean }) => {
  const [, go] = useLocation();
  const list = useRef<HTMLDivElement>(null);
  const rows = useWindowVirtualizer({
    count: calls.length,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more !== undefined && last >= calls.length - 30) more();
  }, [more, last, calls.length]);
  return (
    <>
      <div className="card flush" role="table" aria-label="Calls" aria-rowcount={ended ? calls.length : -1}>
        <div className="call-row head" role="row">
          {['Operation', 'Outcome', 'Took', 'By', 'Time'].map((name) => (
            <span key={name} role="columnheader">
              {name}
            </span>
          ))}
        </div>
        <div ref={list} role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {items.map(({ index, start }) => {
            const call = calls[index]!;
            return (
              <div
                key={call.id}
                className="call-row"
                role="row"
                aria-rowindex={index + 1}
                style={{ transform: `translateY(${start - rows.options.scrollMargin}px)` }}
                onClick={() => go(`/calls/${call.id}`)}
              >
                <span role="cell">
                  <Link href={`/calls/${call.id}`}>
                    {call.service}.{call.operation}
                  </Link>
                </span>
                <span role="cell">
                  <Outcome of={call.outcome} />
                </span>
                <span role="cell" className="num">
                  {duration(Date.parse(call.finished) - Date.parse(call.received))}
                </span>
                <span role="cell" className="soft small">
                  {call.principal}
                </span>
                <span role="cell" className="soft">
                  <Time at={call.received} />
                </span>
              </div>
            );
          })}
        </div>
      </div>
      <p className="soft small" role="status">
        {count(calls.length)}{' '}
        {ended ? 'calls, the first of all at the end' : 'calls so far; older ones come as you scroll'}
      </p>
    </>
  );
};
