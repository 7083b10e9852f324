import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSession } from '../session/session.tsx';

/** What somebody should look at: where nothing is, there is nothing to see. */
export const Attention = () => {
  const { client, may, trust } = useSession();
  const waiting = useQuery({
    queryKey: ['jobs', 'waiting'],
    queryFn: () => client.jobs.list({ state: 'waiting' }),
    enabled: may('call.approve'),
  });
  const budgets = useQuery({
    queryKey: ['budgets'],
    queryFn: () => client.budgets.list(),
    enabled: may('budget.read'),
  });
  const said: ReactNode[] = [];
  const count = waiting.data?.jobs.length ?? 0;
  if (count > 0)
    said.push(
      <Link href="/calls/jobs?state=waiting">
        {count === 1 ? 'A call waits' : `${count} calls wait`} for approval by a second person
      </Link>,
    );
  for (const { id, scope, of, usd, calls, spent, period } of budgets.data ?? []) {
    const share = Math.max(
      usd === null || Number(usd) === 0 ? 0 : Number(spent.usd) / Number(usd),
      calls ? spent.calls / calls : 0,
    );
    if (share >= 0.8)
      said.push(
        <Link key={id} href="/settings/budgets">
          The budget of {scope === 'account' ? 'the account' : `${scope} ${of}`} is {Math.floor(share * 100)}% spent (
          {period})
        </Link>,
      );
  }
  if (trust.changed !== undefined)
    said.push(<Link href="/receipts">This node’s log shows another key than this browser has kept</Link>);
  if (said.length === 0) return null;
  return (
    <section className="note warn" aria-label="What needs attention">
      <h2>Needs attention</h2>
      <ul>
        {said.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: made anew each time
          <li key={index}>{one}</li>
        ))}
      </ul>
    </section>
  );
};
