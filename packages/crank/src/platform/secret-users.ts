import type { Operation } from '#src/core/service.ts';
import type { DeployedVersion } from './catalog.ts';
import type { Platform } from './platform.ts';
import type { WantedSecrets } from './secrets.ts';

const wanted = new WeakMap<Operation, WantedSecrets>();

/** The secrets that an operation asks for, with those of its version; undefined where there are none. */
export const wantedSecrets = ({ manifest }: DeployedVersion, operation: Operation): WantedSecrets | undefined => {
  if (manifest.secrets === undefined && operation.secrets === undefined) return undefined;
  let all = wanted.get(operation);
  if (all === undefined) {
    all = { ...manifest.secrets, ...operation.secrets };
    wanted.set(operation, all);
  }
  return all;
};

/** Keys of warm sandboxes whose calls were given secrets, by account and name of the secret. */
const warm = new WeakMap<Platform, Map<string, Set<string>>>();

/** Notes that processes of a template may remember secrets. */
export const noteUser = (platform: Platform, account: string, names: Iterable<string>, template: string): void => {
  const users = warm.get(platform) ?? new Map<string, Set<string>>();
  warm.set(platform, users);
  for (const name of names) {
    const key = `${account}/${name}`;
    const templates = users.get(key);
    if (templates === undefined) users.set(key, new Set([template]));
    else templates.add(template);
  }
};

/** Ends processes that may remember a secret: idle ones now, the others with the call that they are at. */
export const retireUsers = async (platform: Platform, account: string, name: string): Promise<void> => {
  const users = warm.get(platform);
  const templates = users?.get(`${account}/${name}`) ?? [];
  users?.delete(`${account}/${name}`);
  await Promise.all([...templates].map((template) => platform.sandbox.retire(template)));
};
