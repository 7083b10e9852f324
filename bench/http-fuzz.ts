import { connect } from 'node:net';
import { pathToFileURL } from 'node:url';
import { type FuzzRequest, fuzzRequest, type Target } from './http-fuzz/malformed.ts';
import { seeded } from './http-fuzz/random.ts';

export interface FuzzReport {
  requests: number;
  /** Answers by status; `none` where the sender had hung up first. */
  statuses: Record<string, number>;
  /** What must not be: one line each, at most 50. */
  faults: string[];
  /** Resident memory of the gateway, bytes: after a tenth of the requests, and at the end. */
  rssBefore: number;
  rssAfter: number;
}

export interface FuzzOptions {
  url: string;
  /** An owner's key. */
  key: string;
  requests: number;
  seed?: number;
  concurrency?: number;
}

const HANG_MS = 20_000;
/** Errors with status 5xx that say something about the script or the wish, not about the node. */
const NOT_OURS = new Set(['script-error', 'invalid-output', 'timeout', 'overloaded']);
const SERVICE = 'http-fuzz';
const SOURCE = `from pathlib import Path

def echo(value=None):
    return value

def add(a: int, b: int) -> int:
    return a + b

def size(file: Path) -> int:
    return file.stat().st_size
`;

/** Sends malformed requests to a running node, and tells where it did not hold. @throws Error where the node is not to be had */
export const fuzzHttp = async ({ url, key, requests, seed = 1, concurrency = 8 }: FuzzOptions): Promise<FuzzReport> => {
  const port = Number(new URL(url).port);
  const target: Target = { key, service: SERVICE };
  await deploy(url, key);
  const random = seeded(seed);
  const report: FuzzReport = { requests, statuses: {}, faults: [], rssBefore: 0, rssAfter: 0 };
  const fault = (what: string): void => {
    if (report.faults.length < 50) report.faults.push(what);
  };
  let sent = 0;
  const measured = Math.ceil(requests / 10);
  const worker = async (): Promise<void> => {
    while (sent < requests) {
      const number = sent++;
      if (number === measured) report.rssBefore = await residentMemory(url);
      const request = fuzzRequest(random, target, number);
      const answer = await send(port, request);
      const { status, wrong } = judge(request, answer);
      report.statuses[status] = (report.statuses[status] ?? 0) + 1;
      if (wrong !== undefined)
        fault(
          `#${number} ${request.kind}: ${wrong}; sent ${JSON.stringify(request.bytes.toString('latin1').replaceAll(key, 'KEY').slice(0, 300))}`,
        );
      if (number % 500 === 499 && !(await healthy(url, key)))
        fault(`#${number}: the node no longer answers a plain call`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (!(await healthy(url, key))) fault('at the end: the node no longer answers a plain call');
  report.rssAfter = await residentMemory(url);
  await fetch(`${url}/v1/services/${SERVICE}`, { method: 'DELETE', headers: { authorization: `Bearer ${key}` } });
  return report;
};

const deploy = async (url: string, key: string): Promise<void> => {
  const form = new FormData();
  form.append('name', SERVICE);
  form.append('file', new Blob([SOURCE]), 'http_fuzz.py');
  const answer = await fetch(`${url}/v1/services`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${key}` },
  });
  if (!answer.ok)
    throw new Error(`the service to be called could not be deployed: ${answer.status} ${await answer.text()}`);
};

const healthy = async (url: string, key: string): Promise<boolean> => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/services/${SERVICE}/add`, {
    method: 'POST',
    headers,
    body: '{"a":2,"b":3}',
    signal: AbortSignal.timeout(HANG_MS),
  });
  return answer.status === 200 && (await answer.text()) === '5';
};

const residentMemory = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
};

type Outcome = { text: string; ended: 'closed' | 'hung' | 'refused' };

/** All that comes back until the node hangs up; what was sent short is hung up on from here. */
const send = (port: number, { bytes, short }: FuzzRequest): Promise<Outcome> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ended: Outcome['ended'] = 'closed';
    const socket = connect(port, '127.0.0.1', () => {
      if (short) socket.end(bytes);
      else socket.write(bytes);
    });
    const timer = setTimeout(() => {
      ended = 'hung';
      socket.destroy();
    }, HANG_MS);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') ended = 'refused';
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ text: Buffer.concat(chunks).toString('latin1'), ended });
    });
  });

const judge = (request: FuzzRequest, { text, ended }: Outcome): { status: string; wrong?: string } => {
  if (ended === 'refused') return { status: 'none', wrong: 'the node takes no connections' };
  if (ended === 'hung') return { status: 'none', wrong: `no end within ${HANG_MS / 1000} s` };
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  if (status === undefined) return request.short ? { status: 'none' } : { status: 'none', wrong: 'no answer' };
  if (Number(status) < 400) return { status };
  const at = text.indexOf('\r\n\r\n');
  const isHead = request.bytes.subarray(0, 5).toString('latin1') === 'HEAD ';
  if (!/content-type: application\/problem\+json/i.test(text.slice(0, at)))
    return { status, wrong: `${status} without a problem document` };
  if (isHead) return { status };
  const code = /"code":"([a-z-]+)"/.exec(text.slice(at))?.[1];
  if (code === undefined) return { status, wrong: `${status} without a code: ${text.slice(at, at + 200)}` };
  if (Number(status) >= 500 && !NOT_OURS.has(code))
    return { status, wrong: `${status} ${code}: ${text.slice(at + 4, at + 400)}` };
  return { status };
};

/** More than this is no longer flat: some pools and caches fill on the way. */
const GROWTH = 96 * 2 ** 20;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url, key, requests = '10000', seed = '1'] = process.argv.slice(2);
  if (url === undefined || key === undefined) {
    console.error('usage: http-fuzz.ts URL KEY [REQUESTS] [SEED]');
    process.exit(2);
  }
  const start = performance.now();
  const report = await fuzzHttp({ url, key, requests: Number(requests), seed: Number(seed) });
  const { statuses, faults, rssBefore, rssAfter } = report;
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  for (const line of faults) console.error(line);
  console.log(
    `${report.requests} malformed requests in ${((performance.now() - start) / 1000).toFixed(0)} s; answers ${JSON.stringify(statuses)}`,
  );
  console.log(`resident memory ${mib(rssBefore)} -> ${mib(rssAfter)}; ${faults.length} faults`);
  process.exit(faults.length === 0 && rssAfter - rssBefore < GROWTH ? 0 : 1);
}
