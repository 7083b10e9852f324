import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startNode } from './node.ts';

// `npm run bench -- mcp-conformance [SCENARIO]`: the official conformance suite of the Model Context Protocol against a node
// with the tools that it wants to find. Fails where a scenario fails that is not among the exceptions, and where an exception
// passes by now. The suite is fetched from the npm registry at first.

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
/** Frozen sets of what revisions of the specification require. */
const REVISIONS = ['2026-07-28', '2025-11-25'];

/** What a node does not do, each with the reason. */
const exceptions: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('mcp/exceptions.json', import.meta.url), 'utf8'),
);

/** The suite, installed once for all checkouts. */
const install = (): string => {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'crank', 'mcp-conformance');
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', SUITE], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the suite could not be installed: ${stderr}`);
  return join(folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
};

/** The suite has no credentials: what it sends is passed on with those of the owner, and all else as it is. */
const withKey = async (url: string, headers: Record<string, string>) => {
  const server = createServer((asked, answer) => {
    const passed = request(
      `${url}${asked.url}`,
      { method: asked.method!, headers: { ...asked.headers, ...headers } },
      (got) => {
        answer.writeHead(got.statusCode!, got.headers);
        got.pipe(answer);
      },
    );
    answer.once('close', () => passed.destroy());
    passed.once('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, server };
};

/** What went another way than expected in the results of one run. */
const judge = (results: string): { passed: number; wrong: string[] } => {
  const wrong: string[] = [];
  let passed = 0;
  for (const folder of readdirSync(results).sort()) {
    const name = /^server-(.*?)-\d{4}-\d\d-\d\dT/.exec(folder)?.[1] ?? folder;
    const checks = JSON.parse(readFileSync(join(results, folder, 'checks.json'), 'utf8')) as {
      id: string;
      status: string;
      errorMessage?: string;
    }[];
    for (const { id, status, errorMessage } of checks) {
      if (status === 'SUCCESS') passed += 1;
      const excepted = exceptions[id] !== undefined || exceptions[name] !== undefined;
      if (status === 'FAILURE' && !excepted) wrong.push(`FAILED  ${name}: ${id}: ${errorMessage ?? ''}`);
      if (status === 'SUCCESS' && exceptions[id] !== undefined)
        wrong.push(`PASSED  ${name}: ${id}, an exception no longer`);
    }
  }
  return { passed, wrong };
};

const only = process.argv[2];
const suite = install();
const node = await startNode();
const { url, server } = await withKey(node.url, node.headers);
try {
  // Long limits of time make tasks of calls.
  for (const [name, wall] of [
    ['test', '30s'],
    ['slow', '2min'],
    ['failing', '2min'],
  ] as const) {
    const source = readFileSync(new URL(`mcp/${name}.py`, import.meta.url), 'utf8');
    await node.deploy(name, source, { limits: { wall } });
  }
  for (const revision of REVISIONS) {
    const results = join(node.data, `results-${revision}`);
    const which = only === undefined ? ['--requirements', revision] : ['--scenario', only, '--spec-version', revision];
    const child = spawn(process.execPath, [suite, 'server', '--url', url, '-o', results, ...which], {
      stdio: only === undefined ? 'ignore' : 'inherit',
    });
    await once(child, 'exit');
    const { passed, wrong } = judge(results);
    for (const line of wrong) process.stdout.write(`${revision}  ${line}\n`);
    process.stdout.write(
      `${revision}: ${passed} checks passed, ${wrong.length} went another way than expected (${Object.keys(exceptions).length} exceptions)\n`,
    );
    if (wrong.length > 0 || passed === 0) process.exitCode = 1;
  }
} finally {
  server.close();
  server.closeAllConnections();
  await node.stop();
}
