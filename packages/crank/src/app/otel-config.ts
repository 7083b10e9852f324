import { CrankError } from '#src/core/error.ts';
import { type SamplerName, samplers } from '#src/engines/telemetry/sampler.ts';

/** What OpenTelemetry's own environment variables say (its specification, "Environment Variables"). */
export interface OtelConfig {
  /** Where spans go, the whole address. */
  url: string;
  headers: Readonly<Record<string, string>>;
  gzip: boolean;
  timeoutMs: number;
  sampler: SamplerName;
  ratio: number;
  queue: number;
  batch: number;
  delayMs: number;
  serviceName: string | undefined;
  /** OTEL_RESOURCE_ATTRIBUTES */
  attributes: Readonly<Record<string, string>>;
}

/** The variables that are understood: all else of OpenTelemetry's has no meaning here. */
export type OtelName =
  | `OTEL_EXPORTER_OTLP_${'' | 'TRACES_'}${'ENDPOINT' | 'HEADERS' | 'TIMEOUT' | 'COMPRESSION' | 'PROTOCOL'}`
  | `OTEL_BSP_${'SCHEDULE_DELAY' | 'MAX_QUEUE_SIZE' | 'MAX_EXPORT_BATCH_SIZE'}`
  | 'OTEL_TRACES_SAMPLER'
  | 'OTEL_TRACES_SAMPLER_ARG'
  | 'OTEL_TRACES_EXPORTER'
  | 'OTEL_SDK_DISABLED'
  | 'OTEL_SERVICE_NAME'
  | 'OTEL_RESOURCE_ATTRIBUTES';

const wrong = (name: OtelName, text: string, what: string): CrankError =>
  new CrankError('invalid-input', `${name} is "${text}": ${what}.`);

/** `key=value,key=value` with percent-encoded values, as W3C Baggage has it. */
const pairsOf = (name: OtelName, text: string): Record<string, string> => {
  const pairs: Record<string, string> = {};
  for (const pair of text.split(',').filter((one) => one.trim() !== '')) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at).trim();
    if (at < 1 || !/^[\x21-\x7e]+$/.test(key) || /["\\]/.test(key))
      throw wrong(name, text, 'write key=value, separated by commas');
    try {
      pairs[key] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      throw wrong(name, text, `the value of ${key} is not percent-encoded text`);
    }
  }
  return pairs;
};

const addressOf = (text: string): URL | undefined => {
  const url = URL.parse(text);
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
};

/**
 * @param get a setting's value, or the text given where it is unset
 * @returns undefined where no traces are wanted: nothing of it is loaded then
 * @throws CrankError `invalid-input` for a value that makes no sense, and for a protocol that is not spoken
 */
export const otelConfig = (get: (name: OtelName, fallback: string) => string): OtelConfig | undefined => {
  const whole = get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '');
  const base = get('OTEL_EXPORTER_OTLP_ENDPOINT', '');
  const exporter = get('OTEL_TRACES_EXPORTER', 'otlp');
  if (exporter !== 'otlp' && exporter !== 'none') throw wrong('OTEL_TRACES_EXPORTER', exporter, 'write otlp or none');
  if ((!whole && !base) || exporter === 'none' || get('OTEL_SDK_DISABLED', '').toLowerCase() === 'true')
    return undefined;
  const either = (name: 'HEADERS' | 'TIMEOUT' | 'COMPRESSION' | 'PROTOCOL', fallback: string): string =>
    get(`OTEL_EXPORTER_OTLP_TRACES_${name}`, '') || get(`OTEL_EXPORTER_OTLP_${name}`, fallback);
  const count = (name: OtelName, text: string, most: number): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw wrong(name, text, `give a whole number from 1 to ${most}`);
  };
  const protocol = either('PROTOCOL', 'http/json');
  // What is not spoken is said at once: traces that never arrive are looked for in all the wrong places.
  if (protocol !== 'http/json')
    throw wrong(
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      protocol,
      'only http/json is spoken, which collectors take on port 4318',
    );
  const compression = either('COMPRESSION', 'none');
  if (compression !== 'none' && compression !== 'gzip')
    throw wrong('OTEL_EXPORTER_OTLP_COMPRESSION', compression, 'write gzip or none');
  const url = addressOf(whole || base);
  if (url === undefined)
    throw wrong(
      whole ? 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' : 'OTEL_EXPORTER_OTLP_ENDPOINT',
      whole || base,
      'give an address such as http://127.0.0.1:4318',
    );
  if (!whole) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  const sampler = get('OTEL_TRACES_SAMPLER', 'parentbased_always_on');
  if (!(samplers as readonly string[]).includes(sampler))
    throw wrong('OTEL_TRACES_SAMPLER', sampler, `write one of ${samplers.join(', ')}`);
  const argument = get('OTEL_TRACES_SAMPLER_ARG', '1');
  const ratio = Number(argument);
  if (sampler.endsWith('ratio') && !(ratio >= 0 && ratio <= 1))
    throw wrong('OTEL_TRACES_SAMPLER_ARG', argument, 'give a number from 0 to 1');
  const queue = count('OTEL_BSP_MAX_QUEUE_SIZE', get('OTEL_BSP_MAX_QUEUE_SIZE', '2048'), 1e6);
  const batch = count('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', get('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '512'), 1e5);
  const headers = pairsOf('OTEL_EXPORTER_OTLP_HEADERS', either('HEADERS', ''));
  try {
    new Headers(headers);
  } catch {
    throw wrong('OTEL_EXPORTER_OTLP_HEADERS', '...', 'not all of it can be sent as headers');
  }
  return {
    url: url.href,
    headers,
    gzip: compression === 'gzip',
    timeoutMs: count('OTEL_EXPORTER_OTLP_TIMEOUT', either('TIMEOUT', '10000'), 600_000),
    sampler: sampler as SamplerName,
    ratio: sampler.endsWith('ratio') ? ratio : 1,
    queue,
    batch: Math.min(batch, queue),
    delayMs: count('OTEL_BSP_SCHEDULE_DELAY', get('OTEL_BSP_SCHEDULE_DELAY', '5000'), 600_000),
    serviceName: get('OTEL_SERVICE_NAME', '') || undefined,
    attributes: pairsOf('OTEL_RESOURCE_ATTRIBUTES', get('OTEL_RESOURCE_ATTRIBUTES', '')),
  };
};
