import { catalogue } from '../../packages/crank/src/core/error.ts';
import type { JsonObject } from '../../packages/crank/src/core/service.ts';
import {
  comment,
  literal,
  memberName,
  schemaType,
  type TypeStyle,
} from '../../packages/crank/src/doors/cli/bindings/schema-type.ts';
import { type DescribedOperation, mediaType, type Parameter, sdkRoutes } from './sdk-routes.ts';

const PREFIX = '#/components/schemas/';

/** The client's types of what a node takes and gives, from the node's own OpenAPI document. */
export const sdkApi = (): string => {
  const { schemas, routes } = sdkRoutes();
  const nameOf = (reference: string): string => reference.slice(PREFIX.length);
  const keysOf = (reference: string): string[] => {
    const schema = schemas[nameOf(reference)] as JsonObject;
    const parts = (schema['allOf'] ?? [schema]) as JsonObject[];
    return parts.flatMap((part) =>
      typeof part['$ref'] === 'string' ? keysOf(part['$ref']) : Object.keys(part['properties'] ?? {}),
    );
  };
  const received: TypeStyle = { nameOf, keysOf };
  const sent: TypeStyle = { nameOf, keysOf, sent: true };

  const members = (given: readonly Parameter[]): string => {
    if (given.length === 0) return 'None';
    const schema = {
      type: 'object',
      properties: Object.fromEntries(
        given.map(({ name, schema: each, description }) => [
          name,
          { ...(each as JsonObject), ...(description !== undefined && { description }) },
        ]),
      ),
      required: given.filter(({ required }) => required).map(({ name }) => name),
    };
    return schemaType(schema, sent, '    ');
  };
  const bodyOf = ({ requestBody }: DescribedOperation): string => {
    switch (mediaType(requestBody?.content)) {
      case undefined:
        return 'undefined';
      case 'json': {
        const type = schemaType(Object.values(requestBody!.content)[0]!.schema ?? true, sent, '    ');
        return requestBody!.required ? type : `${type} | undefined`;
      }
      case 'text':
        return 'string';
      case 'bytes':
        return 'Blob | Uint8Array | string';
    }
  };
  const resultOf = ({ responses }: DescribedOperation): string => {
    const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    const types = answers.map(([, { content }]) => {
      const kind = mediaType(content);
      if (kind === 'json') return schemaType(Object.values(content!)[0]!.schema ?? true, received, '    ');
      return kind === undefined ? 'undefined' : kind === 'text' ? 'string' : 'Blob';
    });
    return [...new Set(types)].join(' | ');
  };

  return `// Written by \`npm run check -- --write\` from packages/crank/src/doors/http/openapi: change it there.

type None = Record<never, never>;

${Object.entries(schemas)
  .flatMap(([name, schema]) => [
    ...comment((schema as JsonObject)['description'] as string | undefined),
    `export type ${name} = ${schemaType(schema, received)};`,
    '',
  ])
  .join('\n')}
/** Codes of errors, with the exit code of \`crank\` that tells their kind. */
export const errorCodes = {
${Object.entries(catalogue)
  .map(([code, { exit, retry }]) => `  ${memberName(code)}: { exit: ${exit}, retry: ${literal(retry)} },`)
  .join('\n')}
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** What each operation takes and gives: members of the path, of the query, the body, the answer. */
export interface Operations {
${routes
  .flatMap(({ operation, all }) => [
    ...comment(operation.summary, '  '),
    `  ${operation.operationId}: {`,
    `    path: ${members(all.filter((each) => each.in === 'path'))};`,
    `    query: ${members(all.filter((each) => each.in === 'query'))};`,
    `    body: ${bodyOf(operation)};`,
    `    result: ${resultOf(operation)};`,
    '  };',
  ])
  .join('\n')}
}

/** Where each operation is. */
export const routes: Readonly<Record<keyof Operations, readonly [method: string, path: string]>> = {
${routes.map(({ method, path, operation }) => `  ${operation.operationId}: ['${method}', '${path}'],`).join('\n')}
};
`;
};
