import type { JsonObject } from '#src/core/canonical-json.ts';
import type { Parameter } from './command-places.ts';
import { type CommandTemplate, parseCommandTemplate } from './command-template.ts';
import { quote } from './findings.ts';

/** What a command's answer is made from: its output file, or its standard output as text, JSON, lines or a file. */
export const outputs = ['text', 'json', 'lines', 'json-lines', 'file'] as const;
export type CommandOutput = (typeof outputs)[number];

/** What the manifest says of an operation that is a command. Plain JSON: it is part of the version's digest. */
export interface DeclaredCommand {
  readonly template: string;
  readonly output?: CommandOutput;
  /** By parameter: what callers are told of it, and bounds of its values. */
  readonly parameters?: Readonly<Record<string, JsonObject>>;
  /** Exit statuses beside 0 that are results. */
  readonly exitCodes?: readonly number[];
  /** Exit statuses by which the program says that the input is wrong. */
  readonly inputExitCodes?: readonly number[];
}

type Wrong = (pointer: string, message: string, fix: string) => void;
type Fields = Readonly<Record<string, unknown>>;

/** The fields of an operation of which a command is made. */
export const commandFields = ['command', 'output', 'parameters', 'exitCodes', 'inputExitCodes'] as const;

const BOUNDS: Readonly<Record<string, (parameter: Parameter) => boolean>> = {
  description: () => true,
  minimum: ({ kind }) => kind === 'int' || kind === 'number',
  maximum: ({ kind }) => kind === 'int' || kind === 'number',
  minLength: ({ kind }) => kind === 'string',
  maxLength: ({ kind }) => kind === 'string',
  minItems: ({ array }) => array,
  maxItems: ({ array }) => array,
};

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the fields of a command. What is wrong with it is told at its place. */
export const readCommand = (fields: Fields, pointer: string, wrong: Wrong): DeclaredCommand | undefined => {
  const { command, output, parameters, exitCodes, inputExitCodes } = fields;
  if (typeof command !== 'string') {
    const [other] = commandFields.filter((field) => fields[field] !== undefined);
    if (other !== undefined)
      wrong(`${pointer}/${other}`, 'There is no text "command".', 'Write it as "command": "sort {doc:in}".');
    return undefined;
  }
  const template = parseCommandTemplate(command);
  if ('wrong' in template) {
    wrong(`${pointer}/command`, `The command ${template.wrong}.`, template.fix);
    return undefined;
  }
  if (output !== undefined && !outputs.includes(output as CommandOutput))
    wrong(`${pointer}/output`, `"output" is none of ${outputs.join(', ')}.`, 'Leave it out for text.');
  const toFile = Object.entries(template.parameters).find(([, { kind }]) => kind === 'out-file');
  if (toFile !== undefined && output !== undefined && output !== 'file')
    wrong(`${pointer}/output`, `The command answers with the file {${toFile[0]}}.`, 'Leave "output" out.');
  if (exitCodes !== undefined && !isStatuses(exitCodes))
    wrong(`${pointer}/exitCodes`, '"exitCodes" is no list of exit statuses from 1 to 255.', 'Write it as [1].');
  if (inputExitCodes !== undefined && !isStatuses(inputExitCodes))
    wrong(
      `${pointer}/inputExitCodes`,
      '"inputExitCodes" is no list of exit statuses from 1 to 255.',
      'Write it as [2].',
    );
  if (isStatuses(exitCodes) && isStatuses(inputExitCodes) && exitCodes.some((one) => inputExitCodes.includes(one)))
    wrong(
      `${pointer}/inputExitCodes`,
      'A status is a result by "exitCodes", and wrong input as well.',
      'Name it once.',
    );
  if (parameters !== undefined) demandParameters(parameters, template, `${pointer}/parameters`, wrong);
  return {
    template: command,
    ...(output !== undefined && { output: output as CommandOutput }),
    ...(isFields(parameters) && { parameters: parameters as Record<string, JsonObject> }),
    ...(isStatuses(exitCodes) && { exitCodes }),
    ...(isStatuses(inputExitCodes) && { inputExitCodes }),
  };
};

const isStatuses = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  new Set(value).size === value.length &&
  value.every((one) => Number.isInteger(one) && one >= 1 && one <= 255);

const demandParameters = (given: unknown, { parameters }: CommandTemplate, pointer: string, wrong: Wrong): void => {
  const known = Object.keys(parameters);
  if (!isFields(given)) {
    wrong(pointer, '"parameters" is not an object.', 'Write it as {"dpi": {"description": "...", "maximum": 600}}.');
    return;
  }
  for (const [name, said] of Object.entries(given)) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined || parameter.kind === 'out-file') {
      const names = known.filter((one) => parameters[one]!.kind !== 'out-file').join(', ');
      wrong(`${pointer}/${name}`, `Callers give no parameter ${quote(name)}.`, `Those of the command: ${names}.`);
    } else if (!isFields(said)) {
      wrong(`${pointer}/${name}`, 'It is not described by an object.', 'Write it as {"description": "..."}.');
    } else
      for (const [field, value] of Object.entries(said)) {
        const fits = Object.hasOwn(BOUNDS, field) && BOUNDS[field]!(parameter);
        const good = field === 'description' ? isText(value) : typeof value === 'number' && Number.isFinite(value);
        const count =
          /^m(?:in|ax)(?:Length|Items)$/.test(field) && !(Number.isSafeInteger(value) && (value as number) >= 0);
        if (!fits) {
          const fitting = Object.keys(BOUNDS).filter((one) => BOUNDS[one]!(parameter));
          wrong(`${pointer}/${name}/${field}`, `${quote(field)} does not go with it.`, `Known: ${fitting.join(', ')}.`);
        } else if (!good || count)
          wrong(
            `${pointer}/${name}/${field}`,
            `"${field}" is no ${field === 'description' ? 'text' : 'such number'}.`,
            'Mend it.',
          );
        else if (field === 'minimum' && parameter.open && (value as number) < 0)
          wrong(
            `${pointer}/${name}/minimum`,
            `A negative {${name}} would be an option.`,
            `Mark the place, {${name}!:int}, where the tool takes it for a number.`,
          );
      }
  }
};

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= 2_000 && value.isWellFormed();
