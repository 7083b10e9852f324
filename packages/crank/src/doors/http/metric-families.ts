import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { PICO_PER_USD } from '#src/core/money.ts';
import { type Impairment, impairments } from '#src/platform/health.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import type { AnswerCounts } from './answer-counts.ts';
import type { Family, Labels, Sample } from './metrics-text.ts';

const gauge = (name: string, help: string, samples: readonly Sample[] | number): Family => ({
  ...{ name, help, type: 'gauge' },
  samples: typeof samples === 'number' ? [[{}, samples]] : samples,
});
const counter = (name: string, help: string, samples: readonly Sample[] | number): Family => ({
  ...{ name, help, type: 'counter' },
  samples: typeof samples === 'number' ? [[{}, samples]] : samples,
});

/** All that `/metrics` shows. Units are base units, named at the end (Prometheus, "Metric and label naming"). */
export const metricFamilies = (metrics: Metrics, answers: AnswerCounts): Family[] => [
  ...nodeFamilies(metrics, answers),
  ...callFamilies(metrics),
  ...energyFamilies(metrics.energy),
  ...processFamilies(),
  ...ownFamilies(metrics.own),
];

const nodeFamilies = (metrics: Metrics, answers: AnswerCounts): Family[] => [
  gauge('crank_build_info', 'The version of Crank that serves.', [[{ version: metrics.version }, 1]]),
  gauge('crank_ready', 'Whether the node takes calls.', metrics.health.status === 'unready' ? 0 : 1),
  gauge(
    'crank_impaired',
    'What is wrong with the node: 1 where it is. docs/observability.md tells of each.',
    (Object.keys(impairments) as Impairment[]).map(
      (reason): Sample => [{ reason }, metrics.health.reasons.includes(reason) ? 1 : 0],
    ),
  ),
  counter(
    'crank_http_answers_total',
    'HTTP answers by class of status.',
    [1, 2, 3, 4, 5].map((status): Sample => [{ status: `${status}xx` }, answers[status]!]),
  ),
  gauge('crank_calls_in_flight', 'Calls that run now.', metrics.inFlight),
  gauge('crank_calls_in_flight_limit', 'Calls that may run at a time.', metrics.limit),
  gauge('crank_jobs', 'Jobs of this node that have not ended.', [
    [{ state: 'queued' }, metrics.jobs.waiting],
    [{ state: 'running' }, metrics.jobs.running],
  ]),
  gauge(
    'crank_sandboxes',
    'Sandboxes that stand, one for each version and caller account.',
    metrics.sandboxes.standing,
  ),
  gauge('crank_sandbox_calls', 'Calls that run in sandboxes or wait for one.', metrics.sandboxes.calls),
  gauge('crank_recorder_waiting_entries', 'Entries on their way into the log.', metrics.recording),
  gauge('crank_log_entries', 'Entries in the transparency log.', metrics.logSize),
  gauge('crank_log_cosigned_entries', 'Entries under the newest head that witnesses cosigned.', metrics.cosigned),
  gauge(
    'crank_log_alarms',
    'Times that a log was seen with two histories: more than 0 wants a person.',
    metrics.alarms,
  ),
  ...(metrics.spans === undefined
    ? []
    : [
        counter('crank_trace_spans_total', 'Spans that the collector has, and that were lost.', [
          [{ state: 'exported' }, metrics.spans.exported],
          [{ state: 'dropped' }, metrics.spans.dropped],
        ]),
        gauge('crank_trace_spans_queued', 'Spans that wait to be sent.', metrics.spans.queued),
      ]),
];

const callFamilies = ({ seconds, steps }: Metrics): Family[] => [
  {
    name: 'crank_call_duration_seconds',
    type: 'histogram',
    help: 'From the coming of a call to its answer, of all calls that somebody waited for.',
    histograms: [[{}, seconds]],
  },
  {
    name: 'crank_call_step_duration_seconds',
    type: 'histogram',
    help: 'What a step took, of all calls.',
    histograms: [...steps].map(([step, histogram]) => [{ step }, histogram] as const),
  },
];

/** Gauges, for what is due may go down when calls get it. */
const energyFamilies = ({ origin, totals }: Metrics['energy']): Family[] => {
  const { grade, source, uncertainty } = origin;
  return [
    gauge(
      'crank_energy_joules',
      'What the machine drew since the start, by what it was for.',
      (['calls', 'idle', 'others', 'due'] as const).map((part): Sample => [{ part }, totals[part]]),
    ),
    gauge('crank_energy_source_info', 'How the energy is found: A and B are counters, C a battery, D a table.', [
      [{ grade, source, uncertainty }, 1],
    ]),
  ];
};

const processFamilies = (): Family[] => {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { active, idle } = performance.eventLoopUtilization();
  return [
    gauge('process_resident_memory_bytes', 'Resident memory of the gateway.', rss),
    gauge('process_start_time_seconds', 'When the gateway began, seconds since 1970.', performance.timeOrigin / 1e3),
    gauge('process_uptime_seconds', 'Time since the start.', process.uptime()),
    counter('process_cpu_seconds_total', 'CPU time of the gateway.', (user + system) / 1e6),
    gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', heapUsed),
    counter('nodejs_eventloop_seconds_total', 'What the main thread did with its time.', [
      [{ state: 'active' }, active / 1e3],
      [{ state: 'idle' }, idle / 1e3],
    ]),
    gauge('crank_cpus', 'Processors that the node may use.', availableParallelism()),
  ];
};

/** What is an account's: services beyond 200 are together under `_other`, so that nobody's names fill a scraper's memory. */
const ownFamilies = (own: Metrics['own']): Family[] => {
  if (own === undefined) return [];
  const { account, services, budgets, slos } = own;
  const each = (value: (one: (typeof services)[number]) => number): Sample[] =>
    services.map((one) => [{ account, service: one.service }, value(one)]);
  const ofBudget = (value: (one: (typeof budgets)[number]) => number | undefined): Sample[] =>
    budgets.flatMap((one): Sample[] => {
      const { budget, scope, period } = one;
      const labels: Labels = { account, budget, scope, period };
      const amount = value(one);
      return amount === undefined ? [] : [[labels, amount]];
    });
  return [
    counter(
      'crank_calls_total',
      'Calls of the account that ended on this node since its start.',
      services.flatMap(({ service, outcomes }) =>
        [...outcomes].map(([outcome, calls]): Sample => [{ account, service, outcome }, calls]),
      ),
    ),
    {
      name: 'crank_service_call_duration_seconds',
      type: 'histogram',
      help: 'From the coming of a call of the service to its answer, where somebody waited for it.',
      histograms: services.map((one) => [{ account, service: one.service }, one.seconds] as const),
    },
    counter(
      'crank_service_cpu_seconds_total',
      'CPU time of its calls, as in their receipts.',
      each(({ cpuSeconds }) => cpuSeconds),
    ),
    counter(
      'crank_service_energy_joules_total',
      'Energy of its calls, as in their receipts.',
      each(({ joules }) => joules),
    ),
    counter(
      'crank_service_carbon_grams_total',
      'CO2-equivalent of its calls, as in their receipts.',
      each(({ grams }) => grams),
    ),
    gauge(
      'crank_slo_burn_rate',
      'How many times faster than allowed the error budget of an objective goes, by window.',
      slos.flatMap(({ service, objective, burn }) =>
        Object.entries(burn).map(
          ([minutes, rate]): Sample => [{ account, service, objective: objective.name, window: `${minutes}m` }, rate],
        ),
      ),
    ),
    gauge(
      'crank_slo_alert',
      'Objectives that somebody is told of now.',
      slos.flatMap(({ service, objective, severity }): Sample[] =>
        severity === undefined ? [] : [[{ account, service, objective: objective.name, severity }, 1]],
      ),
    ),
    gauge(
      'crank_budget_spent_usd',
      'Spent in the current period.',
      ofBudget(({ spentPicoUsd }) => spentPicoUsd / PICO_PER_USD),
    ),
    gauge(
      'crank_budget_limit_usd',
      'What may be spent in a period.',
      ofBudget(({ limitPicoUsd }) => limitPicoUsd && limitPicoUsd / PICO_PER_USD),
    ),
  ];
};
