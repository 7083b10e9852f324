import type { JsonObject, JsonSchema } from '#src/core/service.ts';
import { comment, literal, memberName, schemaType, type TypeStyle } from './schema-type.ts';

/** A service as a node lists it. */
export interface BoundService {
  account: string;
  name: string;
  version: string;
  description: string;
  operations: readonly BoundOperation[];
}

export interface BoundOperation {
  name: string;
  description: string;
  input: JsonSchema;
  output: JsonSchema;
  result: 'json' | 'file' | 'stream';
  files: readonly string[];
}

const IMPORTS = ['CallOptions', 'CallResult', 'CallStream', 'CrankClient', 'CrankJob', 'FileInput', 'StreamOptions'];

/**
 * A module with a typed function for each operation, over `crank-sdk`. What services say of themselves is a stranger's word: it gets
 * into comments, types and quoted names, and never becomes code.
 *
 * @param called how calls name a service, such as `words@0123abcd`
 */
export const typescriptBindings = (
  services: readonly BoundService[],
  called: (service: BoundService) => string,
): string => {
  const taken = new Set<string>();
  const parts = services.map((service) => {
    const name = identifier(service.name, taken);
    const Name = name.charAt(0).toUpperCase() + name.slice(1);
    const operations = service.operations.map((operation) => ({
      operation,
      type: `${Name}${pascal(operation.name)}`,
    }));
    const types = operations.flatMap(({ operation, type }) => operationTypes(operation, type));
    return [
      ...types,
      factory(service, name, called(service), operations),
      jobs(name, called(service), operations),
    ].join('\n');
  });
  const text = parts.join('\n');
  const used = IMPORTS.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return `// Written by \`crank sdk generate\`: generate it anew when services change.
import type { ${used.join(', ')} } from 'crank-sdk';

${text}`;
};

interface Typed {
  operation: BoundOperation;
  type: string;
}

const operationTypes = (operation: BoundOperation, type: string): string[] => {
  const { input, output, files, result } = operation;
  const given = typeof input === 'object' ? withFiles(input, files) : input;
  return [
    ...named(given, `${type}Input`, true),
    ...(result === 'file' ? [`export type ${type}Output = File;`] : named(output, `${type}Output`, false)),
    '',
  ];
};

const FILE = '#file';

/** The same arguments, in which files are themselves; some may be given as text instead. */
const withFiles = (input: JsonObject, files: readonly string[]): JsonObject => {
  const properties = Object.entries((input['properties'] ?? {}) as Record<string, JsonSchema>);
  const each = ([name, schema]: [string, JsonSchema]): [string, JsonSchema] => {
    if (!files.includes(name) || typeof schema === 'boolean') return [name, schema];
    const types = shallowTypes(schema);
    const file: JsonObject = { $ref: FILE };
    const anyOf: JsonSchema[] = [
      ...(types.has('array') && !types.has('object') ? [] : [file]),
      ...(types.has('array') ? [{ type: 'array', items: file }] : []),
      ...['string', 'null'].filter((type) => types.has(type)).map((type) => ({ type })),
    ];
    const { description } = schema;
    return [name, { ...(description !== undefined && { description }), anyOf } as JsonObject];
  };
  return { ...input, properties: Object.fromEntries(properties.map(each)) };
};

/** Types that a schema admits by itself; what it refers to is an object, as files are in JSON. */
const shallowTypes = (schema: JsonSchema): Set<string> => {
  if (typeof schema === 'boolean') return new Set();
  if (schema['$ref'] !== undefined) return new Set(['object']);
  const some = ['anyOf', 'oneOf'].flatMap((word) =>
    ((schema[word] ?? []) as JsonSchema[]).flatMap((each) => [...shallowTypes(each)]),
  );
  return new Set([...([schema['type'] ?? []].flat() as string[]), ...some]);
};

/** Declarations of a schema and its `$defs`. */
const named = (schema: JsonSchema, type: string, sent: boolean): string[] => {
  const defs = typeof schema === 'object' ? reachable(schema) : {};
  const taken = new Set<string>();
  const names = new Map(Object.keys(defs).map((name) => [name, `${type}${identifier(pascal(name), taken)}`]));
  const nameOf = (reference: string): string =>
    reference === FILE ? 'FileInput' : (names.get(definitionOf(reference)) ?? 'unknown');
  const style: TypeStyle = { nameOf, ...(sent && { sent }) };
  return [
    ...Object.entries(defs).map(([name, each]) => `export type ${names.get(name)!} = ${schemaType(each, style)};`),
    `export type ${type} = ${schemaType(schema, style)};`,
  ];
};

/** The definitions that a schema refers to, also by way of others. */
const reachable = (schema: JsonObject): Record<string, JsonSchema> => {
  const { $defs = {}, ...rest } = schema as { $defs?: Record<string, JsonSchema> };
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const reference = (value as { $ref?: unknown }).$ref;
    const name = typeof reference === 'string' ? definitionOf(reference) : undefined;
    if (name !== undefined && Object.hasOwn($defs, name) && !found.has(name)) {
      found.add(name);
      visit($defs[name]);
    }
    for (const member of Object.values(value)) visit(member);
  };
  visit(rest);
  return Object.fromEntries(Object.entries($defs).filter(([name]) => found.has(name)));
};

const definitionOf = (reference: string): string =>
  reference.replace('#/$defs/', '').replaceAll('~1', '/').replaceAll('~0', '~');

const factory = (service: BoundService, name: string, called: string, operations: readonly Typed[]): string => {
  const about = `${service.description}\n\nVersion ${service.version.slice(0, 19)} of ${service.account}/${service.name}.`;
  return [
    ...comment(about.trim()),
    `export const ${name} = (client: CrankClient) => ({`,
    ...operations.flatMap(({ operation, type }) => [
      ...comment(operation.description, '  '),
      `  ${memberName(operation.name)}: ${operationFunction(operation, type, called)},`,
    ]),
    '});',
    '',
  ].join('\n');
};

const operationFunction = ({ name, input, result }: BoundOperation, type: string, called: string): string => {
  const at = `${literal(called)}, ${literal(name)}, args, options`;
  if (result === 'stream')
    return `(${parameter(input, type)}, options?: StreamOptions): CallStream<${type}Output> =>\n    client.stream<${type}Output>(${at})`;
  return `(${parameter(input, type)}, options?: CallOptions): Promise<CallResult<${type}Output>> =>\n    client.call<${type}Output>(${at})`;
};

const jobs = (name: string, called: string, operations: readonly Typed[]): string => {
  const lines = operations.map(({ operation, type }) => {
    const output = operation.result === 'stream' ? `${type}Output[]` : `${type}Output`;
    return `  ${memberName(operation.name)}: (${parameter(operation.input, type)}, options?: CallOptions): Promise<CrankJob<${output}>> =>\n    client.submit<${output}>(${literal(called)}, ${literal(operation.name)}, args, options),`;
  });
  return [
    `/** The same as jobs, which outlive their request. */`,
    `export const ${name}Jobs = (client: CrankClient) => ({`,
    ...lines,
    '});',
    '',
  ].join('\n');
};

const parameter = (input: JsonSchema, type: string): string => {
  const required = typeof input === 'object' ? ((input['required'] ?? []) as string[]) : [];
  return required.length === 0 ? `args: ${type}Input = {}` : `args: ${type}Input`;
};

const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9$]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const RESERVED = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
);

/** A name as an identifier that was not taken yet. */
const identifier = (name: string, taken: Set<string>): string => {
  const camel = name.replace(/[^A-Za-z0-9$]+(.)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase());
  const plain = /^[A-Za-z$]/.test(camel) && !RESERVED.has(camel) ? camel : `_${camel}`;
  for (let count = 1; ; count++) {
    const one = count === 1 ? plain : `${plain}${count}`;
    if (taken.has(one)) continue;
    taken.add(one);
    return one;
  }
};
