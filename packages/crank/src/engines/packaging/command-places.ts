import type { JsonObject } from '#src/core/canonical-json.ts';
import { TemplateError } from './command-words.ts';
import { NO_NUL, NO_OPTION } from './schema-patterns.ts';

export interface Parameter {
  readonly kind: 'string' | 'int' | 'number' | 'choice' | 'flag' | 'in-file' | 'out-file' | 'stdin';
  readonly required: boolean;
  readonly array: boolean;
  /** What its values must be; nothing for files, and for an `out-file`, which callers don't give. */
  readonly schema: JsonObject;
  /** With the dot, where the template names one: `.pdf`. */
  readonly extension?: string;
  /** The author answers for values that begin with a dash: `{name!}`. */
  readonly marked?: true;
  /** A value of it would be an option where it began with a dash. */
  readonly open?: true;
  /** Of a flag that stands for a word: `{verbose:bool?--verbose}`. */
  readonly word?: string;
}

const PLACE = /^([a-z][a-z0-9_]{0,63})(!)?(\.\.\.)?(?::([^=]*))?(?:=(.*))?$/is;
const BOOL = /^([a-z][a-z0-9_]{0,63}):bool\?([^\0]+)$/is;
const TYPED_FILE = /^(file|in|out)(\.[a-z0-9]{1,16}(?:\.[a-z0-9]{1,16})?)?$/i;
const RANGE = /^(-?(?:0|[1-9][0-9]{0,14}))\.\.(-?(?:0|[1-9][0-9]{0,14}))$/;
const INTEGER = /^-?(0|[1-9][0-9]{0,14})$/;
const NUMBER = /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$/;

export interface Place {
  readonly name: string;
  readonly parameter: Parameter;
}

/** Reads what stands between braces. @throws TemplateError */
export const readPlace = (text: string): Place => {
  const bool = BOOL.exec(text);
  if (bool !== null) return { name: bool[1]!, parameter: { ...flag, word: bool[2]! } };
  const match = PLACE.exec(text);
  if (match === null)
    throw new TemplateError(
      `has {${text}}, which names no parameter`,
      'Write {name}, {name:int}, {name...} and so on.',
    );
  const [, name = '', mark, dots, given, fallback] = match;
  const array = dots !== undefined;
  const type = given ?? 'string';
  const required = fallback === undefined;
  const base = { required, array, ...(mark !== undefined && { marked: true as const }) };
  const refuseIf = (is: boolean, what: string, fix: string): void => {
    if (is) throw new TemplateError(what, fix);
  };
  const typed = (kind: Parameter['kind'], schema: JsonObject, value?: string | number): Place => {
    refuseIf(array && !required, `gives the array {${name}...} a default`, 'Without values it is empty.');
    return { name, parameter: { ...base, kind, schema: value === undefined ? schema : { ...schema, default: value } } };
  };
  const plain = (): void => {
    refuseIf(!required, `gives {${name}} a default, which ${type} has none of`, 'Remove it.');
    refuseIf(mark !== undefined, `marks {${name}}, of which no value is an option`, 'Remove the "!".');
  };
  const file = TYPED_FILE.exec(type);
  if (file !== null) {
    plain();
    const out = file[1] === 'out' || (file[1] === 'file' && /^out(put)?(_|$)/.test(name));
    refuseIf(out && array, `has an array of output files, {${name}...}`, 'One result is one file.');
    const kind = out ? 'out-file' : 'in-file';
    return { name, parameter: { ...base, kind, schema: {}, ...(file[2] !== undefined && { extension: file[2] }) } };
  }
  if (type === 'stdin') {
    plain();
    refuseIf(array, `has an array of inputs, {${name}...}`, 'There is one standard input.');
    return { name, parameter: { ...base, kind: 'stdin', schema: {} } };
  }
  if (type === 'string') return typed('string', { type: 'string' }, fallback);
  if (type === 'flag') {
    plain();
    refuseIf(array, `has an array of flags, {${name}...}`, `Write [-x {${name}:flag}].`);
    return { name, parameter: flag };
  }
  const range = RANGE.exec(type);
  if (type === 'int' || type === 'number' || range !== null) {
    const [least, most] = range === null ? [] : [Number(range[1]), Number(range[2])];
    refuseIf((least ?? 0) > (most ?? 0), `has {${text}}, a range without numbers`, 'Write the smaller one first.');
    const wrong =
      fallback !== undefined &&
      (!(type === 'number' ? NUMBER : INTEGER).test(fallback) ||
        Number(fallback) < (least ?? -Infinity) ||
        Number(fallback) > (most ?? Infinity));
    refuseIf(wrong, `gives {${name}} the default ${fallback}, which is not of type ${type}`, 'Correct it.');
    const schema = {
      type: type === 'number' ? 'number' : 'integer',
      ...(least !== undefined && { minimum: least }),
      ...(most !== undefined && { maximum: most }),
    };
    return typed(type === 'number' ? 'number' : 'int', schema, fallback === undefined ? undefined : Number(fallback));
  }
  const choices = type.split('|');
  refuseIf(
    choices.length < 2 || choices.some((choice) => choice === '') || new Set(choices).size < choices.length,
    `has {${text}}, whose type is not known`,
    'Types: string, int, number, 1..9, flag, bool?--WORD, in, out, file, stdin, or choices such as a|b|c.',
  );
  refuseIf(
    fallback !== undefined && !choices.includes(fallback),
    `gives {${name}} the default ${fallback}, which is none of its choices`,
    'Correct it.',
  );
  return typed('choice', { type: 'string', enum: choices }, fallback);
};

const flag: Parameter = {
  kind: 'flag',
  required: false,
  array: false,
  schema: { type: 'boolean', default: false },
};

/**
 * A string or number that could be taken for an option: it begins the argument, no `--` came before, and the author does not
 * answer for it. @throws TemplateError where its default is one
 */
export const guard = (name: string, parameter: Parameter, begins: boolean): Parameter => {
  const { kind, schema, marked } = parameter;
  const open = begins && marked === undefined;
  const fallback = schema['default'];
  if (open && /^(?:string|int|number)$/.test(kind) && String(fallback ?? '').startsWith('-'))
    throw new TemplateError(`gives {${name}} the default ${fallback}, an option`, `Mark the place: {${name}!...}.`);
  if (kind === 'string') return { ...parameter, schema: { ...schema, pattern: open ? NO_OPTION : NO_NUL } };
  if (!open || (kind !== 'int' && kind !== 'number')) return parameter;
  if (Number(schema['minimum'] ?? 0) < 0)
    throw new TemplateError(
      `lets {${name}} be negative, which would be an option`,
      `Mark the place, {${name}!:...}, where the tool takes it for a number.`,
    );
  return { ...parameter, open: true, schema: { ...schema, minimum: schema['minimum'] ?? 0 } };
};
