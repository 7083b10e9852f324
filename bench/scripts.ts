import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { markdown } from './machine.ts';
import { type BenchNode, startNode } from './node.ts';

// `npm run bench -- scripts FOLDER`: deploys each script of a folder as it stands, and calls it. Beside NAME.py may stand
// NAME.call.json, {"operation": "f", "input": {...}}: then an answer of 200 counts; otherwise, that it deploys, for which
// its imports have run. Folders are deployed whole. Exit code 1 where one did not.

export interface ScriptReport {
  name: string;
  deployed: boolean;
  /** Undefined where nothing says how it is called. */
  answered: boolean | undefined;
  /** What was installed for it. */
  requirements: string[];
  /** What was remarked, and why it failed. */
  said: string[];
}

export const deployAll = async (folder: string, node: BenchNode): Promise<ScriptReport[]> => {
  const reports: ScriptReport[] = [];
  for (const entry of readdirSync(folder).sort()) {
    const path = join(folder, entry);
    const whole = statSync(path).isDirectory();
    if (whole || entry.endsWith('.py')) reports.push(await deployOne(entry.replace(/\.py$/, ''), path, whole, node));
  }
  return reports;
};

const deployOne = async (name: string, path: string, whole: boolean, node: BenchNode): Promise<ScriptReport> => {
  const form = new FormData();
  const service = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  form.append('name', service);
  const names = whole ? (readdirSync(path, { recursive: true }) as string[]) : [''];
  for (const inner of names) {
    const file = join(path, inner);
    if (statSync(file).isFile()) form.append('file', new Blob([readFileSync(file)]), inner || path.split('/').at(-1)!);
  }
  const deployed = await fetch(`${node.url}/v1/services`, { method: 'POST', headers: node.headers, body: form });
  const said = (await deployed.json()) as {
    detail?: string;
    requirements?: string[];
    findings?: { message: string }[];
  };
  const report: ScriptReport = {
    name,
    deployed: deployed.ok,
    answered: undefined,
    requirements: said.requirements ?? [],
    said: [...(deployed.ok ? [] : [said.detail ?? '']), ...(said.findings ?? []).map(({ message }) => message)],
  };
  const how = path.replace(/(?:\.py)?$/, '.call.json');
  if (!deployed.ok || !existsSync(how)) return report;
  const { operation, input } = JSON.parse(readFileSync(how, 'utf8')) as { operation: string; input: unknown };
  const answer = await fetch(`${node.url}/v1/services/${service}/${operation}`, {
    method: 'POST',
    headers: { ...node.headers, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const text = await answer.text();
  report.answered = answer.ok;
  report.said.push(`${operation}: ${answer.status} ${text.slice(0, 300)}`);
  return report;
};

/** Whether a script did what it was asked to. */
export const works = ({ deployed, answered }: ScriptReport): boolean => deployed && answered !== false;

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('usage: npm run bench -- scripts FOLDER');
  const node = await startNode();
  let reports: ScriptReport[];
  try {
    reports = await deployAll(folder, node);
  } finally {
    await node.stop();
  }
  const yes = (value: boolean | undefined): string => (value === undefined ? '' : value ? 'yes' : 'no');
  const rows = reports.map((one) => [one.name, one.requirements.join(' '), yes(one.deployed), yes(one.answered)]);
  console.log(`\n${markdown(['script', 'installed', 'deployed', 'answered'], rows)}\n`);
  for (const { name, said } of reports) for (const line of said) console.log(`${name}: ${line}`);
  const good = reports.filter(works).length;
  console.log(`\n${good} of ${reports.length} scripts deploy and run`);
  process.exitCode = good === reports.length ? 0 : 1;
}
