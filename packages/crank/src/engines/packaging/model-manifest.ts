import { canonicalJson } from '#src/core/canonical-json.ts';
import type { JsonObject } from '#src/core/service.ts';
import { quote } from './findings.ts';
import { parseRequirement } from './pep508.ts';
import { normalisePath, type Source } from './source.ts';

/**
 * The manifest's `model`: `{threads?, operations?: {NAME: {description?, takes?, gives?, constants?}}}`. Its form is checked
 * here; whether it goes with the model is found out inside (`crank_runtime/model`).
 */
export type ModelSpecification = JsonObject;

type Wrong = (pointer: string, message: string, fix: string) => void;
interface Kind {
  readonly is: (value: unknown) => boolean;
  /** What it should be: "true or false". */
  readonly form: string;
}

const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= max && value.isWellFormed();
const name: Kind = { is: (value) => isText(value, 200), form: 'a name' };
const path: Kind = {
  is: (value) => isText(value, 1_024) && !('wrong' in normalisePath(value)),
  form: 'the path of a file of the folder',
};
const flag: Kind = { is: (value) => typeof value === 'boolean', form: 'true or false' };
const number: Kind = { is: (value) => typeof value === 'number' && Number.isFinite(value), form: 'a number' };
const count = (min: number, max: number): Kind => ({
  is: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  form: `a whole number from ${min} to ${max}`,
});
const choice = (...among: string[]): Kind => ({
  is: (value) => among.includes(value as string),
  form: `one of ${among.join(', ')}`,
});
const list = (kind: Kind, min: number, max: number, form: string): Kind => ({
  is: (value) => Array.isArray(value) && value.length >= min && value.length <= max && value.every(kind.is),
  form,
});
const names = list(name, 1, 100_000, 'a list of names');
const either = (...kinds: Kind[]): Kind => ({
  is: (value) => kinds.some((kind) => kind.is(value)),
  form: kinds.map(({ form }) => form).join(', or '),
});

type Fields = Readonly<Record<string, Kind>>;
const record = (fields: Fields, required: readonly string[] = []): Kind => ({
  is: (value) =>
    isObject(value) &&
    required.every((field) => Object.hasOwn(value, field)) &&
    Object.entries(value).every(([field, member]) => Object.hasOwn(fields, field) && fields[field]!.is(member)),
  form: `an object of ${Object.keys(fields).join(', ')}`,
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const SIZE = count(1, 1 << 24);
const activation = choice('softmax', 'sigmoid', 'none');
const hashing = record(
  {
    size: SIZE,
    ngrams: list(count(1, 10), 1, 10, 'a list of lengths'),
    lowercase: flag,
    normalise: flag,
  },
  ['size'],
);

/** What `takes` and `gives` may name: the fields of each, and those that must be there. */
const TAKES: Readonly<Record<string, { fields: Fields; required?: readonly string[] }>> = {
  bytes: {
    fields: { tensor: name, begin: SIZE, end: SIZE, block: SIZE, pad: count(0, 65_535), strip: flag },
  },
  text: { fields: { tensor: name, tokenizer: path, hashing, length: count(1, 1 << 16) } },
  image: {
    fields: {
      tensor: name,
      width: count(1, 8_192),
      height: count(1, 8_192),
      resize: choice('stretch', 'cover', 'contain'),
      channels: choice('rgb', 'bgr', 'grey'),
      layout: choice('nchw', 'nhwc'),
      scale: number,
      mean: list(number, 1, 3, 'a list of one number, or of one for each channel'),
      deviation: list(
        { is: (value) => number.is(value) && value !== 0, form: '' },
        1,
        3,
        'a list of one number, or of one for each channel, none of them 0',
      ),
    },
  },
  audio: {
    fields: { tensor: name, rate: count(1_000, 384_000), window: SIZE, context: count(0, 1 << 20) },
    required: ['rate', 'window'],
  },
  features: {
    fields: {
      tensor: name,
      names: list(
        { is: (value) => typeof value === 'string' && /^[A-Za-z_]\w{0,99}$/.test(value), form: '' },
        1,
        1_000,
        'a list of names of letters, digits and "_"',
      ),
    },
    required: ['names'],
  },
};
const GIVES: typeof TAKES = {
  labels: {
    fields: {
      tensor: name,
      names: either(path, names),
      activation,
      top: count(1, 1_000),
      threshold: number,
      multiple: flag,
    },
  },
  value: { fields: { tensor: name, activation } },
  vector: { fields: { tensor: name, pool: choice('mean', 'first', 'none'), normalise: flag } },
  segments: { fields: { tensor: name, threshold: number, gap: number } },
};

const OPERATION = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const MAX_OPERATIONS = 50;
/** Threads that a session may have; more than the machine's cores are of no use. */
const MAX_THREADS = 64;

/** Reads `model` of a manifest. Unknown fields are wrong: a misspelt one must not be silently without effect. */
export const readModel = (value: unknown, wrong: Wrong): ModelSpecification | undefined => {
  if (!isObject(value)) {
    wrong('/model', '"model" is not an object.', 'Write it as {"operations": {"classify": {"takes": "image"}}}.');
    return undefined;
  }
  const { threads, operations, ...unknown } = value;
  for (const field of Object.keys(unknown))
    wrong(`/model/${field}`, `${quote(field)} is unknown.`, 'Known: threads, operations.');
  if (threads !== undefined && !count(1, MAX_THREADS).is(threads))
    wrong('/model/threads', `"threads" is not ${count(1, MAX_THREADS).form}.`, 'Leave it out for 1.');
  const read: Record<string, JsonObject> = {};
  if (operations !== undefined) {
    const many = isObject(operations) ? Object.entries(operations) : [];
    if (many.length === 0 || many.length > MAX_OPERATIONS)
      wrong(
        '/model/operations',
        `"operations" is not an object of 1 to ${MAX_OPERATIONS} operations.`,
        'Write it as {"classify": {"takes": "image", "gives": "labels"}}, or leave it out for "predict".',
      );
    for (const [operation, given] of many) {
      const pointer = `/model/operations/${operation}`;
      if (!OPERATION.test(operation))
        wrong(pointer, `${quote(operation)} is no name of an operation.`, 'Use letters, digits and "_".');
      else read[operation] = readOperation(given, pointer, wrong);
    }
  }
  return { ...(threads !== undefined && { threads: threads as number }), operations: read };
};

const readOperation = (value: unknown, pointer: string, wrong: Wrong): JsonObject => {
  // YAML's way to say nothing: `predict:`
  const given = value === null ? {} : value;
  if (!isObject(given)) {
    wrong(
      pointer,
      'The operation is not described by an object.',
      'Write it as {"takes": "image", "gives": "labels"}.',
    );
    return {};
  }
  const { description, takes, gives, constants, ...unknown } = given;
  for (const field of Object.keys(unknown))
    wrong(`${pointer}/${field}`, `${quote(field)} is unknown.`, 'Known: description, takes, gives, constants.');
  if (description !== undefined && !isText(description, 8_192))
    wrong(`${pointer}/description`, 'The description is not a text of at most 8192 characters.', 'Write it in quotes.');
  if (constants !== undefined && !isObject(constants))
    wrong(`${pointer}/constants`, '"constants" is not an object.', 'Write it as {"sr": 16000, "state": 0}.');
  return {
    ...(typeof description === 'string' && { description }),
    ...(takes !== undefined && { takes: readPart(takes, `${pointer}/takes`, TAKES, wrong) }),
    ...(gives !== undefined && { gives: readPart(gives, `${pointer}/gives`, GIVES, wrong) }),
    ...(isObject(constants) && { constants: constants as JsonObject }),
  };
};

/** `image`, or `{image: {...}}`. */
const readPart = (given: unknown, pointer: string, among: typeof TAKES, wrong: Wrong): JsonObject => {
  const kinds = Object.keys(among).join(', ');
  const value = typeof given === 'string' ? { [given]: {} } : given;
  const entries = isObject(value) ? Object.entries(value) : [];
  const [kind, inner] = entries[0] ?? ['', undefined];
  const fields = Object.hasOwn(among, kind) ? among[kind]! : undefined;
  if (entries.length !== 1 || fields === undefined) {
    wrong(pointer, 'It names none of the kinds there are, or more than one.', `Known: ${kinds}.`);
    return {};
  }
  const members = inner === null ? {} : inner;
  if (!isObject(members)) {
    wrong(
      `${pointer}/${kind}`,
      `"${kind}" is not an object.`,
      `Known in it: ${Object.keys(fields.fields).join(', ')}.`,
    );
    return {};
  }
  for (const [field, member] of Object.entries(members)) {
    const known = Object.hasOwn(fields.fields, field) ? fields.fields[field] : undefined;
    if (known === undefined)
      wrong(
        `${pointer}/${kind}/${field}`,
        `${quote(field)} is unknown in "${kind}".`,
        `Known: ${Object.keys(fields.fields).join(', ')}.`,
      );
    else if (!known.is(member))
      wrong(`${pointer}/${kind}/${field}`, `"${field}" is not ${known.form}.`, 'Mend it, or leave it out.');
  }
  for (const field of fields.required ?? [])
    if (!Object.hasOwn(members, field))
      wrong(`${pointer}/${kind}`, `"${kind}" lacks "${field}".`, `It is ${fields.fields[field]!.form}.`);
  return { [kind]: members as JsonObject };
};

/** Where the specification lies for what runs inside. */
const SPECIFICATION = '.crank/model.json';

/** The source with what its manifest says of the model, and with nothing else in that place. */
export const withSpecification = (source: Source, model: ModelSpecification | undefined): Source => {
  const files = new Map([...source.files].filter(([path]) => !path.startsWith('.crank/')));
  if (model !== undefined) files.set(SPECIFICATION, Buffer.from(canonicalJson(model)));
  return { ...source, files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))) };
};

/** The requirements of a model: what is declared, and the packages that it needs beside. */
export const modelRequirements = (
  model: ModelSpecification | undefined,
  declared: readonly string[] = [],
): readonly string[] => {
  const operations = Object.values((model?.['operations'] ?? {}) as Record<string, JsonObject>);
  const takes = operations.map((one) => (one['takes'] ?? {}) as Record<string, JsonObject>);
  const wanted = ['onnxruntime'];
  if (takes.some((one) => Object.hasOwn(one, 'image'))) wanted.push('pillow');
  if (takes.some(({ text }) => text !== undefined && Object.hasOwn(text, 'tokenizer'))) wanted.push('tokenizers');
  const there = declared.flatMap((line) => {
    const requirement = parseRequirement(line);
    return 'wrong' in requirement ? [] : [requirement.name];
  });
  return [...declared, ...wanted.filter((name) => !there.includes(name))];
};
