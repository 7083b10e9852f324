import { useQuery } from '@tanstack/react-query';
import type { CrankClient, UsageReport } from 'crank-sdk';
import { Link } from 'wouter';
import { change, count, dollars, duration, grams, joules } from '../format/numbers.ts';
import { Time } from '../format/time.tsx';
import { Columns } from '../parts/columns.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Outcome } from '../parts/outcome.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { useSession } from '../session/session.tsx';
import { Attention } from './attention.tsx';
import { HourBars } from './hour-bars.tsx';

const DAY = 86_400_000;

/** What happened today, beside yesterday. */
export const Home = () => {
  const { client, me } = useSession();
  const days = useQuery({ queryKey: ['home'], queryFn: () => twoDays(client), refetchInterval: 10_000 });
  const newest = useQuery({
    queryKey: ['calls', 'newest'],
    queryFn: () => client.calls.list(),
    refetchInterval: 10_000,
  });
  return (
    <>
      <Head title="Today" about={`The account ${me.account} on ${me.node}, against yesterday up to this time.`} />
      <Attention />
      <Loaded query={days} what="Adding up today …">
        {({ today, yesterday, hours }) => {
          const took = (newest.data?.calls ?? [])
            .map(({ received, finished }) => Date.parse(finished) - Date.parse(received))
            .sort((a, b) => a - b);
          return (
            <>
              <dl className="card flush figures">
                <Figure name="Calls" value={count(today.calls)} about={change(today.calls, yesterday.calls)} />
                <Figure
                  name="Not ok"
                  value={count(today.failed)}
                  about={
                    today.calls === 0
                      ? change(today.failed, yesterday.failed)
                      : `${((today.failed / today.calls) * 100).toFixed(1)}% of calls`
                  }
                />
                <Figure
                  name="Time, p50"
                  value={took.length === 0 ? '–' : duration(at(took, 0.5))}
                  about={`of the newest ${count(took.length)} calls`}
                />
                <Figure
                  name="Time, p99"
                  value={took.length === 0 ? '–' : duration(at(took, 0.99))}
                  about={`of the newest ${count(took.length)} calls`}
                />
                <Figure name="Spent" value={dollars(today.usd.toFixed(6))} about={change(today.usd, yesterday.usd)} />
                <Figure name="Energy" value={joules(today.joules)} about={change(today.joules, yesterday.joules)} />
                <Figure name="CO₂e" value={grams(today.grams)} about={change(today.grams, yesterday.grams)} />
              </dl>
              <section className="card stack">
                <h2>Calls by the hour</h2>
                <HourBars hours={hours} />
              </section>
            </>
          );
        }}
      </Loaded>
      <section className="stack tight">
        <div className="row spread">
          <h2>Newest calls</h2>
          <Link href="/calls">All calls</Link>
        </div>
        <div className="card flush scroll">
          <Loaded query={newest} what="Loading calls …">
            {({ calls }) =>
              calls.length === 0 ? (
                <Empty title="Nothing was called yet">
                  <p>
                    <Link href="/deploy">Deploy a script</Link>, or <Link href="/services">call a service</Link> that is
                    there.
                  </p>
                </Empty>
              ) : (
                <table className="table">
                  <Columns of={[['Operation'], ['Outcome'], ['Took', 'right wide'], ['Time', 'right']]} />
                  <tbody>
                    {calls.slice(0, 8).map(({ id, service, operation, outcome, received, finished }) => (
                      <tr key={id}>
                        <td>
                          <Link href={`/calls/${id}`}>
                            {service}.{operation}
                          </Link>
                        </td>
                        <td>
                          <Outcome of={outcome} />
                        </td>
                        <td className="right num wide">{duration(Date.parse(finished) - Date.parse(received))}</td>
                        <td className="right soft">
                          <Time at={received} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )
            }
          </Loaded>
        </div>
      </section>
    </>
  );
};

const Figure = ({ name, value, about }: { name: string; value: string; about: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>
      {value}
      <p>{about}</p>
    </dd>
  </div>
);

/** @param sorted the smallest first */
const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

interface Sum {
  calls: number;
  failed: number;
  usd: number;
  joules: number;
  grams: number;
}

const sumOf = (usage: UsageReport['usage']): Sum => {
  const sum: Sum = { calls: 0, failed: 0, usd: 0, joules: 0, grams: 0 };
  for (const one of usage) {
    sum.calls += one.calls;
    if (one.key['outcome'] !== 'ok') sum.failed += one.calls;
    sum.usd += Number(one.usd);
    sum.joules += Number(one.joules);
    sum.grams += Number(one.gramsCo2e);
  }
  return sum;
};

const twoDays = async (client: CrankClient) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const now = Date.now();
  const midnight = new Date(new Date().setHours(0, 0, 0, 0));
  const before = new Date(midnight.getTime() - DAY);
  const { usage } = await client.usage.report({ by: 'outcome', grain: 'hour', from: before.toISOString(), zone });
  const today = usage.filter(({ start }) => Date.parse(start) >= midnight.getTime());
  const yesterday = usage.filter(({ start }) => Date.parse(start) < Math.min(midnight.getTime(), now - DAY));
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const inHour = (list: typeof usage): Sum => sumOf(list.filter(({ start }) => new Date(start).getHours() === hour));
    return { hour, today: inHour(today), yesterday: inHour(usage.filter((one) => !today.includes(one))).calls };
  });
  return { today: sumOf(today), yesterday: sumOf(yesterday), hours };
};
