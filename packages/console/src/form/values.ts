import { fieldOf, NOT_FINITE, resolved, type Schema } from './schema.ts';

/** What somebody typed that is no value yet: it stays on the page as it is. */
export class Unfit {
  readonly text: string;
  readonly why: string;

  constructor(text: string, why: string) {
    this.text = text;
    this.why = why;
  }
}

export interface Fault {
  /** JSON Pointer, RFC 6901. */
  pointer: string;
  message: string;
}

export const within = (pointer: string, name: string | number): string =>
  `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Everything in a value that is none yet. */
export const unfit = (value: unknown, pointer = ''): Fault[] => {
  if (value instanceof Unfit) return [{ pointer, message: value.why }];
  if (typeof value !== 'object' || value === null || value instanceof Blob) return [];
  return Object.entries(value).flatMap(([name, each]) => unfit(each, within(pointer, name)));
};

/** Text of a number as the number; whole ones beyond 2^53 keep their digits. */
export const parseNumber = (text: string, whole: boolean): number | bigint | string | Unfit => {
  if (!whole && NOT_FINITE.includes(text)) return text;
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  const value = Number(text);
  if (!Number.isFinite(value)) return new Unfit(text, 'This is no number.');
  return whole && !Number.isInteger(value) ? new Unfit(text, 'This has to be a whole number.') : value;
};

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    return new Unfit(text, `This is no JSON: ${(error as Error).message}`);
  }
};

/** What a new item or a chosen variant begins with. */
export const blank = (given: Schema, root: Schema): unknown => {
  const schema = resolved(given, root);
  if ('default' in schema) return schema['default'];
  const field = fieldOf(schema, root);
  switch (field.kind) {
    case 'choice':
      return field.options[0];
    case 'flag':
      return false;
    case 'list':
      return [];
    case 'text':
      return '';
    case 'nullable':
      return null;
    case 'union':
      return blank(field.variants[0]!, root);
    case 'object': {
      const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
      return Object.fromEntries(
        field.members.flatMap(([name, one]) => (required.includes(name) ? [[name, blank(one, root)]] : [])),
      );
    }
    default:
      return undefined;
  }
};

/** Which of several variants a value is most likely of. */
export const variantOf = (value: unknown, variants: readonly Schema[], root: Schema): number => {
  const kind = value instanceof Unfit ? 'unfit' : Array.isArray(value) ? 'list' : typeof value;
  const kinds: Readonly<Record<string, readonly string[]>> = {
    string: ['text', 'choice'],
    number: ['number', 'integer'],
    bigint: ['integer', 'number'],
    boolean: ['flag'],
    list: ['list'],
    object: ['object'],
  };
  const score = (schema: Schema): number => {
    const field = fieldOf(schema, root);
    if (field.kind === 'choice') return field.options.includes(value) ? 3 : 0;
    if (!kinds[kind]?.includes(field.kind)) return 0;
    if (field.kind !== 'object') return 1;
    // A member with one value only tells variants apart.
    const members = value as Record<string, unknown>;
    return field.members.reduce((sum, [name, one]) => {
      const constant = resolved(one, root)['const'];
      if (constant !== undefined) return sum + (members[name] === constant ? 5 : -5);
      return sum + (name in members ? 1 : 0);
    }, 1);
  };
  const scores = variants.map(score);
  return Math.max(0, scores.indexOf(Math.max(...scores)));
};
