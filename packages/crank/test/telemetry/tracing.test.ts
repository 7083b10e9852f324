import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { otelConfig } from '#src/app/otel-config.ts';
import { formatTraceParent, parseTraceContext } from '#src/core/trace-context.ts';
import { samplerOf } from '#src/engines/telemetry/sampler.ts';
import type { Span } from '#src/engines/telemetry/span.ts';
import { SpanExporter } from '#src/engines/telemetry/span-exporter.ts';
import { createTracer, noTracer } from '#src/engines/telemetry/tracer.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceparent', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, 1],
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-03`, 3],
    // Flags that are not known yet are not passed on (section 3.2.2.5), and later versions may say more.
    [`00-${TRACE}-${SPAN}-ff`, 3],
    [`cc-${TRACE}-${SPAN}-01-what-comes-later`, 1],
  ])('%s is read', (text, flags) => {
    expect(parseTraceContext(text)).toEqual({ traceId: TRACE, spanId: SPAN, flags });
  });

  // The cases of W3C's own test suite (trace-context/test/test.py) that are about one header.
  it.each([
    undefined,
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-extra`,
    `00-${TRACE}-${SPAN}-01.`,
    `ff-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `.0-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-0x`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    ` 00-${TRACE}-${SPAN}-01`,
  ])('%j begins a trace anew', (text) => {
    expect(parseTraceContext(text)).toBeUndefined();
  });

  it('is written as it was read, and tracestate goes on unless it is longer than what has to be', () => {
    const context = parseTraceContext(`00-${TRACE}-${SPAN}-01`, 'vendor=1,other=x')!;
    expect(context.state).toBe('vendor=1,other=x');
    expect(formatTraceParent(context)).toBe(`00-${TRACE}-${SPAN}-01`);
    expect(parseTraceContext(`00-${TRACE}-${SPAN}-01`, `a=${'x'.repeat(511)}`)).not.toHaveProperty('state');
    expect(parseTraceContext(`00-${TRACE}-${SPAN}-01`, 'a=\n1')).not.toHaveProperty('state');
  });
});

describe('sampling', () => {
  const yes = parseTraceContext(`00-${TRACE}-${SPAN}-01`);
  const no = parseTraceContext(`00-${TRACE}-${SPAN}-00`);

  it('leaves it to the caller where it is parent-based, and only there', () => {
    expect(samplerOf('parentbased_always_off', 1)(TRACE, yes)).toBe(true);
    expect(samplerOf('parentbased_always_on', 1)(TRACE, no)).toBe(false);
    expect(samplerOf('parentbased_always_on', 1)(TRACE, undefined)).toBe(true);
    expect(samplerOf('always_off', 1)(TRACE, yes)).toBe(false);
    expect(samplerOf('always_on', 1)(TRACE, no)).toBe(true);
  });

  it('takes the ratio from the random part of the id, a higher one all that a lower one takes', () => {
    const id = (digits: string): string => `ffffffffffffffffff${digits.padEnd(14, '0')}`;
    expect(samplerOf('traceidratio', 0.25)(id('bf'), undefined)).toBe(false);
    expect(samplerOf('traceidratio', 0.25)(id('c0'), undefined)).toBe(true);
    expect(samplerOf('parentbased_traceidratio', 0.5)(id('80'), undefined)).toBe(true);
    expect(samplerOf('parentbased_traceidratio', 0.5)(id('7f'), undefined)).toBe(false);
    expect(samplerOf('traceidratio', 0)(id('ffffffffffffff'), undefined)).toBe(false);
    expect(samplerOf('traceidratio', 1)(id('00'), undefined)).toBe(true);
  });
});

describe('settings of OpenTelemetry', () => {
  const read = (env: Record<string, string>) => otelConfig((name, fallback) => env[name] || fallback);
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318/prefix/' };

  it('want nothing traced unless an endpoint is named', () => {
    expect(read({})).toBeUndefined();
    expect(read({ ...base, OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined();
    expect(read({ ...base, OTEL_SDK_DISABLED: 'TRUE' })).toBeUndefined();
  });

  it('put the path behind the endpoint, and none behind that of traces', () => {
    expect(read(base)?.url).toBe('http://collector.example:4318/prefix/v1/traces');
    expect(read({ ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://a.example/in' })?.url).toBe(
      'https://a.example/in',
    );
  });

  it('decode headers and attributes, those of traces first', () => {
    const config = read({
      ...base,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc, x-a=1',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,team=data%2Cscience',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    });
    expect(config).toMatchObject({
      headers: { authorization: 'Basic abc', 'x-a': '1' },
      attributes: { 'deployment.environment.name': 'prod', team: 'data,science' },
      ratio: 0.1,
    });
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /http\/json/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, /address/],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, /one of always_on/],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /0 to 1/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'novalue' }, /key=value/],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '0' }, /whole number/],
  ])('refuse %j', (env, message) => {
    expect(() => read({ ...base, ...env })).toThrow(message);
  });
});

describe('a tracer', () => {
  it('goes on with the caller’s trace in a span of its own, and passes all on unchanged where it is off', () => {
    const tracer = createTracer(samplerOf('parentbased_always_on', 1), {} as SpanExporter);
    const parent = parseTraceContext(`00-${TRACE}-${SPAN}-01`, 'a=b')!;
    const own = tracer.begin(parent)!;
    expect(own).toMatchObject({ traceId: TRACE, flags: 1, state: 'a=b' });
    expect(own.spanId).not.toBe(SPAN);
    expect(tracer.begin(undefined)!.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(noTracer.begin(parent)).toBe(parent);
    expect(noTracer.begin(undefined)).toBeUndefined();
  });
});

describe('export', () => {
  let server: Server;
  let url = '';
  /** What it answers, in turn; 200 afterwards. */
  let answers: { status: number; headers?: Record<string, string>; body?: string }[] = [];
  let got: { headers: Record<string, unknown>; spans: number }[] = [];
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
      const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
      got.push({ headers: request.headers, spans: resourceSpans[0]!.scopeSpans[0]!.spans.length });
      const { status, headers, body: said } = answers.shift() ?? { status: 200, body: '{}' };
      response.writeHead(status, headers).end(said);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/v1/traces`;
  });
  beforeEach(() => {
    answers = [];
    got = [];
  });
  afterAll(() => {
    server.close();
  });

  const span: Span = {
    ...{ traceId: TRACE, spanId: SPAN, name: 'x', kind: 'server', start: 1_700_000_000_000.25, end: 1_700_000_000_001 },
    attributes: { text: 'a"b', count: 3, share: 0.5, yes: true },
  };
  const origin = { resource: { 'service.name': 'crank' }, scope: { name: 'crank', version: '1' } };
  const warned: string[] = [];
  const exporter = (options: Partial<ConstructorParameters<typeof SpanExporter>[1]> = {}): SpanExporter =>
    new SpanExporter(origin, {
      ...{
        url,
        headers: { 'x-key': 'k' },
        gzip: false,
        timeoutMs: 5_000,
        delayMs: 60_000,
        queue: 10,
        batch: 4,
        backoffMs: 1,
      },
      warn: (message) => warned.push(message),
      ...options,
    });

  it('goes out in batches, and the rest at the end', async () => {
    const one = exporter({ gzip: true });
    one.add([span, span]);
    one.add([span, span]);
    one.add([span]);
    await one.close(5_000);
    expect(got.map(({ spans }) => spans)).toEqual([4, 1]);
    expect(got[0]!.headers).toMatchObject({
      'x-key': 'k',
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    });
    expect(one.counts).toEqual({ exported: 5, dropped: 0, queued: 0 });
  });

  it('drops whole calls beyond the queue, and counts them', async () => {
    const one = exporter({ batch: 100 });
    for (let i = 0; i < 4; i++) one.add([span, span, span]);
    expect(one.counts).toEqual({ exported: 0, dropped: 3, queued: 9 });
    await one.close(5_000);
    expect(one.counts).toEqual({ exported: 9, dropped: 3, queued: 0 });
  });

  it('tries again where the collector is busy, and not where it refuses', async () => {
    answers = [
      { status: 503 },
      { status: 429, headers: { 'retry-after': '0' } },
      { status: 200 },
      { status: 400, body: 'no' },
    ];
    const one = exporter();
    one.add([span, span, span, span]);
    await expect.poll(() => one.counts.exported).toBe(4);
    expect(got).toHaveLength(3);
    one.add([span, span, span, span]);
    await expect.poll(() => one.counts.dropped).toBe(4);
    expect(got).toHaveLength(4);
    await one.close(1_000);
  });

  it('counts what the collector left out', async () => {
    answers = [{ status: 200, body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}' }];
    const one = exporter();
    one.add([span, span]);
    await one.close(5_000);
    expect(one.counts).toEqual({ exported: 1, dropped: 1, queued: 0 });
    expect(warned.at(-1)).toContain('too old');
  });

  it('lets a collector be away: what is lost is counted, and the end does not wait', async () => {
    const one = exporter({ url: 'http://127.0.0.1:9/v1/traces', backoffMs: 60_000 });
    one.add([span, span, span, span]);
    one.add([span]);
    await one.close(50);
    expect(one.counts).toEqual({ exported: 0, dropped: 5, queued: 0 });
  });
});
