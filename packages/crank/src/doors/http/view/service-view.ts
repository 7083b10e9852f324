import type { Finding } from '#src/core/error.ts';
import type { Manifest, Operation } from '#src/core/service.ts';
import type { ServiceDetails } from '#src/platform/services.ts';
import { operationExamples } from './call-examples.ts';
import { curlExample, operationPath } from './operation-example.ts';

export interface Shown {
  account: string;
  name: string;
  version: string;
  manifest: Manifest;
  findings: readonly Finding[];
}

/** A service version as the door shows it. @param base address under which the caller knows this node */
export const serviceView = ({ account, name, version, manifest, findings }: Shown, base: string) => ({
  account,
  name,
  version,
  description: manifest.description,
  runtime: manifest.runtime,
  python: manifest.python,
  isolation: manifest.isolation,
  limits: manifest.limits,
  network: manifest.network ?? [],
  secrets: manifest.secrets ?? {},
  requirements: manifest.requirements,
  lock: manifest.lock,
  tools: manifest.tools ?? {},
  operations: operationsOf(manifest).map((operation) => ({
    ...operation,
    path: operationPath(name, operation.name),
    curl: curlExample(base, name, operation),
  })),
  findings,
});

export const operationsOf = (manifest: Manifest): Operation[] => Object.values(manifest.operations);

/** A service with what stands beside its operations, and how each is called. */
export const serviceDetailsView = (service: ServiceDetails, base: string) => {
  const { aliases, versions, versionCount, canary, policies } = service;
  const view = serviceView(service, base);
  return {
    ...view,
    operations: view.operations.map((operation) => ({
      ...operation,
      example: operationExamples(base, service.name, operation),
    })),
    ...{ aliases, versions, versionCount, canary, policies },
  };
};
