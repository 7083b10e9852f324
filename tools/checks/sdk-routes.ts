import type { JsonSchema } from '../../packages/crank/src/core/service.ts';
import { openApiDocument } from '../../packages/crank/src/doors/http/openapi/document.ts';

export interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  schema: JsonSchema;
  description?: string;
}
type Content = Record<string, { schema?: JsonSchema }>;
export interface DescribedOperation {
  operationId: string;
  summary: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { content?: Content }>;
}
type Item = { parameters?: Parameter[] } & Record<string, DescribedOperation>;

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

/** Calls, whose answers have several forms, and protocols within the protocol: clients have ways of their own for them. */
const APART = new Set([
  'call',
  'callOf',
  'deploy',
  'runCode',
  'mcp',
  'mcpStream',
  'mcpEnd',
  'deliver',
  'deliverWithToken',
]);

/** What a body is, by its first type. */
export const mediaType = (content: Content | undefined): 'json' | 'text' | 'bytes' | undefined => {
  const [type] = Object.keys(content ?? {});
  if (type === undefined) return undefined;
  if (/[/+]json$/.test(type)) return 'json';
  return /^text\//.test(type) ? 'text' : 'bytes';
};

/** A path and method of the API that clients have no way of their own for. */
export interface Route {
  method: string;
  path: string;
  operation: DescribedOperation;
  /** Parameters of the path and its own. */
  all: readonly Parameter[];
}

/** What clients are generated from: the document that a node serves. */
export const sdkRoutes = (): { schemas: Record<string, JsonSchema>; routes: readonly Route[] } => {
  const { paths, components } = openApiDocument('http://127.0.0.1:7700', []) as {
    paths: Record<string, Item>;
    components: { schemas: Record<string, JsonSchema> };
  };
  const routes = Object.entries(paths).flatMap(([path, { parameters = [], ...methods }]) =>
    METHODS.flatMap((method) => {
      const operation = (methods as Record<string, DescribedOperation>)[method];
      if (operation === undefined || APART.has(operation.operationId)) return [];
      return [{ method: method.toUpperCase(), path, operation, all: [...parameters, ...(operation.parameters ?? [])] }];
    }),
  );
  return { schemas: components.schemas, routes };
};
