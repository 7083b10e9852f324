import { LineCounter, parseDocument } from 'yaml';
import type { JsonObject } from '#src/core/canonical-json.ts';
import { formatDestination, parseDestination } from '#src/core/destination.ts';
import type { Finding } from '#src/core/error.ts';
import { type Classification, classifications, isClassification } from '#src/core/personal-data.ts';
import { readSecretNames } from '#src/core/secret-names.ts';
import type { Isolation, Limits, Runtime } from '#src/core/service.ts';
import { readWantedWorkspaces, type WantedWorkspaces } from '#src/core/workspace.ts';
import { type CommandOutput, commandFields, type DeclaredCommand, outputs, readCommand } from './command-manifest.ts';
import { problem, quote } from './findings.ts';
import { readLimits } from './manifest-limits.ts';
import { type ModelSpecification, readModel } from './model-manifest.ts';
import { normalisePath, type Source } from './source.ts';
import { parseDuration } from './units.ts';

/** What the user may override of one operation. */
export interface DeclaredOperation {
  readonly description?: string;
  /** Content type of a file result. */
  readonly contentType?: string;
  /** Arguments that show how it is called; of files their names. */
  readonly example?: JsonObject;
  readonly classification?: Classification;
  readonly idempotent?: boolean;
  readonly retry?: { attempts: number; backoffMs: number };
  /** Modes of workspaces by name, beside those of the whole version. */
  readonly workspaces?: WantedWorkspaces;
  /** With `runtime: command`: what runs. */
  readonly command?: DeclaredCommand;
}

/** `crank.json` or `crank.yaml`: everything is optional, and what is absent is found out from the code. */
export interface DeclaredManifest {
  readonly name?: string;
  readonly description?: string;
  readonly entry?: string;
  /** What runs it; absent: what its entry is of. */
  readonly runtime?: Runtime;
  /** With `runtime: model`: what its operations take and give. */
  readonly model?: ModelSpecification;
  /** With `runtime: command`: the template of its only operation, `run`, and what that answers with. */
  readonly command?: string;
  readonly output?: CommandOutput;
  /** A series such as `3.12`, or a specifier such as `>=3.10` (PEP 440). */
  readonly python?: string;
  readonly isolation?: Isolation;
  readonly limits?: Partial<Limits>;
  /** Destinations, `host:port`, in canonical form and order. */
  readonly network?: readonly string[];
  /** Names of secrets by environment variable. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Modes of workspaces by name. */
  readonly workspaces?: WantedWorkspaces;
  /** PEP 508 lines. Where present, nothing else is asked for dependencies. */
  readonly requirements?: readonly string[];
  /** Where present, only these are published. */
  readonly operations?: ReadonlyMap<string, DeclaredOperation>;
}

const FILES = ['crank.json', 'crank.yaml', 'crank.yml'];
const MAX_BYTES = 64 * 1024;
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}(?:; ?[\w-]{1,32}=[\w.-]{1,64})?$/;

type Wrong = (pointer: string, message: string, fix: string) => void;
type Reader = (value: unknown, wrong: Wrong) => unknown;

const text =
  (field: string, max: number): Reader =>
  (value, wrong) => {
    if (typeof value === 'string' && value.length <= max && value.isWellFormed()) return value;
    const hint = typeof value === 'number' ? `Put it in quotes: "${field}": "${value}".` : 'Write it in quotes.';
    wrong(`/${field}`, `"${field}" is not a text of at most ${max} characters.`, hint);
    return undefined;
  };

const FIELDS: Readonly<Record<string, Reader>> = {
  name: text('name', 128),
  description: text('description', 8_192),
  entry: (value, wrong) => {
    const normal = typeof value === 'string' ? normalisePath(value) : { wrong: 'is not text' };
    if ('path' in normal) return normal.path;
    wrong('/entry', `"entry" ${normal.wrong}.`, 'Name a .py file, or an .onnx file, by its path within the folder.');
    return undefined;
  },
  runtime: (value, wrong) => {
    if (value === 'python' || value === 'model' || value === 'node' || value === 'command') return value;
    wrong('/runtime', '"runtime" is none of "python", "model", "node", "command".', 'Leave it out: the entry tells.');
    return undefined;
  },
  model: (value, wrong) => readModel(value, wrong),
  command: (value, wrong) => {
    if (typeof value !== 'string')
      wrong('/command', '"command" is not a text.', 'Write it as "sort {doc:in}"; several are "operations".');
    return readCommand({ command: value }, '', wrong)?.template;
  },
  output: (value, wrong) => {
    if (outputs.includes(value as CommandOutput)) return value;
    wrong('/output', `"output" is none of ${outputs.join(', ')}.`, 'Leave it out for text.');
    return undefined;
  },
  python: text('python', 64),
  isolation: (value, wrong) => {
    if (value === 'fresh' || value === 'warm' || value === 'container') return value;
    wrong('/isolation', '"isolation" is none of "fresh", "warm", "container".', 'Leave it out for "fresh".');
    return undefined;
  },
  limits: (value, wrong) => readLimits(value, wrong),
  network: (value, wrong) => readNetwork(value, wrong),
  secrets: (value, wrong) => {
    const read = readSecretNames(value);
    if (!('wrong' in read)) return Object.keys(read.secrets).length === 0 ? undefined : read.secrets;
    wrong('/secrets', `"secrets" ${read.wrong}.`, 'Write it as ["STRIPE_KEY"], or as {"STRIPE_KEY": "stripe-live"}.');
    return undefined;
  },
  workspaces: (value, wrong) => {
    const read = readWantedWorkspaces(value);
    if (!('wrong' in read)) return Object.keys(read.workspaces).length === 0 ? undefined : read.workspaces;
    wrong('/workspaces', `"workspaces" ${read.wrong}.`, 'Write it as {"archive": "read", "notes": "write"}.');
    return undefined;
  },
  requirements: (value, wrong) => {
    if (Array.isArray(value) && value.length <= 500 && value.every((line) => typeof line === 'string')) return value;
    wrong('/requirements', '"requirements" is not a list of texts.', 'Write it as ["requests>=2", "six"].');
    return undefined;
  },
  operations: (value, wrong) => readOperations(value, wrong),
};

const MAX_DESTINATIONS = 50;

const readNetwork = (value: unknown, wrong: Wrong): readonly string[] | undefined => {
  const form = 'Write it as ["api.example.org:443"].';
  if (!Array.isArray(value) || value.length > MAX_DESTINATIONS) {
    wrong('/network', `"network" is not a list of at most ${MAX_DESTINATIONS} destinations.`, form);
    return undefined;
  }
  const read = value.flatMap((text: unknown, index) => {
    const destination = typeof text === 'string' ? parseDestination(text) : { wrong: 'is not text' };
    if (!('wrong' in destination)) return [formatDestination(destination)];
    wrong(`/network/${index}`, `${quote(String(text))} ${destination.wrong}.`, form);
    return [];
  });
  return read.length === 0 ? undefined : [...new Set(read)].sort();
};

const readOperations = (value: unknown, wrong: Wrong): ReadonlyMap<string, DeclaredOperation> | undefined => {
  const form = 'Write it as ["f", "g"], or as {"f": {"description": "..."}}.';
  if (Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string'))
    return new Map(value.map((name: string) => [name, {}]));
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    wrong('/operations', '"operations" is not a list of names or an object.', form);
    return undefined;
  }
  const operations = new Map<string, DeclaredOperation>();
  for (const [name, given] of Object.entries(value)) {
    const pointer = `/operations/${name}`;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      wrong(pointer, `The operation ${quote(name)} is not described by an object.`, form);
      continue;
    }
    const { description, contentType, example, classification, idempotent, retry, workspaces, ...more } =
      given as Record<string, unknown>;
    for (const field of Object.keys(more))
      if (!(commandFields as readonly string[]).includes(field))
        wrong(
          `${pointer}/${field}`,
          `${quote(field)} is unknown.`,
          `Known: description, contentType, example, classification, idempotent, retry, workspaces; of commands: ${commandFields.join(', ')}.`,
        );
    const command = readCommand(more, pointer, wrong);
    if (description !== undefined && (typeof description !== 'string' || description.length > 8_192))
      wrong(pointer, 'The description is not a text of at most 8192 characters.', form);
    if (contentType !== undefined && (typeof contentType !== 'string' || !MEDIA_TYPE.test(contentType)))
      wrong(pointer, 'The contentType is not a media type.', 'Write it as "image/png".');
    if (example !== undefined && (typeof example !== 'object' || example === null || Array.isArray(example)))
      wrong(pointer, 'The example is no object of arguments.', 'Write it as {"text": "a b a"}.');
    if (classification !== undefined && !isClassification(classification))
      wrong(
        `${pointer}/classification`,
        `The classification is none of ${classifications.join(', ')}.`,
        'Write one of them.',
      );
    if (idempotent !== undefined && typeof idempotent !== 'boolean')
      wrong(pointer, 'The "idempotent" is neither true nor false.', 'Write true where running it twice does no harm.');
    const again = retry === undefined ? undefined : readRetry(retry);
    if (again !== undefined && 'wrong' in again)
      wrong(`${pointer}/retry`, `The "retry" ${again.wrong}.`, 'Write it as {"attempts": 3, "backoff": "2s"}.');
    else if (again !== undefined && idempotent !== true)
      wrong(`${pointer}/retry`, 'Only what is idempotent is tried again.', 'Add "idempotent": true, if it is.');
    const spaces = workspaces === undefined ? undefined : readWantedWorkspaces(workspaces);
    if (spaces !== undefined && 'wrong' in spaces)
      wrong(`${pointer}/workspaces`, `"workspaces" ${spaces.wrong}.`, 'Write it as {"archive": "read"}.');
    operations.set(name, {
      ...(description !== undefined && { description: description as string }),
      ...(contentType !== undefined && { contentType: contentType as string }),
      ...(example !== undefined && { example: example as JsonObject }),
      ...(isClassification(classification) && { classification }),
      ...(idempotent !== undefined && { idempotent: idempotent as boolean }),
      ...(again !== undefined && !('wrong' in again) && { retry: again }),
      ...(spaces !== undefined && !('wrong' in spaces) && { workspaces: spaces.workspaces }),
      ...(command && { command }),
    });
  }
  return operations;
};

const MOST_ATTEMPTS = 20;
const LONGEST_BACKOFF_MS = 3_600_000;

/** How often a job is begun, and how long it waits before it is begun again. */
const readRetry = (value: unknown): { attempts: number; backoffMs: number } | { wrong: string } => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { wrong: 'is not an object' };
  const { attempts = 3, backoff = '1s', ...unknown } = value as Record<string, unknown>;
  const [other] = Object.keys(unknown);
  if (other !== undefined) return { wrong: `has the unknown member ${quote(other)}` };
  if (!Number.isInteger(attempts) || (attempts as number) < 2 || (attempts as number) > MOST_ATTEMPTS)
    return { wrong: `has an "attempts" that is no whole number from 2 to ${MOST_ATTEMPTS}` };
  const backoffMs = typeof backoff === 'string' ? parseDuration(backoff) : undefined;
  if (backoffMs === undefined || backoffMs < 1 || backoffMs > LONGEST_BACKOFF_MS)
    return { wrong: 'has a "backoff" that is no duration of at most an hour' };
  return { attempts: attempts as number, backoffMs };
};

/**
 * Reads the manifest given with the deployment or, without one, the source's own `crank.json` or `crank.yaml`.
 * Unknown fields are errors: a misspelt limit must not be silently without effect.
 */
export const readManifest = (source: Source, given?: string): { manifest: DeclaredManifest; findings: Finding[] } => {
  const present = FILES.filter((path) => source.files.has(path));
  if (given === undefined && present.length > 1) {
    const message = `There is more than one manifest: ${present.join(', ')}.`;
    return { manifest: {}, findings: [problem(present[1]!, message, 'Keep one of them.')] };
  }
  if (given !== undefined) return parseManifest('manifest', given);
  const path = present[0];
  if (path === undefined) return { manifest: {}, findings: [] };
  return parseManifest(path, new TextDecoder().decode(source.files.get(path)));
};

const parseManifest = (file: string, content: string): { manifest: DeclaredManifest; findings: Finding[] } => {
  const findings: Finding[] = [];
  const fail = (message: string, fix: string, line?: number) => {
    if (findings.length < 50) findings.push(problem(file, message, fix, line));
    return { manifest: {}, findings };
  };
  if (content.length > MAX_BYTES) return fail(`It has more than ${MAX_BYTES / 1024} KiB.`, 'Shorten it.');
  if (file === 'crank.json')
    try {
      JSON.parse(content);
    } catch (error) {
      return fail(`It is not JSON: ${(error as SyntaxError).message}.`, 'Mend it, or write crank.yaml.');
    }
  // JSON is YAML, so one reader gives line numbers and refuses doubled keys in both. No aliases: nothing can multiply.
  const counter = new LineCounter();
  const document = parseDocument(content, { lineCounter: counter, uniqueKeys: true, version: '1.2', schema: 'core' });
  const bad = document.errors[0] ?? document.warnings[0];
  if (bad !== undefined) {
    const line = bad.linePos?.[0].line;
    return fail(`It cannot be read: ${bad.message.split('\n')[0]}.`, 'Mend that line.', line);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    return fail(`It cannot be read: ${(error as Error).message}.`, 'Write it without aliases.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail('It is not an object.', 'Write it as {"name": "words"}.');
  const manifest: Record<string, unknown> = {};
  for (const [field, member] of Object.entries(value)) {
    const reader = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    const lineOf = (pointer: string): number | undefined => {
      for (let path = pointer.split('/').slice(1); path.length > 0; path = path.slice(0, -1)) {
        const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
        if (node?.range) return counter.linePos(node.range[0]).line;
      }
      return undefined;
    };
    if (reader === undefined) {
      const known = Object.keys(FIELDS).join(', ');
      fail(`The field ${quote(field)} is unknown.`, `Known: ${known}.`, lineOf(`/${field}`));
      continue;
    }
    const read = reader(member, (pointer, message, fix) => fail(message, fix, lineOf(pointer)));
    if (read !== undefined) manifest[field] = read;
  }
  return { manifest: manifest as DeclaredManifest, findings };
};
