import type { InputError } from '#src/core/error.ts';
import type { Fuel } from './schema-fuel.ts';

/** At most so many errors are told at once. */
const MAX_ERRORS = 20;

/** Where the explanation of a mismatch is collected. */
export interface Telling {
  readonly fuel: Fuel;
  readonly errors: InputError[];
}

/** One keyword, or a few that belong together, of one schema. */
export interface Rule {
  test(value: unknown, fuel: Fuel): boolean;
  /** Says what is wrong; called where `test` gave false. `at` is the JSON Pointer of the value. */
  tell(value: unknown, at: string, telling: Telling): void;
  /** What was expected of the value as a whole, where that says everything. */
  readonly expected?: string;
}

/** A schema made ready: the first rule is its `type`, where it has one. */
export interface Node extends Rule {
  /** False where the value is of another type than the schema is about. */
  isOfType(value: unknown): boolean;
  /** What was expected of a value that does not match, where that says everything. */
  expectation(value: unknown, fuel: Fuel): string | undefined;
}

export type Build = (schema: unknown) => Node;

export const tellError = (telling: Telling, pointer: string, message: string): void => {
  if (telling.errors.length < MAX_ERRORS) telling.errors.push({ pointer, message });
};

export const isFull = (telling: Telling): boolean => telling.errors.length >= MAX_ERRORS;

/** The JSON Pointer (RFC 6901) of a member. */
export const below = (at: string, name: string | number): string =>
  `${at}/${typeof name === 'number' ? name : name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
