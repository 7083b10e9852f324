import type { Limits } from '#src/core/service.ts';
import { parseBytes, parseDuration } from './units.ts';

type Kind = 'ms' | 'bytes' | 'count';
interface Field {
  readonly to: keyof Limits;
  /** What people write; the machine's name, `to`, is accepted as well. */
  readonly human: string;
  readonly kind: Kind;
  readonly min: number;
  readonly max: number;
}

/** What a manifest may ask for at all. Policy decides what it gets. */
const FIELDS: readonly Field[] = [
  { to: 'wallMs', human: 'wall', kind: 'ms', min: 10, max: 24 * 3_600_000 },
  { to: 'cpuMs', human: 'cpu', kind: 'ms', min: 10, max: 24 * 3_600_000 },
  { to: 'memoryBytes', human: 'memory', kind: 'bytes', min: 32 * 2 ** 20, max: 2 ** 40 },
  { to: 'outputBytes', human: 'output', kind: 'bytes', min: 1_024, max: 2 ** 30 },
  { to: 'fileBytes', human: 'file', kind: 'bytes', min: 1_024, max: 2 ** 40 },
  { to: 'tmpBytes', human: 'tmp', kind: 'bytes', min: 0, max: 2 ** 40 },
  { to: 'subprocesses', human: 'subprocesses', kind: 'count', min: 0, max: 10_000 },
  { to: 'threads', human: 'threads', kind: 'count', min: 1, max: 10_000 },
];

const EXAMPLE = { ms: '"10s" or 10000 (milliseconds)', bytes: '"512Mi" or 536870912 (bytes)', count: '4' } as const;

/** Reads the manifest's `limits`: names as in `Limits`, or `wall`, `cpu`, `memory`, `output`, `file`, `tmp`. */
export const readLimits = (
  given: unknown,
  wrong: (pointer: string, message: string, fix: string) => void,
): Partial<Limits> => {
  const limits: Partial<Limits> = {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    wrong('/limits', '"limits" is not an object.', 'Write it as {"memory": "1Gi", "wall": "2min"}.');
    return limits;
  }
  for (const [name, value] of Object.entries(given)) {
    const pointer = `/limits/${name}`;
    const field = FIELDS.find(({ to, human }) => name === to || name === human);
    if (field === undefined) {
      const known = FIELDS.map(({ human }) => human).join(', ');
      wrong(pointer, `There is no limit called ${JSON.stringify(name)}.`, `Known: ${known}.`);
    } else if (limits[field.to] !== undefined) {
      wrong(pointer, `"${field.human}" and "${field.to}" are the same limit.`, 'Keep one of them.');
    } else {
      const amount = read(field.kind, value);
      if (amount === undefined || !Number.isSafeInteger(amount))
        wrong(pointer, `The limit "${name}" cannot be read.`, `Write it as ${EXAMPLE[field.kind]}.`);
      else if (amount < field.min || amount > field.max)
        wrong(pointer, `The limit "${name}" is out of range.`, `Choose from ${field.min} to ${field.max}.`);
      else limits[field.to] = amount;
    }
  }
  return limits;
};

const read = (kind: Kind, value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || kind === 'count') return undefined;
  return kind === 'ms' ? parseDuration(value) : parseBytes(value);
};
