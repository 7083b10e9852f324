import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gridOf } from '../packages/crank/src/engines/metering/carbon.ts';
import { coefficientSource } from '../packages/crank/src/engines/metering/coefficients.ts';
import { EnergyAccount } from '../packages/crank/src/engines/metering/energy-account.ts';
import { createMeter } from '../packages/crank/src/engines/metering/meter.ts';
import { tariffAt } from '../packages/crank/src/engines/metering/price.ts';
import { encodeSpans } from '../packages/crank/src/engines/telemetry/otlp-json.ts';
import { CallCounts } from '../packages/crank/src/platform/call-counts.ts';
import { SloTallies } from '../packages/crank/src/platform/slo/slo-tallies.ts';
import { percentile } from './load.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- observe [CALLS]`: what metering and tracing add to a call. Calls to one node alternate, a trace that is
// recorded, and one that is not; metering, which cannot be left out, is timed by itself. A collector in a process of its own takes the spans.

const CALLS = Number(process.argv[2] ?? 3_000);
const WARM_UP = 200;
const METERED = 50_000;
/** Calls in a row of one kind. */
const BLOCK = 100;
/** Above this median the machine is busy with other things, and wall time tells nothing. */
const QUIET_MS = 6;
const body = '{"a":2,"b":3}';
/** Of the median call: the bound. */
const MOST = 0.05;

/** CPU time of the node's own threads, milliseconds; sandboxes are other processes. */
const cpuMsOfNode = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Energy, carbon, prices, counters and objectives of one call, milliseconds: the mean of many. */
const meteringMs = (): number => {
  const source = coefficientSource({ model: 'AMD EPYC', family: 23, number: 1 }, 2);
  const account = new EnergyAccount([source], { ms: 0, busyNs: 0 });
  for (let second = 1; second <= 60; second++) account.read({ ms: second * 1e3, busyNs: second * 5e8 });
  const meter = createMeter(
    (cpuNs, wallNs) => account.price(cpuNs, wallNs, 60_500),
    gridOf('WORLD'),
    () => tariffAt(Date.now()),
  );
  const counts = new CallCounts();
  const tallies = new SloTallies();
  const timing = ['authenticate', 'authorise', 'read', 'decide', 'execute', 'check', 'price', 'commit'].map(
    (step) => [step, 0.3] as const,
  );
  const one = (): void => {
    const bill = meter(1_200_000, 1_500_000);
    account.told(bill.energy.joules, 1_200_000, 1_500_000, 60_500);
    const call = {
      ...{ account: 'a', service: 's', outcome: 'ok', seconds: 0.002, cpuNs: 1_200_000, timing },
      ...{ joules: bill.energy.joules, grams: bill.carbon.grams, trace: undefined },
    };
    counts.add(call);
    tallies.add(call, 1_700_000_000_000);
  };
  return cpuMsOf(one);
};

/** The nine spans of a call as they go to a collector, milliseconds of CPU time. */
const encodingMs = (): number => {
  const span = {
    ...{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', parentSpanId: '00f067aa0ba902b8' },
    ...{ name: 'execute', kind: 'internal' as const, start: 1_700_000_000_000.25, end: 1_700_000_000_001.5 },
    attributes: { 'crank.isolation': 'fresh', 'crank.cpu_ns': 1_234_567, 'crank.cpu_source': 'cgroup' },
  };
  const spans = Array.from({ length: 9 }, () => span);
  const origin = { resource: { 'service.name': 'crank' }, scope: { name: 'crank', version: '1' } };
  return cpuMsOf(() => encodeSpans(origin, spans));
};

/** CPU time, since others may want the processors meanwhile: the mean of many, milliseconds. */
const cpuMsOf = (one: () => void): number => {
  for (let i = 0; i < METERED / 10; i++) one();
  const before = process.cpuUsage();
  for (let i = 0; i < METERED; i++) one();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3 / METERED;
};

const collector = fork(fileURLToPath(new URL('observe/collector.ts', import.meta.url)));
const [port] = (await once(collector, 'message')) as [number];
const node = await startNode({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
await node.deploy('sum', 'def add(a: int, b: int) -> int:\n    return a + b\n');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const call = async (flags: string): Promise<number> => {
  const traceparent = `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`;
  const headers = { ...node.headers, 'content-type': 'application/json', traceparent };
  const start = performance.now();
  const sent = request(`${node.url}/v1/services/sum/add`, { method: 'POST', agent, headers }).end(body);
  const [answer] = await once(sent, 'response');
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`a call was answered with ${answer.statusCode}`);
  return performance.now() - start;
};
const took: Record<string, number[]> = { '00': [], '01': [] };
for (let i = 0; i < WARM_UP; i++) await call(i % 2 === 0 ? '00' : '01');
const cpu: Record<string, number> = { '00': 0, '01': 0 };
for (let block = 0; block < (2 * CALLS) / BLOCK; block++) {
  const flags = block % 2 === 0 ? '00' : '01';
  const before = cpuMsOfNode(node.pid);
  for (let i = 0; i < BLOCK; i++) took[flags]!.push(await call(flags));
  cpu[flags]! += cpuMsOfNode(node.pid) - before;
}
const metrics = await (await fetch(`${node.url}/metrics`)).text();
const dropped = /crank_trace_spans_total\{state="dropped"\} (\d+)/.exec(metrics)![1];
await node.stop();
agent.destroy();
const received = once(collector, 'message');
collector.send('how much');
const [bytes] = (await received) as [number];
collector.kill();

const metering = meteringMs();
const at = (flags: string, share: number): number =>
  percentile(
    took[flags]!.sort((a, b) => a - b),
    share,
  );
const [plain, traced] = [at('00', 0.5), at('01', 0.5)];
const blocks = Math.floor(CALLS / BLOCK) * BLOCK;
const cpuMs = (flags: string): number => cpu[flags]! / blocks;
const difference = traced - plain;
const share = (difference + metering) / (plain - metering);
console.log(`${machine()}\n`);
console.log(
  markdown(
    ['', 'p50 ms', 'p99 ms', 'CPU of the node ms'],
    (['00', '01'] as const).map((flags) => [
      flags === '00' ? 'not recorded' : 'recorded',
      at(flags, 0.5).toFixed(3),
      at(flags, 0.99).toFixed(3),
      cpuMs(flags).toFixed(3),
    ]),
  ),
);
const us = (ms: number): string => `${(ms * 1e3).toFixed(1)} µs`;
console.log(`\n${CALLS} calls of each, ${BLOCK} in turn`);
console.log(`metering: ${us(metering)} of CPU; encoding the spans of a call: ${us(encodingMs())} of CPU`);
console.log(
  plain > QUIET_MS
    ? `the machine was busy (a median of ${plain.toFixed(1)} ms): no verdict by wall time; by CPU time tracing adds ${us(cpuMs('01') - cpuMs('00'))} a call`
    : `together ${(share * 100).toFixed(1)}% of a call without either (at most ${MOST * 100}%): ${share <= MOST ? 'holds' : 'falls short'}`,
);
console.log(`${bytes} bytes for the collector, ${dropped} spans dropped`);
