import type { Metrics } from '#src/platform/metrics.ts';
import type { AnswerCounts } from './answer-counts.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** Prometheus' text format, version 0.0.4. */
export const formatMetrics = (metrics: Metrics, answers: AnswerCounts): string => {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const text = [
    family('crank_http_answers_total', 'counter', 'HTTP answers by class of status.', [
      ...[1, 2, 3, 4, 5].map((status): Sample => [{ status: `${status}xx` }, answers[status]!]),
    ]),
    family('crank_calls_in_flight', 'gauge', 'Calls that run now.', [[{}, metrics.inFlight]]),
    family('crank_calls_in_flight_limit', 'gauge', 'Calls that may run at a time.', [[{}, metrics.limit]]),
    family('crank_jobs', 'gauge', 'Jobs of this node that have not ended.', [
      [{ state: 'queued' }, metrics.jobs.waiting],
      [{ state: 'running' }, metrics.jobs.running],
    ]),
    family('crank_log_entries', 'gauge', 'Entries in the transparency log.', [[{}, metrics.logSize]]),
    family('crank_log_cosigned_entries', 'gauge', 'Entries under the newest head that witnesses cosigned.', [
      [{}, metrics.cosigned],
    ]),
    family('crank_log_alarms', 'gauge', 'Times that a log was seen with two histories: more than 0 wants a person.', [
      [{}, metrics.alarms],
    ]),
    ...energyFamilies(metrics.energy),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory of the gateway.', [[{}, rss]]),
    family('nodejs_heap_size_used_bytes', 'gauge', 'JavaScript heap in use.', [[{}, heapUsed]]),
    family('process_cpu_seconds_total', 'counter', 'CPU time of the gateway.', [[{}, (user + system) / 1e6]]),
    family('process_uptime_seconds', 'gauge', 'Time since the start.', [[{}, process.uptime()]]),
  ];
  if (metrics.calls !== undefined) {
    const { account, counts } = metrics.calls;
    text.push(
      family(
        'crank_calls_total',
        'counter',
        'Calls of the account that ended on this node since its start.',
        counts.map(({ service, outcome, calls }): Sample => [{ account, service, outcome }, calls]),
      ),
    );
  }
  return text.join('');
};

/** Gauges, for what is due may go down when calls get it. */
const energyFamilies = ({ origin, totals }: Metrics['energy']): string[] => {
  const { grade, source, uncertainty } = origin;
  return [
    family('crank_energy_joules', 'gauge', 'What the machine drew since the start, by what it was for.', [
      ...(['calls', 'idle', 'others', 'due'] as const).map((part): Sample => [{ part }, totals[part]]),
    ]),
    family(
      'crank_energy_source_info',
      'gauge',
      'How the energy is found: A and B are counters, C a battery, D a table.',
      [[{ grade, source, uncertainty }, 1]],
    ),
  ];
};

const family = (name: string, type: string, help: string, samples: readonly Sample[]): string =>
  [
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`,
    ...samples.map(([labels, value]) => `${name}${label(labels)} ${value}\n`),
  ].join('');

const label = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const escapeLabel = (text: string): string => text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
