import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Promises } from '#src/platform/slo/promises.ts';
import { startNode, type TestNode } from '../support/node.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const TRACED = `"""Says where it is traced."""

import os

from crank_platform import context


def where() -> dict:
    return {"parent": os.environ.get("TRACEPARENT"), "state": os.environ.get("TRACESTATE"), "told": context.get("traceparent")}


def outer() -> dict:
    return {"own": where(), "inner": context.call("traced.where")}


def bad() -> str:
    raise ValueError("no")
`;
const WARM = '{"isolation": "warm"}';
const MODULE = `export function where(): string { return process.env.TRACEPARENT ?? ''; }\n`;

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  traceState?: string;
  status: { code?: number; message?: string };
  attributes: { key: string; value: { stringValue?: string; intValue?: string } }[];
}

/** Takes what a node exports, as a collector does. */
const startCollector = async (): Promise<{ server: Server; url: string; requests: string[]; spans(): Span[] }> => {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push(Buffer.concat(chunks).toString());
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const spans = (): Span[] =>
    requests.flatMap((text) => {
      const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    });
  return { server, url: `http://127.0.0.1:${port}`, requests, spans };
};

const attribute = (span: Span, key: string): string | undefined => {
  const value = span.attributes.find((one) => one.key === key)?.value;
  return value?.stringValue ?? value?.intValue;
};

describe('a node that is watched', () => {
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let node: TestNode;
  const call = <T = Record<string, unknown>>(path: string, headers: Record<string, string> = {}) =>
    node.request<T>('POST', `/v1/services/${path}`, { headers });
  const spanOf = async (id: string): Promise<Span> => {
    const found = (): Span | undefined => collector.spans().find((span) => attribute(span, 'crank.call') === id);
    await expect.poll(found, { timeout: 20_000 }).toBeDefined();
    return found()!;
  };
  const below = (span: Span): Span[] => collector.spans().filter(({ parentSpanId }) => parentSpanId === span.spanId);

  beforeAll(async () => {
    collector = await startCollector();
    node = await startNode({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
      CRANK_CALL_LOG: 'failed',
    });
    expect((await node.deploy('traced', { 'traced.py': TRACED })).status).toBe(201);
  });
  afterAll(async () => {
    await node.remove();
    collector.server.close();
  });

  it('has a span for each step of a call in the caller’s trace, which its script and its receipt know', async () => {
    const answer = await call<Record<string, string>>('traced/where', { traceparent: PARENT, tracestate: 'vendor=1' });
    expect(answer.headers.get('traceresponse')).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    const span = await spanOf(answer.headers.get('crank-call')!);
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7', name: 'traced.where', kind: 2 });
    expect(span.traceState).toBe('vendor=1');
    expect(answer.headers.get('traceresponse')).toContain(span.spanId);
    const steps = below(span);
    expect(steps.map(({ name }) => name)).toEqual(
      answer.headers
        .get('server-timing')!
        .split(', ')
        .map((entry) => entry.split(';')[0]),
    );
    expect(steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['authenticate', 'authorise', 'read', 'decide', 'execute', 'check', 'price', 'commit']),
    );
    for (const step of steps) {
      expect(BigInt(step.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
      expect(BigInt(step.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(span.endTimeUnixNano));
    }
    const execute = steps.find(({ name }) => name === 'execute')!;
    const inside = `00-${TRACE}-${execute.spanId}-01`;
    expect(answer.json).toEqual({ parent: inside, state: 'vendor=1', told: inside });
    expect(Number(attribute(execute, 'crank.cpu_ns'))).toBeGreaterThan(0);

    const receipt = await node.request<{ envelope: { payload: string } }>(
      'GET',
      `/v1/receipts/${answer.headers.get('crank-call')}`,
    );
    const { predicate } = JSON.parse(Buffer.from(receipt.json.envelope.payload, 'base64').toString());
    expect(predicate.trace).toBe(TRACE);
  });

  it('goes on in calls within calls, and tells what failed', async () => {
    const outer = await call<{ own: { parent: string }; inner: { parent: string } }>('traced/outer', {
      traceparent: PARENT,
    });
    const span = await spanOf(outer.headers.get('crank-call')!);
    const [inner] = below(below(span).find(({ name }) => name === 'execute')!);
    expect(inner).toMatchObject({ name: 'traced.where', kind: 1, traceId: TRACE });
    expect(attribute(inner!, 'crank.parent_call')).toBe(outer.headers.get('crank-call'));
    expect(outer.json.inner.parent).toContain(below(inner!).find(({ name }) => name === 'execute')!.spanId);

    const bad = await call('traced/bad', { traceparent: PARENT });
    expect(bad.status).toBe(500);
    const failed = await spanOf(bad.headers.get('crank-call')!);
    expect(failed.status).toEqual({ code: 2, message: 'script-error' });
    expect(attribute(failed, 'error.type')).toBe('script-error');
  });

  it('goes on in jobs and in calls of webhooks, which come later', async () => {
    const taken = await call<{ id: string }>('traced/where', { traceparent: PARENT, prefer: 'respond-async' });
    expect(taken.status).toBe(202);
    const id = taken.headers.get('crank-call')!;
    await expect
      .poll(() => collector.spans().filter((span) => attribute(span, 'crank.call') === id).length, { timeout: 20_000 })
      .toBe(2);
    const [taking, running] = collector.spans().filter((span) => attribute(span, 'crank.call') === id);
    expect(running).toMatchObject({ parentSpanId: taking!.spanId, kind: 5, traceId: TRACE });

    const hook = await node.request<{ url: string }>('POST', '/v1/webhooks', {
      json: { service: 'traced', operation: 'where', verify: 'token' },
    });
    expect(hook.status).toBe(201);
    const headers = { traceparent: PARENT, 'content-type': 'application/json' };
    const delivered = await fetch(hook.json.url, { method: 'POST', headers, body: '{}' });
    expect(delivered.status).toBe(202);
    const { call: made } = (await delivered.json()) as { call: string };
    expect(await spanOf(made)).toMatchObject({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7', kind: 5 });
  });

  it('tells warm processes and modules for Node of each call’s own trace, and of none where there is none', async () => {
    await node.deploy('warm', { 'warm.py': TRACED.replace('def outer', 'def _outer'), 'crank.json': WARM });
    await node.deploy('module', { 'module.ts': MODULE });
    for (const service of ['warm', 'module']) {
      const [traced, other] = [await call(`${service}/where`, { traceparent: PARENT }), await call(`${service}/where`)];
      expect(traced.text, service).toContain(TRACE);
      // A trace of the node's own, that is not recorded: its id goes on all the same.
      expect(other.status).toBe(200);
      expect(other.text).not.toContain(TRACE);
      expect(other.headers.get('traceresponse')).toMatch(/-02$/);
    }
    expect(collector.spans().every(({ traceId }) => traceId === TRACE)).toBe(true);
  });

  const outside = (program: string, input: string): SpawnSyncReturns<string> => {
    const root = fileURLToPath(new URL('../../../../tools/outside', import.meta.url));
    return spawnSync('go', ['-C', root, 'run', program], { encoding: 'utf8', input });
  };
  const withoutGo = ({ error, stderr }: SpawnSyncReturns<string>): boolean =>
    error !== undefined || /dial tcp|no such host|proxyconnect|i\/o timeout/.test(stderr);

  it('speaks OTLP as OpenTelemetry’s own schema has it (needs Go)', ({ skip }) => {
    const read = outside('./spans', collector.requests.join('\n'));
    skip(withoutGo(read));
    expect(read.stderr).not.toContain('NOT OTLP');
    expect(Number(read.stdout)).toBe(collector.spans().length);
  });

  it('has metrics that add up, and of services only for their account', async () => {
    const before = (await node.request('GET', '/metrics')).text;
    const value = (text: string, sample: string): number =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.split(' ')[1] ?? 0,
      );
    const ok = 'crank_calls_total{account="default",service="traced",outcome="ok"}';
    const count = 'crank_service_call_duration_seconds_count{account="default",service="traced"}';
    const joules = 'crank_service_energy_joules_total{account="default",service="traced"}';
    const job = await call('traced/where', { prefer: 'respond-async' });
    await node.request('GET', `/v1/jobs/${job.headers.get('crank-call')}/events`); // until it has ended
    const id = (await call('traced/where')).headers.get('crank-call')!;
    const after = (await node.request('GET', '/metrics')).text;
    expect(value(after, ok) - value(before, ok)).toBe(2);
    // For the job nobody waited.
    expect(value(after, count) - value(before, count)).toBe(1);
    const made = await node.request<{ energy: { joules: number } }>('GET', `/v1/calls/${id}`);
    expect(value(after, joules) - value(before, joules)).toBeGreaterThanOrEqual(made.json.energy.joules * 0.999);
    expect(value(after, 'crank_call_step_duration_seconds_count{step="execute"}')).toBeGreaterThan(1);
    expect(value(after, 'crank_sandboxes')).toBeGreaterThan(0);
    expect(value(after, 'crank_trace_spans_total{state="exported"}')).toBe(collector.spans().length);

    const open = await (await fetch(`${node.url}/metrics`)).text();
    expect(open).not.toMatch(/traced|trace_id/);
    expect(open).toContain('crank_call_duration_seconds_bucket{le="0.1"}');
  });

  it('writes them so that Prometheus’ own parser and lint find nothing (needs Go)', async ({ skip }) => {
    const { text } = await node.request('GET', '/metrics');
    const read = outside('./metrics', text);
    skip(withoutGo(read));
    expect(read.stderr).not.toContain('NOT metrics');
    expect(Number(read.stdout)).toBe(text.match(/^# TYPE/gm)!.length);
  });

  it('answers OpenMetrics where that is asked for, with the traces that stand for others', async () => {
    await call('traced/where', { traceparent: PARENT });
    const headers = { accept: 'application/openmetrics-text; version=1.0.0' };
    const { text, headers: answered } = await node.request('GET', '/metrics', { headers });
    expect(answered.get('content-type')).toContain('application/openmetrics-text');
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE crank_calls counter');
    expect(text).toMatch(
      new RegExp(`^crank_service_call_duration_seconds_bucket.* # \\{trace_id="${TRACE}"\\} [\\d.]+ [\\d.]+$`, 'm'),
    );
  });

  it('says that it lives and that it is ready, and writes a line about each call that failed', async () => {
    const probe = async (path: string) => {
      const answer = await fetch(`${node.url}${path}`);
      return { status: answer.status, body: await answer.json() };
    };
    expect(await probe('/livez')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await probe('/readyz')).toEqual({ status: 200, body: { status: 'ready', reasons: [] } });
    const bad = await call('traced/bad', { traceparent: PARENT });
    await call('traced/where');
    const lines = node
      .said()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'call');
    expect(lines.map(({ outcome }) => outcome)).not.toContain('ok');
    expect(lines.at(-1)).toMatchObject({
      ...{
        call: bad.headers.get('crank-call'),
        service: 'traced',
        operation: 'bad',
        outcome: 'script-error',
        trace: TRACE,
      },
      steps: { execute: expect.any(Number), commit: expect.any(Number) },
    });
  });

  it('keeps what it promises, says so, and tells where a service does not', async () => {
    const set = await node.request('PUT', '/v1/slos/traced/availability', { json: { target: 0.999 } });
    expect(set.status, set.text).toBe(200);
    for (let i = 0; i < 5; i++) await call('traced/bad');
    const { json } = await node.request<{ slos: { objective: string; alert: string | null }[] }>('GET', '/v1/slos');
    const of = (name: string) => json.slos.find(({ objective }) => objective === name)!;
    expect(of('availability').alert).toBe('page');
    expect(of('promise').alert).toBeNull();
    const promises = await node.request<Promises>('GET', '/v1/promises');
    const traced = promises.json.services.find(({ service }) => service === 'traced')!;
    expect(traced.response.value.calls).toBeGreaterThan(5);
    expect(traced.response.value.p99Ms).not.toBeNull();
    expect(traced.size).toEqual({ kept: true, value: { source: TRACED.length, dependencies: 0 } });
    expect(traced.power.value.watts).toBeGreaterThan(0);
    expect(traced.deployment.kept).toBe(true);
    expect(traced.deployment.value.ms).toBeGreaterThan(0);
    expect(promises.json.machine.value.grade).toMatch(/^[ABCD]$/);
    for (const json of [{ target: 1 }, { target: 0.99 }, { target: 0.99, thresholdMs: 123 }])
      expect((await node.request('PUT', '/v1/slos/traced/latency', { json })).status).toBe(422);
  });

  it('exports every metric that dashboards and alert rules ask for, with its labels', async () => {
    await node.request('POST', '/v1/budgets', { json: { scope: 'account', period: 'day', usd: '1' } });
    const { text } = await node.request('GET', '/metrics');
    const labels = new Map<string, Set<string>>();
    for (const [, name, inside = ''] of text.matchAll(/^(\w+)(?:\{(.*?)\})? /gm)) {
      const known = labels.get(name!) ?? new Set(['instance', 'job']);
      for (const [, key] of inside.matchAll(/(\w+)="/g)) known.add(key!);
      labels.set(name!, known);
    }
    const deploy = new URL('../../../../deploy/', import.meta.url);
    const files = ['grafana/crank-nodes.json', 'grafana/crank-services.json', 'prometheus/crank-rules.yaml'];
    let asked = 0;
    for (const file of files) {
      const source = readFileSync(new URL(file, deploy), 'utf8').replaceAll('\\"', '"');
      for (const [, name, inside = ''] of source.matchAll(/\b((?:crank|process|nodejs)_\w+)(?:\{([^{}]*?)\})?/g)) {
        asked++;
        expect(labels.has(name!), `${file}: ${name}`).toBe(true);
        for (const [, key] of inside.matchAll(/(\w+)\s*(?:=|!=|=~|!~)"/g))
          expect([...labels.get(name!)!], `${file}: ${name}`).toContain(key);
      }
    }
    expect(asked).toBeGreaterThan(50);
  });
});
