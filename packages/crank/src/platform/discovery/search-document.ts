import type { Json } from '#src/core/canonical-json.ts';
import type { JsonSchema, Manifest, Operation } from '#src/core/service.ts';

/** The words of an operation, by where they stand. */
export interface SearchDocument {
  name: ReadonlySet<string>;
  text: ReadonlySet<string>;
  /** What goes in: names, descriptions, types and media types of its parameters. */
  takes: ReadonlySet<string>;
  /** What comes out. */
  gives: ReadonlySet<string>;
}

/** Schemas are walked this deep, and give at most so many words. */
const DEPTH = 6;
const WORDS = 2_000;

/** What people call JSON Schema's types. */
const typeWords: Readonly<Record<string, readonly string[]>> = {
  string: ['text', 'string'],
  integer: ['number', 'integer'],
  number: ['number'],
  boolean: ['boolean', 'flag'],
  array: ['list', 'array'],
  object: ['object', 'record'],
};

/**
 * Words of a text, lower-case, with the ends taken off that tell `words` from `word` and `counting` from `count`, so that
 * either finds the other. `topWords` and `top_words` are two words each.
 */
export const wordsOf = (text: string): string[] =>
  text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => (word.length > 4 ? word.replace(/(?:ing|ies|es|ed|s)$/, '') : word.replace(/(?<=\p{L}{2})s$/u, '')));

/** What a search looks at of an operation. */
export const searchDocument = (service: string, manifest: Manifest, operation: Operation): SearchDocument => {
  const gives = [...schemaWords(operation.output)];
  if (operation.result === 'file') gives.push('file', ...mediaWords(operation.contentType));
  if (operation.result === 'stream') gives.push('stream', 'list');
  const takes = [...schemaWords(operation.input)];
  if (operation.files.length > 0) takes.push('file');
  return {
    name: new Set(wordsOf(`${service} ${operation.name}`)),
    text: new Set(wordsOf(`${manifest.description} ${operation.description}`)),
    takes: new Set(takes.flatMap(wordsOf)),
    gives: new Set(gives.flatMap(wordsOf)),
  };
};

/** `application/pdf` is a pdf, `text/csv` is text and csv. */
const mediaWords = (type: Json | undefined): string[] =>
  typeof type === 'string' ? type.split(/[/+;.]/).filter((word) => word !== 'application' && word !== 'x') : [];

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : isList(value) ? value : [value];

const membersOf = (value: Json | undefined): [string, Json][] =>
  typeof value === 'object' && value !== null && !isList(value) ? Object.entries(value) : [];

/** Members of a schema that are schemas, or lists of them. */
const INNER = ['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf', 'additionalProperties'];

const schemaWords = (schema: JsonSchema): Set<string> => {
  const words = new Set<string>();
  const add = (text: Json | undefined): void => {
    if (typeof text === 'string' && words.size < WORDS) words.add(text);
  };
  const walk = (value: Json | undefined, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEPTH) return;
    if (isList(value)) {
      for (const one of value) walk(one, depth + 1);
      return;
    }
    add(value['title']);
    add(value['description']);
    for (const word of mediaWords(value['contentMediaType'])) add(word);
    for (const type of listOf(value['type'])) for (const word of typeWords[String(type)] ?? []) add(word);
    for (const one of listOf(value['enum'])) add(one);
    for (const [name, one] of membersOf(value['properties'])) {
      add(name);
      walk(one, depth + 1);
    }
    for (const key of INNER) walk(value[key], depth + 1);
    for (const [, one] of membersOf(value['$defs'])) walk(one, depth + 1);
  };
  walk(schema, 0);
  return words;
};
