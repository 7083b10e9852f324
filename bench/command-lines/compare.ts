import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Case } from './cases.ts';
import { fixtures } from './fixtures.ts';

/** What a run left, in a form that can be compared. */
interface Seen {
  stdout: string;
  exit: number | string;
  files: Record<string, string>;
}

export interface Row {
  source: string;
  words: string;
  /** What differs; undefined where nothing does. */
  cause: string | undefined;
}

export interface Target {
  url: string;
  headers: Record<string, string>;
}

interface Deployed {
  name: string;
  operations: { name: string; command?: unknown }[];
}

const send = async (target: Target, path: string, init: RequestInit) => {
  const response = await fetch(`${target.url}${path}`, { method: 'POST', ...init });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
};

/** Deploys a script as it is, alone, or the folder of a package. */
const deploy = async (target: Target, path: string, name: string): Promise<Deployed | string> => {
  const form = new FormData();
  form.append('name', name);
  const isFolder = statSync(path).isDirectory();
  if (isFolder) form.append('folder', basename(path));
  for (const each of isFolder ? sourcesBelow(path) : ['']) {
    const content = new Uint8Array(readFileSync(join(path, each)));
    form.append('file', new Blob([content]), isFolder ? each : basename(path));
  }
  const { status, json } = await send(target, '/v1/services', { headers: target.headers, body: form });
  return status < 300 ? (json as unknown as Deployed) : `not deployed: ${String(json['detail']).slice(0, 200)}`;
};

/** The interpreter that the node runs scripts with, and its standard library. */
export const interpreterOf = async (target: Target): Promise<{ python: string; library: string }> => {
  const form = new FormData();
  const text =
    'import sys, sysconfig\ndef about() -> list[str]:\n    return [sys.executable, sysconfig.get_path("stdlib")]\n';
  form.append('file', new Blob([text]), 'interpreter.py');
  await send(target, '/v1/services', { headers: target.headers, body: form });
  const { json } = await send(target, '/v1/services/interpreter/about', { headers: target.headers });
  const [python, library] = json as unknown as [string, string];
  return { python, library };
};

/** All files of the call: those in its arguments and those beside them. */
const placed = ({ input = {}, files = [] }: Case): Map<string, Buffer> => {
  const all = new Map(files.map((name) => [name, fixtures[name as keyof typeof fixtures]]));
  for (const value of Object.values(input).flat())
    if (typeof value === 'object' && value !== null && 'base64' in value) {
      const { name, base64 } = value as { name: string; base64: string };
      all.set(name, Buffer.from(base64, 'base64'));
    }
  return all;
};

const filesBelow = (folder: string, at = ''): string[] =>
  readdirSync(join(folder, at), { withFileTypes: true }).flatMap((entry) => {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });

const sourcesBelow = (folder: string): string[] =>
  filesBelow(folder).filter((path) => !/(?:^|\/)(?:__pycache__|tests)\//.test(path));

/** `python script.py words...`, or `python -m module`, in a folder with the script and its files. */
const onCommandLine = (one: Case, script: string, python: string): Seen => {
  const folder = mkdtempSync(join(tmpdir(), 'crank-line-'));
  try {
    chmodSync(folder, 0o755);
    const before = placed(one);
    for (const [name, content] of before) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    if (one.module === undefined) writeFileSync(join(folder, basename(script)), readFileSync(script));
    const start = one.module === undefined ? [basename(script)] : ['-m', one.module];
    const ran = spawnSync(python, [...start, ...(one.words ?? [])], {
      cwd: folder,
      input: one.stdin ?? '',
      timeout: 30_000,
      maxBuffer: 2 ** 26,
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: folder, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const written = filesBelow(folder).filter(
      (name) => name !== basename(script) && !before.get(name)?.equals(readFileSync(join(folder, name))),
    );
    return {
      stdout: plain(ran.stdout, folder),
      exit: ran.status === 1 && /^Traceback/m.test(ran.stderr.toString()) ? 'exception' : (ran.status ?? 'killed'),
      files: Object.fromEntries(written.map((name) => [name, readFileSync(join(folder, name)).toString('base64')])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The same as a call over HTTP. */
const asCall = async (one: Case, target: Target, { name, operations }: Deployed): Promise<Seen | string> => {
  const commands = operations.filter(({ command }) => command !== undefined);
  const operation = one.operation ?? (commands.length === 1 ? commands[0]!.name : 'run');
  const files = (one.files ?? []).map((each) => ({
    name: each,
    base64: fixtures[each as keyof typeof fixtures].toString('base64'),
  }));
  const hasStdin = one.stdin !== undefined && !('answers' in (one.input ?? {}));
  const body = { ...one.input, ...(files.length > 0 && { files }), ...(hasStdin && { stdin: one.stdin }) };
  const { status, json } = await send(target, `/v1/services/${name}/${operation}`, {
    headers: { ...target.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (json['code'] === 'script-error') return { stdout: '', exit: 'exception', files: {} };
  if (status !== 200) return `${operation}: ${String(json['code'])}: ${String(json['detail']).slice(0, 300)}`;
  const result = json as unknown as {
    stdout: string;
    stdout_base64?: string;
    exit_code: number;
    files: { name: string; base64: string }[];
  };
  const bytes = Buffer.from(result.stdout_base64 ?? result.stdout, result.stdout_base64 ? 'base64' : 'utf8');
  return {
    stdout: plain(bytes, '/tmp/work'),
    exit: result.exit_code,
    files: Object.fromEntries(result.files.map((each) => [each.name, each.base64])),
  };
};

/** Output without the folder that the script ran in: `/code` is where a deployed one lies. */
const plain = (bytes: Buffer, folder: string): string =>
  bytes.toString('latin1').replaceAll(folder, '.').replaceAll('/code', '.');

const difference = (expected: Seen, seen: Seen, blur: RegExp | undefined): string | undefined => {
  if (expected.exit !== seen.exit) return `exit code ${seen.exit}, on the command line ${expected.exit}`;
  if (expected.exit === 'exception') return undefined; // neither has more to say: the traceback is the answer
  const [wanted, given] = [expected, seen].map(({ stdout }) =>
    blur === undefined ? stdout : stdout.replace(blur, '#'),
  );
  if (wanted !== given) {
    const lines = given!.split('\n');
    const at = wanted!.split('\n').findIndex((line, i) => line !== lines[i]);
    return `stdout, line ${at + 1}: ${JSON.stringify(lines[at])}, on the command line ${JSON.stringify(wanted!.split('\n')[at])}`;
  }
  const names = (files: Seen['files']): string => Object.keys(files).sort().join(', ');
  if (names(expected.files) !== names(seen.files))
    return `files ${names(seen.files) || 'none'}, on the command line ${names(expected.files) || 'none'}`;
  const other = Object.keys(expected.files).find(
    (name) => expected.files[name] !== seen.files[name] && blur === undefined,
  );
  return other === undefined ? undefined : `the file ${other} has other bytes`;
};

/**
 * Runs each case both ways.
 *
 * @param pathOf path of a case's script; undefined where it is not there, and the case is left out
 */
export const compare = async (
  target: Target,
  python: string,
  cases: readonly Case[],
  pathOf: (source: string) => string | undefined,
): Promise<Row[]> => {
  const deployed = new Map<string, Deployed | string>();
  const rows: Row[] = [];
  for (const one of cases) {
    const path = pathOf(one.source);
    if (path === undefined || !existsSync(path)) continue;
    let service = deployed.get(one.source);
    if (service === undefined) {
      service = await deploy(target, path, `script-${deployed.size}`);
      deployed.set(one.source, service);
    }
    const seen = typeof service === 'string' ? service : await asCall(one, target, service);
    const cause = typeof seen === 'string' ? seen : difference(onCommandLine(one, path, python), seen, one.blur);
    rows.push({ source: one.source, words: (one.words ?? []).join(' '), cause });
  }
  return rows;
};
