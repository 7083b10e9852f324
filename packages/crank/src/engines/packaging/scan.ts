import { CrankError, type Finding } from '#src/core/error.ts';
import { problem, quote, remark } from './findings.ts';
import type { Source } from './source.ts';
import type { Work, Workshop } from './workshop.ts';

/** A module that a source imports, and that neither it nor the standard library has. */
export interface ImportedModule {
  /** Dotted: the part that stands for one distribution. */
  readonly module: string;
  readonly file: string;
  readonly line: number;
  /** `required`: when the source is imported; `lazy`: in a function; `optional`: it goes on without. */
  readonly kind: 'required' | 'lazy' | 'optional';
  /** Null where none can be told from the name. */
  readonly distribution: string | null;
  /** Whether that stands in the table, rather than being the module's own name. */
  readonly known: boolean;
  /** Why the name is not taken for a distribution's. */
  readonly unfit?: 'python2' | 'removed' | 'elsewhere' | 'private' | 'resembles';
  /** With `elsewhere`: where; with `resembles`: what. */
  readonly like?: string;
  /** With `removed`: the last series of Python that has it. */
  readonly series?: string;
}

/** Something that a source does which the default limits do not allow, or not enough of. */
export interface Use {
  readonly need: 'subprocesses' | 'memory' | 'network' | 'shared-memory';
  readonly what: string;
  readonly file: string;
  readonly line: number;
  readonly bytes: number;
}

/** What a source says without being run. */
export interface Scan {
  readonly modules: readonly ImportedModule[];
  readonly uses: readonly Use[];
  /** `host:port` of URLs that stand in it. */
  readonly hosts: readonly string[];
  /** Literals in the call of setup() in `setup.py`. */
  readonly setup: { readonly requirements?: readonly string[]; readonly python?: string };
}

/** Of a source without Python. */
export const nothingScanned: Scan = { modules: [], uses: [], hosts: [], setup: {} };
const MAX_BYTES = 16 * 2 ** 20;

/** Reads a source in a sandbox (`crank_runtime/scan.py`). What cannot be read so is a remark: importing it tells more. */
export const scanSource = async (
  source: Source,
  entry: string,
  workshop: Workshop,
  work: Omit<Work, 'request'>,
): Promise<{ scan: Scan; findings: Finding[] }> => {
  const without = (why: string): { scan: Scan; findings: Finding[] } => ({
    scan: nothingScanned,
    findings: [
      remark(entry, `Its imports could not be read: ${why}.`, 'Declare the dependencies and limits yourself.'),
    ],
  });
  const files = [...source.files].filter(([path]) => path.endsWith('.py') || path === entry);
  if (files.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0) > MAX_BYTES)
    return without(`there are more than ${MAX_BYTES / 2 ** 20} MiB of Python`);
  const folders = new Set<string>();
  for (const [path] of files)
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      folders.add(path.slice(0, end));
  const head = { entry, files: files.map(([path, bytes]) => [path, bytes.byteLength]), folders: [...folders] };
  const request = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...files.map(([, bytes]) => bytes)]);
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(await workshop.scan({ ...work, request })).toString());
  } catch (error) {
    if (error instanceof SyntaxError) return without('what came back is not JSON');
    if (error instanceof CrankError && error.code === 'not-deployable') return without(error.message);
    throw error;
  }
  return { scan: readAnswer(answer), findings: unreadable(answer) };
};

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.slice(0, 500).map(fieldsOf) : []);
const textOf = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === 'string' && pattern.test(value) ? value : undefined;
const oneOf = <T extends string>(value: unknown, among: readonly T[]): T | undefined =>
  among.find((one) => one === value);
const countOf = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;

const MODULE = /^[A-Za-z_]\w{0,99}(?:\.[A-Za-z_]\w{0,99}){0,5}$/;
const DISTRIBUTION = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;
const ANY = /^[^\p{Cc}]{1,1024}$/u;

/** Members of the right shape; whatever else a sandbox may say is passed over. */
const readAnswer = (answer: unknown): Scan => {
  const said = fieldsOf(answer);
  const setup = fieldsOf(said['setup']);
  const { install_requires: requirements, python_requires: python } = setup;
  return {
    modules: listOf(said['modules']).flatMap((one) => {
      const module = textOf(one['module'], MODULE);
      const kind = oneOf(one['kind'], ['required', 'lazy', 'optional']);
      const unfit = oneOf(one['unfit'], ['python2', 'removed', 'elsewhere', 'private', 'resembles']);
      const like = textOf(one['like'], ANY);
      const series = textOf(one['series'], /^3\.\d{1,2}$/);
      if (module === undefined || kind === undefined) return [];
      return {
        ...{ module, kind, file: textOf(one['file'], ANY) ?? '', line: countOf(one['line']) },
        ...{ distribution: textOf(one['distribution'], DISTRIBUTION) ?? null, known: one['known'] === true },
        ...(unfit && { unfit }),
        ...(like !== undefined && { like }),
        ...(series !== undefined && { series }),
      };
    }),
    uses: listOf(said['uses']).flatMap((one) => {
      const need = oneOf(one['need'], ['subprocesses', 'memory', 'network', 'shared-memory']);
      const what = textOf(one['what'], ANY);
      if (need === undefined || what === undefined) return [];
      return {
        need,
        what,
        file: textOf(one['file'], ANY) ?? '',
        line: countOf(one['line']),
        bytes: countOf(one['bytes']),
      };
    }),
    hosts: Array.isArray(said['hosts'])
      ? said['hosts'].slice(0, 20).flatMap((host) => textOf(host, /^[a-z0-9.-]{1,253}:\d{1,5}$/) ?? [])
      : [],
    setup: {
      ...(Array.isArray(requirements) && requirements.every((one) => typeof one === 'string') && { requirements }),
      ...(typeof python === 'string' && { python }),
    },
  };
};

const unreadable = (answer: unknown): Finding[] =>
  listOf(fieldsOf(answer)['unreadable'])
    .slice(0, 20)
    .map((one) => {
      const message = `It cannot be read as Python: ${quote(textOf(one['message'], ANY) ?? '', 200)}.`;
      const fix = 'What it imports is not known; mend it, or declare the dependencies.';
      return {
        ...problem(textOf(one['file'], ANY) ?? '', message, fix, countOf(one['line']) || undefined),
        level: 'warning',
      };
    });
