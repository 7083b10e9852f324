import { canonicalJson } from '#src/core/canonical-json.ts';
import { sha256 } from '#src/core/digest.ts';
import type { InputError } from '#src/core/error.ts';
import type { JsonSchema } from '#src/core/service.ts';
import { countParts, Fuel, fuelFor, OutOfFuel } from './schema-fuel.ts';
import { buildSchema } from './schema-node.ts';
import type { Node } from './schema-rule.ts';

/** Checks a parsed JSON value. An empty list: it matches. At most 20 errors, each a JSON Pointer and a message. */
export type Validator = (value: unknown) => InputError[];

const CACHE_SIZE = 512;
const cache = new Map<string, Validator>();

/**
 * A validator for a schema that `admitSchema` let through (JSON Schema 2020-12). Made ready at first use; equal schemas
 * share one. Strict: nothing is converted or filled in. Its time and memory are bounded by the size of the value,
 * whatever the schema: beyond that the value does not match.
 *
 * Not Ajv, which generates code from the schema and keeps every error of every alternative that it tries: a schema of
 * 2 KiB makes it run out of memory on the value 1. The tests compare the two.
 */
export const compileValidator = (schema: JsonSchema): Validator => {
  if (schema === true) return () => [];
  if (schema === false) return () => [{ pointer: '', message: 'expected nothing' }];
  const key = sha256(canonicalJson(schema)).toString('base64');
  const validator = cache.get(key) ?? compile(schema);
  cache.delete(key);
  cache.set(key, validator); // the newest is last
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value!);
  return validator;
};

const compile = (schema: Exclude<JsonSchema, boolean>): Validator => {
  let node: Node | undefined;
  return (value) => {
    node ??= buildSchema(schema);
    const steps = fuelFor(countParts(value));
    try {
      if (node.test(value, new Fuel(steps))) return [];
    } catch (error) {
      if (isTooMuch(error))
        return [
          { pointer: '', message: 'is too large or too deep to be checked against the schema: send less at once' },
        ];
      throw error;
    }
    const errors: InputError[] = [];
    try {
      node.tell(value, '', { fuel: new Fuel(steps), errors });
    } catch (error) {
      if (!isTooMuch(error)) throw error;
    }
    return errors.length > 0 ? errors : [{ pointer: '', message: 'does not match the schema' }];
  };
};

/** RangeError: the value is nested more deeply than the stack is. */
const isTooMuch = (error: unknown): boolean => error instanceof OutOfFuel || error instanceof RangeError;
