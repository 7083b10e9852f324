import type { SandboxTemplate } from '#src/engines/sandbox/sandbox.ts';
import type { DeployedVersion } from './catalog.ts';
import type { Platform } from './platform.ts';

const templates = new WeakMap<DeployedVersion, Map<string, SandboxTemplate>>();

/** The key under which a version's sandboxes are shared: never across versions or caller accounts. */
export const templateKey = (digest: string, callerAccount: string): string => `${digest} ${callerAccount}`;

/** The version's digest in a key. */
export const digestOf = (key: string): string => key.slice(0, key.indexOf(' '));

/** What the sandbox is made from, for the callers of one account. */
export const templateOf = (platform: Platform, version: DeployedVersion, callerAccount: string): SandboxTemplate => {
  const byAccount = templates.get(version) ?? new Map<string, SandboxTemplate>();
  templates.set(version, byAccount);
  let template = byAccount.get(callerAccount);
  if (template === undefined) {
    const { manifest, digest } = version;
    template = {
      key: templateKey(digest, callerAccount),
      account: callerAccount,
      isolation: platform.sandbox.level(manifest.isolation),
      entry: manifest.entry,
      limits: manifest.limits,
      ...(manifest.network && { network: true }),
      ...platform.packaging.locate({ digest, python: manifest.python, lock: manifest.lock }),
    };
    byAccount.set(callerAccount, template);
  }
  return template;
};
