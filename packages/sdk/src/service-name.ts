/** Where a service is, by `[ACCOUNT/]SERVICE[@VERSION]`. */
export interface ServiceName {
  account: string | undefined;
  service: string;
  /** Digest prefix of at least 8, or an alias. */
  version: string | undefined;
}

/** @throws TypeError where the text has another form */
export const parseServiceName = (name: string): ServiceName => {
  const match = /^(?:([a-z0-9-]+)\/)?([a-z0-9-]+)(?:@([^@/?#]+))?$/.exec(name);
  if (match === null)
    throw new TypeError(`${JSON.stringify(name)} names no service: write [ACCOUNT/]SERVICE[@VERSION].`);
  return { account: match[1], service: match[2]!, version: match[3] };
};

/** Its path, and what stands behind that. */
export const servicePath = ({ account, service }: ServiceName, ...rest: readonly string[]): string =>
  [
    account === undefined ? '/v1/services' : `/v1/accounts/${account}/services`,
    service,
    ...rest.map(encodeURIComponent),
  ].join('/');
