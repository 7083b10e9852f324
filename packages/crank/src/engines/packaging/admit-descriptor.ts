import type { Finding } from '#src/core/error.ts';
import { readSecretNames } from '#src/core/secret-names.ts';
import type { JsonObject, JsonSchema, Operation } from '#src/core/service.ts';
import { admitSchema, cutText } from './admit-schema.ts';
import { notDeployable, problem, quote, remark } from './findings.ts';
import { isDeeperThan } from './json-depth.ts';
import { isTexts } from './pep723.ts';

/** Bounds of what a sandbox says of itself. */
const descriptorLimits = { bytes: 2 ** 20, operations: 500, findings: 200, depth: 200 };

/** A function, or a method of a class: `push`, `Stack.push`. */
const NAME = /^(?=.{1,128}$)[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?$/;
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}(?:; ?[\w-]{1,32}=[\w.-]{1,64})?$/;
const DESCRIPTION_BYTES = 8 * 1024;
const PLAN_BYTES = 64 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/** What the code inside says of itself, checked. */
export interface Descriptor {
  readonly description: string;
  readonly operations: readonly Operation[];
  readonly findings: readonly Finding[];
}

/**
 * Reads the descriptor that comes out of a sandbox: JSON text `{description, operations, findings}` that the user's code
 * may have forged, so nothing of it is believed. Its own findings of level error end the deployment.
 *
 * @param entry file that findings are about
 * @throws CrankError `not-deployable`
 */
export const admitDescriptor = (bytes: Uint8Array, entry: string): Descriptor => {
  const forged = (message: string) =>
    notDeployable([
      problem(entry, `What the script says of itself ${message}.`, 'It must not interfere with its own description.'),
    ]);
  if (bytes.byteLength > descriptorLimits.bytes) throw tooMuch(entry);
  if (isDeeperThan(bytes, descriptorLimits.depth)) throw forged('is nested too deeply');
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw forged('is not JSON'); // the parser's words would quote the script's bytes
  }
  const top = fields(parsed, ['description', 'operations', 'findings']);
  if (top === undefined) throw forged('is not of the known form');
  const { description = '', operations, findings = [] } = top;
  if (typeof description !== 'string' || !Array.isArray(operations) || !Array.isArray(findings))
    throw forged('is not of the known form');
  if (operations.length > descriptorLimits.operations) throw tooMuch(entry);
  const all = findings.slice(0, descriptorLimits.findings).map((finding) => {
    const admitted = admitFinding(finding, entry);
    if (admitted === undefined) throw forged('has a finding of unknown form');
    return admitted;
  });
  const admitted: Operation[] = [];
  for (const given of operations) {
    const operation = admitOperation(given, entry, all);
    if (operation === 'forged') throw forged('has an operation of unknown form');
    if (operation === undefined) continue;
    if (admitted.some(({ name }) => name === operation.name))
      throw forged(`names the operation ${operation.name} twice`);
    admitted.push(operation);
  }
  if (admitted.length === 0 && !all.some(({ level }) => level === 'error'))
    all.push(problem(entry, 'There is no operation in it.', 'Define a function whose name does not begin with "_".'));
  if (all.some(({ level }) => level === 'error')) throw notDeployable(all);
  return { description: cutText(description, DESCRIPTION_BYTES), operations: admitted, findings: all };
};

const tooMuch = (entry: string) =>
  notDeployable([
    problem(
      entry,
      `It describes more than ${descriptorLimits.operations} operations or ${descriptorLimits.bytes / 2 ** 20} MiB.`,
      'Publish fewer operations: mark those that count with @crank_service, or name them in crank.json.',
    ),
  ]);

const admitOperation = (value: unknown, entry: string, findings: Finding[]): Operation | undefined | 'forged' => {
  const known = [
    'name',
    'description',
    'input',
    'output',
    'result',
    'contentType',
    'files',
    'line',
    'command',
    'secrets',
    'plan',
  ];
  const given = fields(value, known);
  if (given === undefined) return 'forged';
  const { name, description = '', result, contentType, files = [], line, command, secrets, plan: told } = given;
  if (typeof name !== 'string' || typeof description !== 'string' || !isTexts(files)) return 'forged';
  if (result !== 'json' && result !== 'file' && result !== 'stream') return 'forged';
  if (line !== undefined && line !== null && !isLine(line)) return 'forged';
  if (!NAME.test(name) || name === '__proto__') {
    const fix = 'Use ASCII letters, digits and "_", at most 128.';
    findings.push(
      problem(entry, `${quote(name)} cannot be the name of an operation.`, fix, isLine(line) ? line : undefined),
    );
    return undefined;
  }
  const where = isLine(line) ? line : undefined;
  const schemas: JsonSchema[] = [];
  for (const side of ['input', 'output'] as const) {
    const admitted = admitSchema(given[side] ?? null);
    if ('wrong' in admitted) {
      const message = `The ${side} schema of ${name} is not allowed: ${admitted.wrong.slice(0, 3).join('; ')}.`;
      findings.push(problem(entry, message, 'Use simpler annotations.', where));
      return undefined;
    }
    for (const text of admitted.remarks)
      findings.push(remark(entry, `In the ${side} schema of ${name}, ${text}.`, 'Nothing needs to be done.', where));
    schemas.push(admitted.schema);
  }
  const [input, output] = schemas as [JsonSchema, JsonSchema];
  if (typeof input !== 'object' || input['type'] !== 'object') return 'forged';
  const properties = Object.keys((input['properties'] ?? {}) as object);
  if (new Set(files).size !== files.length || !files.every((file) => properties.includes(file))) return 'forged';
  if (
    contentType !== undefined &&
    contentType !== null &&
    (typeof contentType !== 'string' || !MEDIA_TYPE.test(contentType))
  )
    return 'forged';
  const wanted = secrets === undefined || secrets === null ? undefined : readSecretNames(secrets);
  if (wanted !== undefined && 'wrong' in wanted) {
    findings.push(
      problem(entry, `@crank_service of ${name}: "secrets" ${wanted.wrong}.`, 'Write secrets=["STRIPE_KEY"].', where),
    );
    return undefined;
  }
  const plan = command === undefined || command === null ? undefined : admitPlan(command);
  if (plan === 'forged') return 'forged';
  if (plan === 'too large') {
    const message = `The command line of ${name} has more than ${PLAN_BYTES / 1024} KiB of options.`;
    findings.push(problem(entry, message, 'Publish fewer of its subcommands: name them in crank.json.', where));
    return undefined;
  }
  const scheme = told === undefined || told === null ? undefined : admitPlan(told);
  if (scheme === 'forged') return 'forged';
  if (scheme === 'too large') {
    const message = `The types of ${name} take more than ${PLAN_BYTES / 1024} KiB to describe.`;
    findings.push(problem(entry, message, 'Use simpler types.', where));
    return undefined;
  }
  return {
    name,
    description: cutText(description, DESCRIPTION_BYTES),
    input,
    output,
    result,
    ...(typeof contentType === 'string' ? { contentType } : {}),
    ...(wanted && Object.keys(wanted.secrets).length > 0 && { secrets: wanted.secrets }),
    files,
    ...(where === undefined ? {} : { line: where }),
    ...(plan && { command: plan }),
    ...(scheme && { plan: scheme }),
  };
};

/** What only its sandbox reads: an object, and small, since every call carries it. */
const admitPlan = (value: unknown): JsonObject | 'forged' | 'too large' => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'forged';
  return Buffer.byteLength(JSON.stringify(value)) > PLAN_BYTES ? 'too large' : (value as JsonObject);
};

const admitFinding = (value: unknown, entry: string): Finding | undefined => {
  const given = fields(value, ['level', 'file', 'line', 'column', 'message', 'fix']);
  if (given === undefined) return undefined;
  const { level, file = entry, line, message, fix = '' } = given;
  if (level !== 'error' && level !== 'warning') return undefined;
  if (typeof file !== 'string' || typeof message !== 'string' || typeof fix !== 'string') return undefined;
  const make = level === 'error' ? problem : remark;
  return make(cutText(file, 1_024), cutText(message, 2_048), cutText(fix, 2_048), isLine(line) ? line : undefined);
};

const isLine = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/** The value where it is an object with no field but these. */
const fields = (value: unknown, known: readonly string[]): Fields | undefined =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every((name) => known.includes(name))
    ? (value as Fields)
    : undefined;
