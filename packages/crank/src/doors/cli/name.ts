import type { ServiceName } from '#src/core/service-name.ts';

export { parseName, type ServiceName } from '#src/core/service-name.ts';

/** The path of a service in its account. */
export const servicePath = (name: ServiceName): string =>
  name.account === undefined ? `/v1/services/${name.service}` : `/v1/accounts/${name.account}/services/${name.service}`;
