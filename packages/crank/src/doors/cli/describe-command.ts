import type { JsonObject, JsonSchema, Operation } from '#src/core/service.ts';
import { typeName } from '#src/core/type-name.ts';
import { table } from './table.ts';

interface Planned {
  name: string;
  flag?: string | null;
  words?: [value: unknown, words: string[]][];
}

/** The parameters of a command line for people: how each is said there, what it takes, what it is for. */
export const describeCommand = (operation: Operation, command: JsonObject): string => {
  const input = operation.input as JsonObject;
  const required = (input['required'] ?? []) as readonly string[];
  const flags = new Map(planned(command).map((param) => [param.name, spelled(param)]));
  const rows = Object.entries((input['properties'] ?? {}) as Record<string, JsonSchema>).map(([name, schema]) => [
    required.includes(name) ? name : `${name}?`,
    flags.get(name) ?? '',
    typeOf(operation, name, schema),
    String((typeof schema === 'object' && schema['description']) || ''),
  ]);
  return table(['PARAMETER', 'COMMAND LINE', 'TYPE', 'WHAT'], rows);
};

const planned = (command: JsonObject): Planned[] =>
  (Array.isArray(command['levels']) ? (command['levels'] as { params?: Planned[] }[]) : []).flatMap(
    ({ params }) => params ?? [],
  );

const spelled = ({ flag, words, name }: Planned): string => {
  if (words !== undefined)
    return words
      .map(([, each]) => each.join(' '))
      .filter(Boolean)
      .join(', ');
  return flag ?? name.toUpperCase();
};

const typeOf = (operation: Operation, name: string, schema: JsonSchema): string =>
  operation.files.includes(name) ? typeName(schema).replaceAll('File', 'file') : typeName(schema);
