import type { ServiceInfo } from '#src/platform/services.ts';
import { operationPath } from '../view/operation-example.ts';
import { operationsOf } from '../view/service-view.ts';
import { adminPaths } from './admin-paths.ts';
import { complete } from './complete.ts';
import { headers, parameters, responses, schemas } from './components.ts';
import type { Schemas } from './hoist-schema.ts';
import { operationItem } from './operation-item.ts';

/**
 * The OpenAPI 3.1 document of a node: its administration, and the operations of the given services by their own paths.
 *
 * @param base address of the node
 */
export const openApiDocument = (base: string, services: readonly ServiceInfo[]): object => {
  const all: Schemas = { ...schemas };
  const operations = services.flatMap(({ name, manifest }) =>
    operationsOf(manifest).map(
      (operation) => [operationPath(name, operation.name), operationItem(name, operation, all)] as const,
    ),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Crank',
      version: '1',
      description:
        'Scripts as governed services: every call is authenticated, decided by policy, sandboxed, measured, and answered with a signed receipt.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: base }],
    security: [{ key: [] }],
    tags: services.map(({ name, manifest }) => ({
      name,
      description: manifest.description || `Operations of ${name}.`,
    })),
    paths: Object.fromEntries(
      [...operations, ...Object.entries(adminPaths)].map(([path, item]) => [path, complete(item)]),
    ),
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key (`crk_...`), or a token that it minted or that an issuer gave out.',
        },
      },
      schemas: all,
      parameters,
      headers,
      responses,
    },
  };
};
