import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Collected, Example } from './collect.ts';
import { sameException, sameJson } from './compare.ts';

/** What became of one example. */
export type Outcome =
  /** The value, or the exception, that the docstring states. */
  | 'value'
  | 'exception'
  /** The docstring shows what the function prints; it gives nothing, and stdout in the call's history is that text. */
  | 'printed'
  /** An exception is stated for an argument that the annotation excludes: `invalid-input` instead of it. */
  | 'refused'
  /** The function is not offered; the findings of the deployment say why. */
  | 'not-offered'
  /** The file could not be deployed; the findings say why. */
  | 'not-deployed'
  | 'miss';

export interface Judged {
  file: string;
  example: Example;
  outcome: Outcome;
  /** What came instead. */
  got?: string;
}

export interface Report {
  files: number;
  deployed: number;
  /** File and the findings that kept it out. */
  notDeployed: { file: string; why: string }[];
  judged: Judged[];
}

export interface CampaignOptions {
  folder: string;
  url: string;
  headers: Record<string, string>;
  /** Distributions by the names that are imported; what else is imported from outside stays unresolved. */
  allowed: Readonly<Record<string, string>>;
  /** Series of the interpreter; absent: the node chooses. */
  python?: string;
  concurrency?: number;
  onProgress?: (text: string) => void;
}

interface Deployed {
  operations: { name: string }[];
  findings: { message: string; line?: number }[];
}

/** Deploys each file as a service, calls what its examples call, over HTTP, and compares. */
export const campaign = async (collected: readonly Collected[], options: CampaignOptions): Promise<Report> => {
  const { headers, url, concurrency = 2 } = options;
  const report: Report = { files: 0, deployed: 0, notDeployed: [], judged: [] };
  const todo = collected.filter(({ examples }) => examples.length > 0);
  report.files = todo.length;
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < todo.length; at = next++) {
      const file = todo[at]!;
      const service = `f${at}`;
      const deployed = await deploy(service, file, options);
      if ('why' in deployed) {
        report.notDeployed.push({ file: file.entry, why: deployed.why });
        for (const example of file.examples)
          report.judged.push({ file: file.entry, example, outcome: 'not-deployed', got: deployed.why });
        continue;
      }
      report.deployed += 1;
      for (const example of file.examples) {
        const judged = await judge(service, deployed, example, options);
        report.judged.push({ file: file.entry, example, ...judged });
      }
      await fetch(`${url}/v1/services/${service}`, { method: 'DELETE', headers });
      done += 1;
      if (done % 50 === 0) options.onProgress?.(`${done} files, ${report.judged.length} examples`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return report;
};

const deploy = async (
  service: string,
  { entry, files, imports }: Collected,
  { folder, url, headers, allowed, python }: CampaignOptions,
): Promise<Deployed | { why: string }> => {
  const requirements = imports.flatMap((name) => allowed[name] ?? []);
  const form = new FormData();
  form.append('name', service);
  form.append('manifest', JSON.stringify({ entry, requirements, ...(python && { python }) }));
  for (const path of files) form.append('file', new Blob([readFileSync(join(folder, path))]), path);
  const answer = await fetch(`${url}/v1/services`, { method: 'POST', headers, body: form });
  const told = (await answer.json()) as Record<string, unknown>;
  if (answer.ok) return told as unknown as Deployed;
  const findings = (told['findings'] ?? []) as { level: string; message: string }[];
  const errors = findings.filter(({ level }) => level === 'error').map(({ message }) => message);
  return { why: errors.join('; ') || String(told['detail']) };
};

const judge = async (
  service: string,
  { operations, findings }: Deployed,
  example: Example,
  { url, headers }: CampaignOptions,
): Promise<Pick<Judged, 'outcome' | 'got'>> => {
  if (!operations.some(({ name }) => name === example.operation)) {
    const about = findings.filter(({ message }) => message.startsWith(example.operation.split('.')[0]!));
    return { outcome: 'not-offered', got: about.map(({ message }) => message).join('; ') };
  }
  const answer = await fetch(`${url}/v1/services/${service}/${example.operation}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: example.input,
  });
  const text = await answer.text();
  const { value, exception } = example;
  if (answer.status === 200 && value !== undefined) {
    const given = answer.headers.get('content-type')?.includes('ndjson') ? streamed(text) : text;
    if (sameJson(given, value)) return { outcome: 'value' };
    const shown = given === 'null' ? await printed(url, headers, answer.headers.get('crank-call')!) : undefined;
    if (shown?.trim() === example.text?.trim()) return { outcome: 'printed' };
    return { outcome: 'miss', got: given.slice(0, 300) };
  }
  if (answer.status === 200) return { outcome: 'miss', got: text.slice(0, 300) };
  const problem = JSON.parse(text) as { code: string; detail: string; exception?: { type: string; message: string } };
  const got = `${problem.code}: ${problem.detail}`.slice(0, 300);
  if (exception === undefined) return { outcome: 'miss', got };
  if (problem.code === 'invalid-input') return { outcome: 'refused', got };
  const same = problem.code === 'script-error' && sameException(problem.exception!, exception);
  return same ? { outcome: 'exception' } : { outcome: 'miss', got };
};

/** The items of a stream, less its last line, as one array. */
const streamed = (text: string): string => {
  const lines = text.trim().split('\n');
  return `[${lines.filter((line) => !line.startsWith('{"$crank"')).join(',')}]`;
};

const printed = async (url: string, headers: Record<string, string>, call: string): Promise<string | undefined> => {
  const answer = await fetch(`${url}/v1/calls/${call}`, { headers });
  return ((await answer.json()) as { stdout?: string }).stdout;
};
