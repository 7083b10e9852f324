import type { JsonObject } from '../../core/canonical-json.ts';

/** A part of one argument: text as it stands, or the value of a parameter. */
export type Piece = string | { readonly parameter: string };

/** One argument, or (`each`) as many as its array parameter has values. */
export interface Word {
  readonly pieces: readonly Piece[];
  readonly each: boolean;
}

/** Words that are there when all of `needs` are given, and true where they are flags. Empty: always there. */
export interface Group {
  readonly needs: readonly string[];
  readonly words: readonly Word[];
}

export interface Parameter {
  readonly kind: 'string' | 'int' | 'number' | 'choice' | 'flag' | 'in-file' | 'out-file';
  readonly required: boolean;
  readonly array: boolean;
  /** What its values must be; nothing for an `out-file`, which callers don't give. */
  readonly schema: JsonObject;
  /** With the dot, where the template names one: `.pdf`. */
  readonly extension?: string;
}

export interface CommandTemplate {
  /** The tool's name, to be found on the sandbox's PATH. */
  readonly tool: string;
  readonly groups: readonly Group[];
  readonly parameters: Readonly<Record<string, Parameter>>;
}

export interface Wrong {
  readonly wrong: string;
  readonly fix: string;
}

const PLACE = /^([a-z][a-z0-9_]{0,63})(\.\.\.)?(?::([^=]*))?(?:=(.*))?$/is;
const TYPED_FILE = /^(file|in|out)(\.[a-z0-9]{1,16}(?:\.[a-z0-9]{1,16})?)?$/i;
const INTEGER = /^-?(0|[1-9][0-9]{0,14})$/;
const NUMBER = /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$/;
/** An argument cannot carry NUL (execve), and one that begins with a dash would be an option. */
const NO_OPTION = '^([^\\u0000-][^\\u0000]*)?$';
const NO_NUL = '^[^\\u0000]*$';

class TemplateError extends Error {
  readonly fix: string;
  constructor(wrong: string, fix: string) {
    super(wrong);
    this.fix = fix;
  }
}

/** Word as written: characters, with those that quotes or a backslash made plain marked by `plain`. */
type Written = { readonly char: string; readonly plain: boolean }[];

const split = (text: string): Written[] => {
  const words: Written[] = [];
  let word: Written | undefined;
  let quote = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
      else
        word!.push({
          char: char === '\\' && quote === '"' && /["\\]/.test(text[at + 1] ?? '') ? text[++at]! : char,
          plain: true,
        });
    } else if (depth > 0) {
      if (char === '}') depth--;
      word!.push({ char, plain: false });
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      word ??= [];
      quote = char;
    } else if (char === '\\') {
      if (at + 1 === text.length) throw new TemplateError('ends with a backslash', 'Remove it, or write \\\\.');
      word ??= [];
      word.push({ char: text[++at]!, plain: true });
    } else {
      if (/[|&;<>$`*?~]/.test(char))
        throw new TemplateError(
          `has ${char}, which only a shell understands; no shell runs here`,
          `Write it within quotes where the tool should get it. Files go in and out by {name:in} and {name:out}.`,
        );
      if (char === '{') depth++;
      word ??= [];
      word.push({ char, plain: false });
    }
  }
  if (quote !== '') throw new TemplateError(`has a ${quote} that does not end`, 'Close the quotes.');
  if (depth > 0) throw new TemplateError('has a { that does not end', "Close it, or quote it: '{'.");
  if (word !== undefined) words.push(word);
  return words;
};

const readPlace = (text: string): { name: string; parameter: Parameter } => {
  const match = PLACE.exec(text);
  if (match === null)
    throw new TemplateError(
      `has {${text}}, which names no parameter`,
      'Write {name}, {name:int}, {name...} and so on.',
    );
  const [, name = '', dots, given, fallback] = match;
  const array = dots !== undefined;
  const type = given ?? 'string';
  const required = fallback === undefined;
  const base = { required, array };
  const noDefault = (): void => {
    if (!required) throw new TemplateError(`gives {${name}} a default, which ${type} has none of`, 'Remove it.');
  };
  const typed = (
    kind: Parameter['kind'],
    schema: JsonObject,
    value?: string | number,
  ): { name: string; parameter: Parameter } => {
    if (array && !required)
      throw new TemplateError(`gives the array {${name}...} a default`, 'Without values it is empty.');
    return { name, parameter: { ...base, kind, schema: value === undefined ? schema : { ...schema, default: value } } };
  };
  const file = TYPED_FILE.exec(type);
  if (file !== null) {
    noDefault();
    const out = file[1] === 'out' || (file[1] === 'file' && /^out(put)?(_|$)/.test(name));
    if (out && array) throw new TemplateError(`has an array of output files, {${name}...}`, 'One result is one file.');
    return {
      name,
      parameter: {
        ...base,
        kind: out ? 'out-file' : 'in-file',
        schema: {},
        ...(file[2] !== undefined && { extension: file[2] }),
      },
    };
  }
  if (type === 'string') return typed('string', { type: 'string' }, fallback);
  if (type === 'flag') {
    noDefault();
    if (array) throw new TemplateError(`has an array of flags, {${name}...}`, `Write [-x {${name}:flag}].`);
    return { name, parameter: { kind: 'flag', required: false, array, schema: { type: 'boolean', default: false } } };
  }
  if (type === 'int' || type === 'number') {
    if (fallback !== undefined && !(type === 'int' ? INTEGER : NUMBER).test(fallback))
      throw new TemplateError(`gives {${name}} the default ${fallback}, which is not of type ${type}`, 'Correct it.');
    const schema = { type: type === 'int' ? 'integer' : 'number' };
    return typed(type, schema, fallback === undefined ? undefined : Number(fallback));
  }
  const choices = type.split('|');
  if (choices.length < 2 || choices.some((choice) => choice === '') || new Set(choices).size < choices.length)
    throw new TemplateError(
      `has {${text}}, whose type is not known`,
      'Types: string, int, number, flag, in, out, file, or choices such as a|b|c.',
    );
  if (fallback !== undefined && !choices.includes(fallback))
    throw new TemplateError(`gives {${name}} the default ${fallback}, which is none of its choices`, 'Correct it.');
  return typed('choice', { enum: choices }, fallback);
};

/** A string or number that could be taken for an option: it begins the argument, and no `--` came before. */
const guard = (parameter: Parameter, open: boolean): Parameter => {
  if (parameter.kind === 'string')
    return { ...parameter, schema: { ...parameter.schema, pattern: open ? NO_OPTION : NO_NUL } };
  if (open && (parameter.kind === 'int' || parameter.kind === 'number'))
    return { ...parameter, schema: { ...parameter.schema, minimum: 0 } };
  return parameter;
};

/**
 * Reads a command template: words as a shell would split them, with quotes and backslashes and nothing else of a shell.
 *
 * - `{name}` a string; `{n:int}`, `{x:number}`, `{mode:a|b|c}`; `{name=DEFAULT}`, `{n:int=3}`
 * - `{name...}` alone in its word: an array, one argument for each value
 * - `{doc:in}` a file that is given, `{doc:out.pdf}` the file that is answered; `{name:file}` is an output where its name
 *   is `out`, `output` or begins so with `_`, else an input
 * - `[--toc {toc:flag}]` words that are there only when all parameters in them are given; a flag adds no text itself
 * - braces and brackets within quotes stand for themselves
 *
 * Each word becomes exactly one argument (`{name...}`: one for each value). A value that begins an argument may not begin
 * with `-`, unless a word `--` stands before it; one behind text of the same word (`--title={title}`) may. Choices are the
 * author's own words and may be options.
 */
export const parseCommandTemplate = (text: string): CommandTemplate | Wrong => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { wrong: error.message, fix: error.fix };
  }
};

const parse = (text: string): CommandTemplate => {
  if (text.length > 8_192) throw new TemplateError('is longer than 8192 characters', 'Use a script.');
  const [first, ...rest] = split(text);
  const tool = (first ?? []).map(({ char }) => char).join('');
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(tool))
    throw new TemplateError(
      'does not begin with the name of a tool',
      'Begin with a name without a path, such as pandoc.',
    );
  const parameters: Record<string, Parameter> = {};
  const groups: Group[] = [];
  let ended = false; // a word -- has come
  let words: Word[] = [];
  let needs: Set<string> | undefined; // within brackets

  const close = (): void => {
    if (needs?.size === 0) throw new TemplateError('has brackets without a parameter', 'Remove the brackets.');
    if (words.length > 0 || needs !== undefined) groups.push({ needs: [...(needs ?? [])], words });
    words = [];
    needs = undefined;
  };

  const readWord = (written: Written): void => {
    const pieces: Piece[] = [];
    let each = false;
    for (let at = 0; at < written.length; at++) {
      const { char, plain } = written[at]!;
      if (plain || char !== '{') {
        if (typeof pieces.at(-1) === 'string') pieces.push(`${pieces.pop() as string}${char}`);
        else pieces.push(char);
        continue;
      }
      const end = written.findIndex((one, index) => index > at && one.char === '}' && !one.plain);
      const { name, parameter } = readPlace(
        written
          .slice(at + 1, end)
          .map((one) => one.char)
          .join(''),
      );
      if (Object.hasOwn(parameters, name))
        throw new TemplateError(`has {${name}} twice`, 'Give each place its own name.');
      const alone = at === 0 && end === written.length - 1;
      if ((parameter.array || parameter.kind === 'flag') && !alone)
        throw new TemplateError(`has {${name}} within a word`, 'Arrays and flags stand alone in their word.');
      if (parameter.kind === 'flag' && needs === undefined)
        throw new TemplateError(`has the flag {${name}} outside of brackets`, `Write [-x {${name}:flag}].`);
      const optional = needs !== undefined && parameter.schema['default'] === undefined;
      const before = pieces.map((piece) => (typeof piece === 'string' ? piece : '')).join(''); // values may be empty
      if (/^-+$/.test(before) && !ended && parameter.kind === 'string')
        throw new TemplateError(
          `lets the caller write any option, by {${name}} behind ${before}`,
          `Name the options as choices, such as ${before}{${name}:a|b}.`,
        );
      parameters[name] = guard(optional ? { ...parameter, required: false } : parameter, /^-*$/.test(before) && !ended);
      needs?.add(name);
      each ||= parameter.array;
      at = end;
      if (parameter.kind !== 'flag') pieces.push({ parameter: name });
    }
    if (pieces.length > 0 || written.length === 0) words.push({ pieces: pieces.length > 0 ? pieces : [''], each });
    if (pieces.length === 1 && pieces[0] === '--' && needs === undefined) ended = true;
  };

  for (let written of rest) {
    if (written[0]?.char === '[' && !written[0].plain) {
      if (needs !== undefined)
        throw new TemplateError('has brackets within brackets', 'Use two pairs, one after another.');
      close();
      needs = new Set();
      written = written.slice(1);
      if (written.length === 0) continue;
    }
    const last = written.at(-1);
    const closes = last?.char === ']' && !last.plain;
    if (closes && needs === undefined) throw new TemplateError('has a ] without a [', "Quote it: ']'.");
    if (!closes || written.length > 1) readWord(closes ? written.slice(0, -1) : written);
    if (closes) close();
  }
  if (needs !== undefined) throw new TemplateError('has a [ that does not end', "Close it, or quote it: '['.");
  close();
  const out = Object.values(parameters).filter(({ kind }) => kind === 'out-file').length;
  if (out > 1) throw new TemplateError('has more than one output file', 'One result is one file.');
  return { tool, groups, parameters };
};

/** Values by parameter: of files their paths in the sandbox, which are absolute and so never options. */
export type Values = Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>;

/** The argument vector without the tool itself. `values` were validated against the parameters' schemas. */
export const argumentsOf = (template: CommandTemplate, values: Values): string[] => {
  const of = (name: string): Values[string] =>
    Object.hasOwn(values, name) ? values[name] : (template.parameters[name]!.schema['default'] as Values[string]);
  const given = (name: string): boolean => of(name) !== undefined && of(name) !== false;
  const filled = (word: Word): string[] => {
    const [piece] = word.pieces;
    if (word.each && typeof piece === 'object') return ((of(piece.parameter) ?? []) as (string | number)[]).map(String);
    return [word.pieces.map((one) => (typeof one === 'string' ? one : String(of(one.parameter)))).join('')];
  };
  return template.groups.filter(({ needs }) => needs.every(given)).flatMap(({ words }) => words.flatMap(filled));
};
