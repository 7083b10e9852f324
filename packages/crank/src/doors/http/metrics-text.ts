import type { Exemplar, Histogram } from '#src/core/histogram.ts';

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** A family of metrics. The name of a counter ends in `_total`. */
export type Family =
  | { name: string; type: 'counter' | 'gauge'; help: string; samples: readonly Sample[] }
  | { name: string; type: 'histogram'; help: string; histograms: readonly (readonly [labels: Labels, Histogram])[] };

/** `prometheus`: its text format 0.0.4. `openmetrics`: OpenMetrics 1.0, which has exemplars. */
export type MetricsFormat = 'prometheus' | 'openmetrics';

export const metricsTypes: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What a scraper that sends this `Accept` understands. */
export const metricsFormatFor = (accept: string | undefined): MetricsFormat =>
  accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';

export const formatMetrics = (families: readonly Family[], format: MetricsFormat): string => {
  const text = families.map((family) => familyText(family, format)).join('');
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
};

const familyText = (family: Family, format: MetricsFormat): string => {
  const { name, type, help } = family;
  const shown = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  const lines = family.type === 'histogram' ? histogramLines(family, format) : sampleLines(family);
  if (lines === '') return '';
  return `# HELP ${shown} ${escapeHelp(help, format)}\n# TYPE ${shown} ${type}\n${lines}`;
};

const sampleLines = ({ name, samples }: { name: string; samples: readonly Sample[] }): string =>
  samples.map(([labels, value]) => `${name}${label(labels)} ${value}\n`).join('');

const histogramLines = (
  { name, histograms }: Extract<Family, { type: 'histogram' }>,
  format: MetricsFormat,
): string => {
  let text = '';
  for (const [labels, { bounds, counts, exemplars, sum }] of histograms) {
    let below = 0;
    for (const [i, count] of counts.entries()) {
      below += count;
      const le = bounds[i] === undefined ? '+Inf' : boundText(bounds[i]);
      const shown = format === 'openmetrics' ? exemplarText(exemplars[i]) : '';
      text += `${name}_bucket${label({ ...labels, le })} ${below}${shown}\n`;
    }
    text += `${name}_sum${label(labels)} ${sum}\n${name}_count${label(labels)} ${below}\n`;
  }
  return text;
};

/** OpenMetrics wants floating-point numbers to look like some. */
const boundText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));

const exemplarText = (exemplar: Exemplar | undefined): string =>
  exemplar === undefined ? '' : ` # {trace_id="${exemplar.trace}"} ${exemplar.value} ${exemplar.at.toFixed(3)}`;

const label = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const escapeLabel = (text: string): string => text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));

const escapeHelp = (text: string, format: MetricsFormat): string =>
  text.replace(format === 'openmetrics' ? /[\\"\n]/g : /[\\\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
