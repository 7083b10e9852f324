import { InvalidInput } from './decode.ts';

/**
 * `export const schemas = {operation: schema}`, or `{operation: {input, output}}`. A schema is one of a library that follows
 * Standard Schema (standardschema.dev: Zod, Valibot, ArkType), or a JSON Schema.
 */
export type Schemas = Readonly<Record<string, unknown>>;

interface Standard {
  '~standard': {
    version: 1;
    vendor: string;
    validate(value: unknown): Result | Promise<Result>;
    jsonSchema?: { input(options: { target: string }): object; output(options: { target: string }): object };
  };
}
type Result =
  | { value: unknown; issues?: undefined }
  | { issues: readonly { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] }[] };

export const isStandard = (schema: unknown): schema is Standard =>
  (typeof schema === 'object' || typeof schema === 'function') && schema !== null && '~standard' in schema;

/** What the module says of one side of an operation. */
export const schemaOf = (schemas: unknown, operation: string, side: 'input' | 'output'): unknown => {
  if (typeof schemas !== 'object' || schemas === null || !Object.hasOwn(schemas, operation)) return undefined;
  const said = (schemas as Schemas)[operation];
  if (isStandard(said)) return side === 'input' ? said : undefined;
  const { input, output } = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>;
  const isPair = typeof input === 'object' || typeof output === 'object';
  return isPair ? (side === 'input' ? input : output) : side === 'input' ? said : undefined;
};

/** What the library makes of the input: defaults filled in, values transformed. @throws InvalidInput */
export const checkInput = async (
  schemas: Schemas,
  operation: string,
  values: Record<string, unknown>,
): Promise<Record<string, unknown>> => {
  const schema = schemaOf(schemas, operation, 'input');
  if (!isStandard(schema)) return values;
  const result = await schema['~standard'].validate(values);
  const [issue] = result.issues ?? [];
  if (issue === undefined) return (result as { value: Record<string, unknown> }).value;
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const pointer = path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  throw new InvalidInput(pointer === '' ? issue.message : `${pointer}: ${issue.message}`, pointer);
};
