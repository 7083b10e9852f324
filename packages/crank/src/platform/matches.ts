import type { Json, JsonSchema } from '#src/core/service.ts';
import { compileValidator } from '#src/engines/packaging/compile-schema.ts';

/** Whether a schema admits a value, as calls are judged. */
export const matches = (schema: JsonSchema, value: Json): boolean => compileValidator(schema)(value).length === 0;
