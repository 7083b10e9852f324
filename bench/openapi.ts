import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startNode } from './node.ts';

// `npm run bench -- openapi [--seconds N] [--seed N] [--only OPERATION]`: the document of a node with services is read by an
// independent linter, and every route of the node is fuzzed by what that says. Fails at an error of the linter, a 5xx of ours, and an
// answer whose status, type or schema is not in the document. Linter and fuzzer come from their registries at first.

const LINTER = '@redocly/cli@2.77.0';
const FUZZER = 'schemathesis==4.32.5';
/** What an answer is held against. That everything which a schema refuses is refused as 4xx is another matter, and so is the contrary. */
const CHECKS =
  'not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,ignored_auth,unsupported_method';
const SERVICE = `from pathlib import Path
from typing import Iterator, Literal, Optional

def top_words(text: str, n: int = 3, order: Literal["up", "down"] = "down") -> dict[str, int]:
    """Most frequent words."""
    words = text.lower().split()
    pairs = sorted(((word, words.count(word)) for word in set(words)), key=lambda pair: (-pair[1], pair[0]))
    return dict(pairs[: max(n, 0)])

def each(text: str) -> Iterator[str]:
    """One word after the other."""
    yield from text.split()

def upper(document: Path, title: Optional[str] = None) -> Path:
    """The same document in capitals."""
    Path("loud.txt").write_bytes(document.read_bytes().upper())
    return Path("loud.txt")
`;

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'crank', 'openapi');
const run = (command: string, args: readonly string[], options: { quiet?: boolean; cwd?: string } = {}) =>
  spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    stdio: ['ignore', options.quiet ? 'pipe' : 'inherit', 'pipe'],
  });

const installed = (command: string, args: readonly string[]): void => {
  const { status, stderr } = run(command, args, { quiet: true });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr.slice(-2000)}`);
};

/** Programs, installed once for all checkouts. */
const tools = (): { lint: string; fuzz: string } => {
  mkdirSync(cache, { recursive: true });
  const lint = join(cache, 'node_modules/@redocly/cli/bin/cli.js');
  if (!existsSync(lint)) installed('npm', ['install', '--prefix', cache, '--no-save', '--ignore-scripts', LINTER]);
  const venv = join(cache, 'venv');
  const fuzz = join(venv, 'bin/schemathesis');
  if (!existsSync(fuzz)) {
    installed('python3', ['-m', 'venv', venv]);
    installed(join(venv, 'bin/pip'), ['install', '--quiet', FUZZER]);
  }
  return { lint, fuzz };
};

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const { lint, fuzz } = tools();
const work = mkdtempSync(join(tmpdir(), 'crank-openapi-'));
// Refusals for haste are in the document, and hide everything else.
const node = await startNode({ CRANK_RATE: '100000', CRANK_ACCOUNT_RATE: '1000000', CRANK_LOG_LEVEL: 'warn' });
try {
  await node.deploy('words', SERVICE);
  const document = join(work, 'openapi.json');
  writeFileSync(document, await (await fetch(`${node.url}/openapi.json`, { headers: node.headers })).text());

  const linted = run(process.execPath, [lint, 'lint', '--extends', 'recommended-strict', document]);
  console.log(linted.stderr.trim().split('\n').at(-1));

  const report = join(work, 'report.json');
  const key = node.headers['authorization'] ?? node.headers['Authorization'];
  const args = [
    ...['run', document, '--url', node.url, '-H', `Authorization: ${key}`, '--checks', CHECKS, '--seed', values.seed],
    ...['--max-time', values.seconds, '--phases', 'examples,coverage,fuzzing', '--continue-on-failure', '--no-shrink'],
    ...['--request-timeout', '30', '--report', 'json', '--report-json-path', report, '--warnings', 'off'],
    ...(values.only === undefined ? [] : ['--include-operation-id', values.only]),
  ];
  const fuzzed = run(fuzz, args, { cwd: work });
  console.log(fuzzed.stderr.slice(-1000));
  const alive = node.alive();
  const faults = node
    .said()
    .split('\n')
    .filter((line) => /"level":(50|60)/.test(line));
  for (const line of faults.slice(0, 20)) console.log(`our fault: ${line.slice(0, 600)}`);
  if (existsSync(report)) console.log(`report: ${readFileSync(report).length} bytes`);
  if (linted.status !== 0 || fuzzed.status !== 0 || !alive || faults.length > 0) process.exitCode = 1;
  console.log(
    `linter: ${linted.status === 0 ? 'no errors' : 'ERRORS'}; fuzzer: ${fuzzed.status === 0 ? 'no findings' : 'FINDINGS'}; node ${alive ? 'serves' : 'ENDED'}, ${faults.length} faults of ours logged`,
  );
} finally {
  await node.stop();
  rmSync(work, { recursive: true, force: true });
}
