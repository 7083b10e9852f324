import type { JsonObject, JsonSchema, Operation } from '#src/core/service.ts';

/** Member under which a result stands that is no object: structured content has to be one (specifications until 2025-11-25). */
export const WRAPPED = 'result';
/** And the items of a stream. */
export const ITEMS = 'items';

/** The arguments of a tool. */
export const inputSchema = ({ input }: Operation): JsonObject => ({
  ...(typeof input === 'object' ? input : {}),
  type: 'object',
});

/** Whether what an operation answers is structured content as it is. */
export const isObjectResult = ({ output }: Operation): boolean =>
  typeof output === 'object' && output['type'] === 'object';

/** The structured content of a tool; undefined where it has none, or none that can be described. */
export const outputSchema = (operation: Operation): JsonObject | undefined => {
  const { output, result } = operation;
  if (result === 'file') return undefined;
  if (result === 'json' && isObjectResult(operation)) return output as JsonObject;
  // Pointers into the whole schema would mean another place within a larger one.
  if (/"\$ref":"#(?!\/\$defs\/)/.test(JSON.stringify(output))) return undefined;
  return result === 'stream' ? within(ITEMS, output, true) : within(WRAPPED, output, false);
};

const within = (member: string, schema: JsonSchema, many: boolean): JsonObject => {
  const { $defs, $schema: _, ...rest } = typeof schema === 'object' ? schema : {};
  return {
    type: 'object',
    properties: { [member]: many ? { type: 'array', items: rest } : rest },
    required: [member],
    ...($defs !== undefined && { $defs }),
  };
};
