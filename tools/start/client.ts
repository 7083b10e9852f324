import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

/** One entry of examples/index.json; examples/README.md says what the fields mean. */
export interface Example {
  name: string;
  path: string;
  operation: string;
  input: Record<string, unknown>;
  /** Parameter to file, relative to the folder of the index. */
  files: Record<string, string>;
  needsNetwork: boolean;
}

/** GET /v1/calls/{id}, as far as it is shown. */
export interface CallRecord {
  usage: { cpuNs: number; wallNs: number; peakMemoryBytes: number };
  energy: { joules: number; grade: string };
  carbon: { grams: number };
  charge: { total: string; currency: string };
}

export interface Access {
  url: string;
  key: string;
  signal: AbortSignal;
}

/** @throws Error with the problem's own words where the status is no success. */
const ask = async ({ url, key, signal }: Access, path: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${key}`);
  const answer = await fetch(new URL(path, url), { ...init, headers, signal });
  if (answer.ok) return answer;
  const body = await answer.text();
  throw new Error(`${init.method ?? 'GET'} ${path}: ${answer.status} ${problemText(body)}`);
};

const problemText = (body: string): string => {
  try {
    const { code, detail, findings } = JSON.parse(body) as {
      code?: string;
      detail?: string;
      findings?: { message: string; fix: string }[];
    };
    return [`${code}: ${detail}`, ...(findings ?? []).map(({ message, fix }) => `${message} ${fix}`)].join('\n    ');
  } catch {
    return body.slice(0, 500);
  }
};

/** The files of a script or folder, by the relative path under which they are deployed. */
const tree = (path: string): Map<string, string> => {
  if (statSync(path).isFile()) return new Map([[basename(path), path]]);
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes('__pycache__'))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [relative(path, file), file]));
};

/** Deploys a file or folder. */
export const deploy = async (access: Access, name: string, path: string): Promise<void> => {
  const form = new FormData();
  form.set('name', name);
  for (const [relativePath, file] of tree(path)) form.append('file', new Blob([readFileSync(file)]), relativePath);
  await ask(access, '/v1/services', { method: 'POST', body: form });
};

/** Arguments as JSON; files travel inside as name and base64. */
export const callArguments = (example: Example, folder: string): Record<string, unknown> => ({
  ...example.input,
  ...Object.fromEntries(
    Object.entries(example.files).map(([parameter, file]) => [
      parameter,
      { name: basename(file), base64: readFileSync(join(folder, file)).toString('base64') },
    ]),
  ),
});

export interface Called {
  id: string;
  /** The bytes answered: the receipt commits to them. */
  output: Uint8Array;
  record: CallRecord;
  /** The receipt file. */
  receipt: Uint8Array;
  /** Verifier key of the node's log. */
  vkey: string;
}

/** Calls an operation, and fetches what the node then has to say about that call. */
export const call = async (access: Access, example: Example, args: Record<string, unknown>): Promise<Called> => {
  const answer = await ask(access, `/v1/services/${example.name}/${example.operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(args),
  });
  const output = await answer.bytes();
  const id = answer.headers.get('crank-call');
  const receiptPath = answer.headers.get('crank-receipt');
  if (id === null || receiptPath === null)
    throw new Error('The answer names no call and receipt: is this a Crank node?');
  const [record, receipt, vkey] = await Promise.all([
    ask(access, `/v1/calls/${id}`).then((got) => got.json() as Promise<CallRecord>),
    ask(access, receiptPath).then((got) => got.bytes()),
    ask(access, '/log/vkey').then((got) => got.text()),
  ]);
  return { id, output, record, receipt, vkey: vkey.trim() };
};
