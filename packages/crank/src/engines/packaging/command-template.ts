import { guard, type Parameter, type Place, readPlace } from './command-places.ts';
import { splitTemplate, TemplateError, type Written } from './command-words.ts';

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

/**
 * Reads a command template: words as a shell would split them, with quotes and backslashes and nothing else of a shell.
 *
 * - `{name}` a string; `{n:int}`, `{n:1..9}`, `{x:number}`, `{mode:a|b|c}`; `{name=DEFAULT}`, `{n:int=3}`
 * - `{name...}` alone in its word: an array, one argument for each value
 * - `{doc:in}` a file that is given, `{doc:out.pdf}` the file that is answered; `{name:file}` is an output where its name
 *   is `out`, `output` or begins so with `_`, else an input; `{text:stdin}` is no argument, but what the tool reads
 * - `[--toc {toc:flag}]` words that are there only when all parameters in them are given; a flag adds no text itself
 * - `{toc:bool?--toc}` the same, shorter
 * - braces and brackets within quotes stand for themselves
 *
 * Each word becomes exactly one argument (`{name...}`: one for each value). A value that begins an argument may not begin
 * with `-`, unless a word `--` stands before it or the place is marked, `{name!}`; one behind text of the same word
 * (`--title={title}`) may. Choices are the author's own words and may be options.
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
  if (text.includes('\0') || !text.isWellFormed()) throw new TemplateError('has what no argument can', 'Write text.');
  const [first, ...rest] = splitTemplate(text);
  const tool = (first ?? []).map(({ char }) => char).join('');
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(tool))
    throw new TemplateError(
      'does not begin with the name of a tool',
      'Begin with a name without a path, such as pandoc.',
    );
  const parameters: Record<string, Parameter> = {};
  const groups: Group[] = [];
  let ended = false; // a word -- has come, which is always there
  let endedHere = false; // the same, in these brackets
  let words: Word[] = [];
  let needs: Set<string> | undefined; // within brackets

  const close = (): void => {
    if (needs?.size === 0) throw new TemplateError('has brackets without a parameter', 'Remove the brackets.');
    if (words.length > 0 || needs !== undefined) groups.push({ needs: [...(needs ?? [])], words });
    words = [];
    needs = undefined;
    endedHere = false;
  };

  /** @param before what stands before it in its word @returns whether its value is part of the word */
  const take = ({ name, parameter }: Place, before: string, alone: boolean): boolean => {
    const { kind, array, word } = parameter;
    if (Object.hasOwn(parameters, name))
      throw new TemplateError(`has {${name}} twice`, 'Give each place its own name.');
    if ((array || kind === 'flag' || kind === 'stdin') && !alone)
      throw new TemplateError(`has {${name}} within a word`, 'Arrays, flags and stdin stand alone in their word.');
    if (kind === 'flag' && (word === undefined) === (needs === undefined))
      throw word === undefined
        ? new TemplateError(`has the flag {${name}} outside of brackets`, `Write [-x {${name}:flag}].`)
        : new TemplateError(`has {${name}:bool?...} within brackets`, `Write [${word} {${name}:flag}].`);
    const open = !ended && !endedHere;
    if (/^-+$/.test(before) && open && kind === 'string')
      throw new TemplateError(
        `lets the caller write any option, by {${name}} behind ${before}`,
        `Name the options as choices, such as ${before}{${name}:a|b}.`,
      );
    const optional = needs !== undefined && parameter.schema['default'] === undefined;
    const taken = optional ? { ...parameter, required: false } : parameter;
    parameters[name] = guard(name, taken, /^-*$/.test(before) && open);
    needs?.add(name);
    if (word !== undefined) {
      close();
      groups.push({ needs: [name], words: [{ pieces: [word], each: false }] });
    }
    return kind !== 'flag' && kind !== 'stdin';
  };

  /** Behind texts that are all empty, the author's dash would begin the argument: the first of them is not. */
  const keepFull = (pieces: readonly Piece[]): void => {
    const names = pieces.map((piece) => (typeof piece === 'string' ? '' : piece.parameter));
    const first = parameters[names[0] ?? ''];
    if (first === undefined || names.some((name) => parameters[name]?.kind !== 'string')) return;
    if (first.schema['default'] === '')
      throw new TemplateError(`may leave {${names[0]}} empty before a dash`, 'Give it another default, or none.');
    parameters[names[0]!] = { ...first, schema: { ...first.schema, minLength: 1 } };
  };

  const readWord = (written: Written): void => {
    const pieces: Piece[] = [];
    let each = false;
    for (let at = 0; at < written.length; at++) {
      const { char, plain } = written[at]!;
      if (plain || char !== '{') {
        if (char === '-' && !ended && !endedHere) keepFull(pieces);
        if (typeof pieces.at(-1) === 'string') pieces.push(`${pieces.pop() as string}${char}`);
        else pieces.push(char);
        continue;
      }
      const end = written.findIndex((one, index) => index > at && one.char === '}' && !one.plain);
      const inner = written.slice(at + 1, end).map((one) => one.char);
      const place = readPlace(inner.join(''));
      const before = pieces.map((piece) => (typeof piece === 'string' ? piece : '')).join(''); // values may be empty
      if (take(place, before, at === 0 && end === written.length - 1)) pieces.push({ parameter: place.name });
      each ||= place.parameter.array;
      at = end;
    }
    if (pieces.length > 0 || written.length === 0) words.push({ pieces: pieces.length > 0 ? pieces : [''], each });
    if (pieces.length !== 1 || pieces[0] !== '--') return;
    if (needs === undefined) ended = true;
    else endedHere = true;
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
  const of = (kind: Parameter['kind']): number => Object.values(parameters).filter((one) => one.kind === kind).length;
  if (of('out-file') > 1) throw new TemplateError('has more than one output file', 'One result is one file.');
  if (of('stdin') > 1) throw new TemplateError('has more than one standard input', 'A tool reads one.');
  return { tool, groups, parameters };
};
