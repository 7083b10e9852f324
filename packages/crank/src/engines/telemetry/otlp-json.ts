import type { Attributes, Span } from './span.ts';

/** opentelemetry.proto.trace.v1.Span.SpanKind */
const kinds: Readonly<Record<Span['kind'], number>> = { internal: 1, server: 2, consumer: 5 };
const STATUS_ERROR = 2;

/** What spans come from: the process (resource) and the code in it (scope). */
export interface Origin {
  resource: Attributes;
  scope: { name: string; version: string };
}

/** An ExportTraceServiceRequest in OTLP's JSON encoding: ids in hexadecimal, 64-bit integers as strings (OTLP specification, "JSON Protobuf Encoding"). */
export const encodeSpans = ({ resource, scope }: Origin, spans: readonly Span[]): string =>
  `{"resourceSpans":[{"resource":{"attributes":${attributesText(resource)}},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[${spans.map(spanText).join(',')}]}]}]}`;

const spanText = (span: Span): string => {
  const { traceId, spanId, parentSpanId, state, name, kind, start, end, attributes, error, links } = span;
  let text = `{"traceId":"${traceId}","spanId":"${spanId}"`;
  if (parentSpanId !== undefined) text += `,"parentSpanId":"${parentSpanId}"`;
  if (state !== undefined) text += `,"traceState":${JSON.stringify(state)}`;
  text += `,"name":${JSON.stringify(name)},"kind":${kinds[kind]}`;
  text += `,"startTimeUnixNano":"${nanoseconds(start)}","endTimeUnixNano":"${nanoseconds(end)}"`;
  text += `,"attributes":${attributesText(attributes)}`;
  if (links !== undefined) text += `,"links":${JSON.stringify(links)}`;
  return `${text},"status":${error === undefined ? '{}' : `{"code":${STATUS_ERROR},"message":${JSON.stringify(error)}}`}}`;
};

/** A double has no room for nanoseconds since 1970: whole milliseconds and the rest are written one behind the other. */
const nanoseconds = (ms: number): string => {
  const whole = Math.floor(ms);
  return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(6, '0')}`;
};

const attributesText = (attributes: Attributes): string => {
  let text = '';
  for (const [key, value] of Object.entries(attributes))
    text += `${text === '' ? '' : ','}{"key":"${key}","value":${valueText(value)}}`;
  return `[${text}]`;
};

const valueText = (value: string | number | boolean): string => {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`;
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  return Number.isSafeInteger(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${value}}`;
};
