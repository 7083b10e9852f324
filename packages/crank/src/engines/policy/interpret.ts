import { formatDestination, parseDestination } from '#src/core/destination.ts';
import { isWorkspaceName } from '#src/core/workspace.ts';
import type { Retention } from './decision.ts';
import { parseQuantity } from './quantity.ts';

/** What a call needs, by `required_resources`. */
export interface Required {
  /** 0: nothing required. */
  memoryBytes: number;
  /** 0: nothing required. */
  cpus: number;
  /** Names of algorithms: `AES-256`. */
  encryption: readonly string[];
}

/** A value that a rule may not give: the policy is at fault, so the request is denied. */
export class BadResult extends Error {}

export const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 120);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const reasonOf = (element: unknown): string => {
  if (typeof element === 'string') return element === '' ? 'no reason given' : element;
  if (isObject(element)) {
    const text = element['reason'] ?? element['msg'] ?? element['message'];
    if (typeof text === 'string') return text;
  }
  return show(element);
};

/**
 * Reasons in what a `deny` rule said: a set of strings or of objects with `reason`, `msg` or `message`; a string; true.
 * Nothing, false and an empty set deny nothing; anything else denies.
 */
export const denyReasons = (value: unknown): string[] => {
  if (value === undefined || value === false) return [];
  if (value === true) return ['no reason given'];
  if (Array.isArray(value)) return value.map(reasonOf);
  if (isObject(value) && reasonOf(value) === show(value)) return Object.values(value).map(reasonOf);
  return [reasonOf(value)];
};

export const elements = (value: unknown): readonly unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

/** RFC 6901. */
export const isPointer = (text: string): boolean => /^(?:\/(?:[^~]|~[01])*)?$/s.test(text);

/**
 * JSON Pointers in what a `redact_pii` rule said: a set of fields (`{path, value}`) or of pointers.
 *
 * @throws BadResult
 */
export const redactPointers = (value: unknown): string[] =>
  elements(value).map((element) => {
    const pointer = isObject(element) ? element['path'] : element;
    if (typeof pointer !== 'string' || !isPointer(pointer)) {
      throw new BadResult(`${show(element)} is neither a field of input.output_fields nor a JSON Pointer`);
    }
    return pointer;
  });

/**
 * Destinations in what an `allow` rule of crank.egress said: a set of `host:port`, in canonical form.
 *
 * @throws BadResult
 */
export const grantedDestinations = (value: unknown): string[] =>
  elements(value).map((element) => {
    const read = typeof element === 'string' ? parseDestination(element) : { wrong: 'is no text' };
    if ('wrong' in read) throw new BadResult(`${show(element)} ${read.wrong}`);
    return formatDestination(read);
  });

/**
 * Workspaces in what an `allow` rule of crank.workspaces said: a set of `name:read` and `name:write`.
 *
 * @throws BadResult
 */
export const grantedWorkspaces = (value: unknown): string[] =>
  elements(value).map((element) => {
    const [name, mode, ...rest] = typeof element === 'string' ? element.split(':') : [];
    if (name === undefined || !isWorkspaceName(name) || (mode !== 'read' && mode !== 'write') || rest.length > 0)
      throw new BadResult(`${show(element)} is neither "name:read" nor "name:write" of a workspace`);
    return `${name}:${mode}`;
  });

/**
 * Requirements in what a `required_resources` rule said: an object with `memory`, `cpu` (Kubernetes quantities) and
 * `encryption`, or a set of them, of which the largest counts. A requirement that nobody here can meet denies.
 *
 * @throws BadResult
 */
export const requiredResources = (value: unknown): Required => {
  const required = { memoryBytes: 0, cpus: 0, encryption: new Set<string>() };
  const quantity = (name: string, given: unknown): number => {
    const parsed = parseQuantity(given);
    if (parsed === undefined) throw new BadResult(`${name} ${show(given)} is no quantity such as "4Gi" or "2000m"`);
    return parsed;
  };
  for (const element of elements(value)) {
    if (!isObject(element)) throw new BadResult(`${show(element)} is no object such as {"memory": "4Gi"}`);
    for (const [name, given] of Object.entries(element)) {
      if (name === 'memory') required.memoryBytes = Math.max(required.memoryBytes, Math.ceil(quantity(name, given)));
      else if (name === 'cpu') required.cpus = Math.max(required.cpus, quantity(name, given));
      else if (name === 'encryption' && typeof given === 'string') required.encryption.add(given);
      else throw new BadResult(`${name}: ${show(given)} is required, and only memory, cpu and encryption are known`);
    }
  }
  return { ...required, encryption: [...required.encryption].sort() };
};

const MAX_DAYS = 3_650;
const DEFAULT_DAYS = 30;

/**
 * What a `keep` rule of crank.retention said: an object with `input`, `output` (booleans) and `days` (1 to 3650, 30 where
 * absent), or nothing.
 *
 * @throws BadResult
 */
export const retention = (value: unknown): Retention | undefined => {
  if (value === undefined) return undefined;
  if (!isObject(value)) throw new BadResult(`${show(value)} is no object such as {"input": true, "days": 30}`);
  const { input = false, output = false, days = DEFAULT_DAYS, ...unknown } = value;
  const wrong = Object.keys(unknown)[0];
  if (wrong !== undefined) throw new BadResult(`${wrong} is wanted kept, and only input, output and days are known`);
  if (typeof input !== 'boolean' || typeof output !== 'boolean')
    throw new BadResult(`${show(value)} does not say true or false of input and output`);
  if (typeof days !== 'number' || !Number.isInteger(days) || days < 1 || days > MAX_DAYS)
    throw new BadResult(`${show(days)} is no number of days from 1 to ${MAX_DAYS}`);
  return input || output ? { input, output, days } : undefined;
};
