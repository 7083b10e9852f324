import { useQuery } from '@tanstack/react-query';
import type { UsageReport } from 'crank-sdk';
import { useSearchParams } from 'wouter';
import { count, dollars, duration, grams, joules } from '../format/numbers.ts';
import { Columns } from '../parts/columns.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Empty, Head } from '../parts/page.tsx';
import { useSession } from '../session/session.tsx';

const BY = ['service', 'operation', 'principal', 'outcome', 'tag', 'cost-centre', 'version'] as const;
const DAYS = { '1': 'today', '7': '7 days', '30': '30 days' } as const;

/** What was used and what it cost, told apart by what one chooses. */
export const Usage = () => {
  const { client } = useSession();
  const [params, setParams] = useSearchParams();
  const by = BY.find((one) => one === params.get('by')) ?? 'service';
  const days = Object.keys(DAYS).find((one) => one === params.get('days')) ?? '7';
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const from = new Date(new Date().setHours(0, 0, 0, 0) - (Number(days) - 1) * 86_400_000).toISOString();
  const usage = useQuery({
    queryKey: ['usage', by, days],
    queryFn: () => client.usage.report({ by, from, zone }),
  });
  const set = (name: string, value: string): void =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      next.set(name, value);
      return next;
    });
  return (
    <>
      <Head title="Usage" about="Exact to the last digit of what the receipts say: no crash loses or repeats a call.">
        {usage.data !== undefined && (
          <button type="button" className="button" onClick={() => saveCsv(usage.data, by)}>
            Save as CSV
          </button>
        )}
      </Head>
      <div className="row filters">
        <label>
          <span className="soft small">By</span>
          <select className="input" value={by} onChange={({ target }) => set('by', target.value)}>
            {BY.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          <span className="soft small">Time</span>
          <select className="input" value={days} onChange={({ target }) => set('days', target.value)}>
            {Object.entries(DAYS).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Loaded query={usage} what="Adding up …">
        {(report) => <Report report={report} by={by} />}
      </Loaded>
    </>
  );
};

const Report = ({ report, by }: { report: UsageReport; by: string }) => {
  const rows = report.usage.toSorted((a, b) => Number(b.usd) - Number(a.usd) || b.calls - a.calls);
  const most = Math.max(...rows.map(({ usd }) => Number(usd)), Number.MIN_VALUE);
  const { total } = report;
  if (rows.length === 0)
    return (
      <div className="card">
        <Empty title="Nothing was used in this time">
          <p>Every call is counted here a moment after it ended, with its energy and carbon.</p>
        </Empty>
      </div>
    );
  return (
    <div className="card flush scroll">
      <table className="table">
        <Columns
          of={[
            [by],
            ['Calls', 'right'],
            ['CPU', 'right wide'],
            ['Energy', 'right wide'],
            ['CO₂e', 'right wide'],
            ['Cost', 'right'],
          ]}
        />
        <tbody>
          {rows.map((row) => {
            const name = row.key[by] || 'none';
            return (
              <tr key={name}>
                <td>
                  {name}
                  <svg className="share" height="4" aria-hidden="true">
                    <rect width={`${(Number(row.usd) / most) * 100}%`} height="4" rx="2" />
                  </svg>
                </td>
                <td className="right num">{count(row.calls)}</td>
                <td className="right num wide">{duration(Number(row.cpuSeconds) * 1000)}</td>
                <td className="right num wide">{joules(Number(row.joules))}</td>
                <td className="right num wide">{grams(Number(row.gramsCo2e))}</td>
                <td className="right num">{dollars(row.usd)}</td>
              </tr>
            );
          })}
        </tbody>
        {total !== null && (
          <tfoot>
            <tr>
              <th scope="row">All</th>
              <td className="right num">{count(total.calls)}</td>
              <td className="right num wide">{duration(Number(total.cpuSeconds) * 1000)}</td>
              <td className="right num wide">{joules(Number(total.joules))}</td>
              <td className="right num wide">{grams(Number(total.gramsCo2e))}</td>
              <td className="right num">{dollars(total.usd)}</td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
};

/** RFC 4180; what a spreadsheet would take for a formula is text. */
const saveCsv = (report: UsageReport, by: string): void => {
  const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const head = [by, 'calls', 'cpuSeconds', 'joules', 'gramsCo2e', 'usd'];
  const lines = report.usage.map((row) =>
    [row.key[by] ?? '', String(row.calls), row.cpuSeconds, row.joules, row.gramsCo2e, row.usd].map(cell).join(','),
  );
  const url = URL.createObjectURL(new Blob([[head.join(','), ...lines, ''].join('\r\n')], { type: 'text/csv' }));
  Object.assign(document.createElement('a'), { href: url, download: `usage-by-${by}.csv` }).click();
  URL.revokeObjectURL(url);
};
