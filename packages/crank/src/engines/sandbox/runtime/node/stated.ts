import { createRequire } from 'node:module';
import { admissible } from './admissible.ts';
import { isStandard } from './checked.ts';
import { Inexpressible, type Schema } from './forms.ts';
import type { Operation } from './operation.ts';

type Side = 'input' | 'output';

/** An operation with the schemas that its module states for it, where it does. */
export const statedOperation = async (
  operation: Operation,
  input: unknown,
  output: unknown,
  entry: string,
): Promise<Operation> => {
  if (input === undefined && output === undefined) return operation;
  const made = { ...operation };
  if (input !== undefined) {
    made.input = { ...jsonSchema(input, 'input', entry), type: 'object' };
    if (isStandard(input)) made.plan = { ...operation.plan, checked: true };
  }
  if (output !== undefined) made.output = jsonSchema(output, 'output', entry);
  const known = Object.keys((made.input['properties'] ?? {}) as object);
  return { ...made, files: operation.files.filter((name) => known.includes(name)) };
};

const jsonSchema = (schema: unknown, side: Side, entry: string): Schema => {
  const { $schema: _, '~standard': __, ...plain } = converted(schema, side, entry) as Record<string, unknown>;
  return (isStandard(schema) ? admissible(plain) : plain) as Schema;
};

/** By the library's own means: Zod's, or those of Standard JSON Schema. @throws Inexpressible with its words */
const converted = (schema: unknown, side: Side, entry: string): object => {
  if (!isStandard(schema)) {
    if (typeof schema === 'object' && schema !== null) return schema;
    throw new Inexpressible('has a schema that is none: give a JSON Schema, or one of Zod');
  }
  const { vendor, jsonSchema: own } = schema['~standard'];
  try {
    if (vendor === 'zod') return ofZod(schema, side, entry);
    if (own !== undefined) return own[side]({ target: 'draft-2020-12' });
  } catch (error) {
    throw new Inexpressible(
      `has a schema of ${vendor} that does not become a JSON Schema: ${(error as Error).message}`,
    );
  }
  throw new Inexpressible(`has a schema of ${vendor}, which tells no JSON Schema: give one as {input: {...}} instead`);
};

interface Override {
  zodSchema: { _zod: { def: { type: string; coerce?: boolean } } };
  jsonSchema: Schema;
}

const ofZod = (schema: unknown, side: Side, entry: string): object => {
  const { toJSONSchema } = createRequire(entry)('zod') as {
    toJSONSchema?: (schema: unknown, options: object) => object;
  };
  if (toJSONSchema === undefined) throw new Error('that takes Zod 4');
  const override = ({ zodSchema, jsonSchema }: Override): void => {
    const { type, coerce } = zodSchema._zod.def;
    if (type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
    else if (type === 'bigint' && (coerce || side === 'output')) jsonSchema['type'] = 'integer';
  };
  return toJSONSchema(schema, { io: side, unrepresentable: 'any', override });
};
