import { readFileSync } from 'node:fs';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- mcp [CALLS]`: what a call costs over MCP and over HTTP, one after the other in turns so that both meet the same
// machine; then 1,000 tools listed, and searched.

const calls = Number(process.argv[2] ?? 400);
const TOOLS = 1_000;
const ADD = 'def add(a: int, b: int) -> int:\n    return a + b\n';
const VERSION = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

const node = await startNode();
const json = { ...node.headers, 'content-type': 'application/json' };

/** Milliseconds from the request to the last byte of its answer. */
const timed = async (path: string, init: RequestInit): Promise<number> => {
  const start = performance.now();
  const answer = await fetch(node.url + path, init);
  const text = await answer.text();
  const took = performance.now() - start;
  if (!answer.ok || text.includes('"error"') || text.includes('"isError"'))
    throw new Error(`${path}: ${answer.status} ${text.slice(0, 500)}`);
  return took;
};
const rpc = (method: string, params: object, path = '/mcp') =>
  timed(path, {
    method: 'POST',
    headers: {
      ...json,
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': VERSION,
      'mcp-method': method,
      ...('name' in params && { 'mcp-name': String(params.name) }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } }),
  });
const overHttp = () => timed('/v1/services/sum/add', { method: 'POST', headers: json, body: '{"a":2,"b":3}' });
const overMcp = () => rpc('tools/call', { name: 'sum_add', arguments: { a: 2, b: 3 } });
const median = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
/** CPU time of the node's own process so far, milliseconds: proc(5), ticks of a hundredth of a second. */
const cpu = (): number => {
  const fields = readFileSync(`/proc/${node.pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
/** CPU time of one of some requests, one after the other. */
const cpuOf = async (times: number, ask: () => Promise<number>): Promise<number> => {
  const before = cpu();
  await repeat(times, ask);
  return (cpu() - before) / times;
};
const repeat = async (times: number, ask: () => Promise<number>): Promise<number[]> => {
  const all: number[] = [];
  for (let n = 0; n < times; n++) all.push(await ask());
  return all;
};

try {
  await node.deploy('sum', ADD);
  await repeat(100, overHttp);
  await repeat(100, overMcp);
  const took: Record<'http' | 'mcp', number[]> = { http: [], mcp: [] };
  for (let n = 0; n < calls; n++) {
    took.http.push(await overHttp());
    took.mcp.push(await overMcp());
  }
  const [http, mcp] = [median(took.http), median(took.mcp)];
  const [httpCpu, mcpCpu] = [await cpuOf(calls, overHttp), await cpuOf(calls, overMcp)];

  // Ten services of a hundred operations: each is a tool, whichever service it is of.
  for (let service = 0; service < 10; service++) {
    const functions = Array.from(
      { length: TOOLS / 10 },
      (_, n) =>
        `def thing_${n}(text: str, number: int = ${n}) -> list[str]:\n    """Do thing ${n} of ${service} to a text."""\n    return [text]\n`,
    );
    await node.deploy(`things${service}`, functions.join('\n'));
  }
  const list = () => rpc('tools/list', {}, `/mcp?tools=${TOOLS + 1}`);
  const search = () => rpc('tools/call', { name: 'crank_search', arguments: { query: 'takes a text, gives a list' } });
  const first = await list();
  const lists = await repeat(20, list);
  const firstSearch = await search();
  const searches = await repeat(20, search);
  const [listCpu, searchCpu] = [await cpuOf(50, list), await cpuOf(50, search)];
  process.stdout.write(
    `${markdown(
      ['', 'p50', 'CPU of the node', 'bound of p50'],
      [
        ['call over HTTP', `${http.toFixed(2)} ms`, `${httpCpu.toFixed(2)} ms`, ''],
        ['call over MCP', `${mcp.toFixed(2)} ms`, `${mcpCpu.toFixed(2)} ms`, ''],
        ['ratio', (mcp / http).toFixed(2), (mcpCpu / httpCpu).toFixed(2), '1.5'],
        [
          '1,000 tools listed',
          `${median(lists).toFixed(1)} ms, first ${first.toFixed(1)}`,
          `${listCpu.toFixed(1)} ms`,
          '200 ms',
        ],
        [
          'searched',
          `${median(searches).toFixed(1)} ms, first ${firstSearch.toFixed(1)}`,
          `${searchCpu.toFixed(1)} ms`,
          '50 ms',
        ],
      ],
    )}\n${calls} calls of each kind, in turns. ${machine()}\n`,
  );
} finally {
  await node.stop();
}
