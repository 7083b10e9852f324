import { CrankError } from '#src/core/error.ts';
import type { JsonSchema } from '#src/core/service.ts';
import { readJson } from '#src/platform/read-json.ts';
import { admittedTypes, argumentSchema } from './schema-types.ts';

/** A form field that is no file: its bytes, and whether its part calls itself JSON. */
export interface Field {
  name: string;
  bytes: Buffer;
  json: boolean;
}

/**
 * The JSON texts of arguments given as form fields, by name:
 * - a part that calls itself `application/json` is JSON;
 * - where the parameter takes strings and nothing else (but null), the text is the string as it stands;
 * - else the text is JSON where it reads as JSON, and a string where it does not;
 * - a field given several times is an array of what its parts are;
 * - a field `input`, where the operation has no such parameter and takes no others, is an object of all the arguments.
 *
 * The text of JSON is kept as it is, so numbers keep their digits.
 *
 * @throws CrankError `malformed-request`
 */
export const formArguments = (fields: readonly Field[], input: JsonSchema): Map<string, string> => {
  const whole = isClosedWithout(input, 'input') ? fields.filter((field) => field.name === 'input') : [];
  const given = new Map(whole.flatMap(members));
  const several = new Map<string, string[]>();
  for (const field of fields) {
    if (whole.includes(field)) continue;
    if (given.has(field.name)) throw givenTwice(field.name);
    const texts = several.get(field.name);
    if (texts === undefined) several.set(field.name, [textOf(field, input)]);
    else texts.push(textOf(field, input));
  }
  for (const [name, texts] of several) given.set(name, texts.length === 1 ? texts[0]! : `[${texts.join(',')}]`);
  return given;
};

export const givenTwice = (name: string): CrankError =>
  new CrankError(
    'malformed-request',
    `The argument ${JSON.stringify(name.slice(0, 80))} is given twice: send it once.`,
  );

const isClosedWithout = (input: JsonSchema, name: string): boolean =>
  typeof input === 'object' && input['additionalProperties'] === false && argumentSchema(input, name) === undefined;

const textOf = ({ name, bytes, json }: Field, input: JsonSchema): string => {
  const what = `The field ${JSON.stringify(name.slice(0, 80))}`;
  if (json) {
    readJson(bytes, what);
    return bytes.toString('utf8');
  }
  const types = admittedTypes(argumentSchema(input, name), input);
  const textOnly = types.has('string') && [...types].every((type) => type === 'string' || type === 'null');
  const text = utf8(bytes, what);
  if (textOnly) return JSON.stringify(text);
  try {
    readJson(bytes, what);
    return text;
  } catch (error) {
    if (!(error instanceof CrankError) || /nested deeper/.test(error.message)) throw error;
    return JSON.stringify(text);
  }
};

const utf8 = (bytes: Buffer, what: string): string => {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) {
    throw new CrankError(
      'malformed-request',
      `${what} is not UTF-8: send it as a file, with a file name, if it is binary.`,
    );
  }
  return text;
};

/** The members of a JSON object as texts; numbers keep theirs. */
const members = ({ bytes }: Field): [string, string][] => {
  readJson(bytes, 'The field "input"');
  const value: unknown = JSON.parse(bytes.toString('utf8'), keepNumber);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CrankError(
      'malformed-request',
      'The field "input" is no JSON object: send the arguments by parameter name.',
    );
  }
  return Object.entries(value).map(([name, member]) => [name, JSON.stringify(member)]);
};

/** ECMAScript's "JSON.parse source text access", which TypeScript does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
const keepNumber = (...[, value, context]: [key: string, value: unknown, context?: { source?: string }]): unknown =>
  typeof value === 'number' && context?.source !== undefined ? rawJSON(context.source) : value;
