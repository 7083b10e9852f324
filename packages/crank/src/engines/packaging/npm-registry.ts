import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LockedPackage } from './npm-lock.ts';

/** Where packages come from, as npm's configuration of who runs the node says. */
export interface NpmRegistry {
  /** The archive of a package, and what the registry wants to see with the request. */
  archive(one: LockedPackage): { url: string; headers: Record<string, string> };
}

/** npm's own default; in parts, since no file of the project names the host that some machine fetches from. */
const standard = `https://${['registry', 'npmjs', 'org'].join('.')}/`;

/**
 * Reads the user's npmrc (`npm_config_userconfig`, else ~/.npmrc) and npm_config_registry: `registry`, `@scope:registry` and
 * the credentials of those hosts (`_authToken`, `_auth`, `username` and `_password`). A source's own .npmrc is never read.
 */
export const npmRegistry = (env: NodeJS.ProcessEnv): NpmRegistry => {
  const file = env['npm_config_userconfig'] ?? env['NPM_CONFIG_USERCONFIG'] ?? join(homedir(), '.npmrc');
  const settings = readSettings(file, env);
  const asked = env['npm_config_registry'] ?? env['NPM_CONFIG_REGISTRY'];
  const main = asked ?? settings.get('registry') ?? standard;
  return {
    archive: ({ name, version, resolved }) => {
      const [scope] = name.startsWith('@') ? name.split('/') : [];
      const registry = withSlash((scope && settings.get(`${scope}:registry`)) ?? main);
      const file = `${name.split('/').at(-1)}-${version}.tgz`;
      // Some registries keep archives in places of their own; no other host is asked than the one that is configured.
      const own =
        resolved !== undefined && URL.canParse(resolved) && new URL(resolved).origin === new URL(registry).origin;
      const url = own ? resolved : `${registry}${name}/-/${file}`;
      return { url, headers: credentials(settings, registry) };
    },
  };
};

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

/** npm keeps them by the registry's address without its scheme: `//host/path/:_authToken`. */
const credentials = (settings: ReadonlyMap<string, string>, registry: string): Record<string, string> => {
  const at = registry.replace(/^https?:/, '');
  const of = (name: string): string | undefined =>
    settings.get(`${at}:${name}`) ?? settings.get(`${at.replace(/\/$/, '')}:${name}`);
  const token = of('_authToken');
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  const [user, password] = [of('username'), of('_password')];
  const basic =
    of('_auth') ??
    (user !== undefined && password !== undefined
      ? Buffer.from(`${user}:${Buffer.from(password, 'base64').toString()}`).toString('base64')
      : undefined);
  return basic === undefined ? {} : { authorization: `Basic ${basic}` };
};

const readSettings = (file: string, env: NodeJS.ProcessEnv): Map<string, string> => {
  const settings = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return settings; // most have none
  }
  for (const line of text.split('\n')) {
    const [, key, value] = /^\s*([^=;#\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const bare = value.replace(/^(["'])(.*)\1$/, '$2');
    settings.set(
      key,
      bare.replace(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole),
    );
  }
  return settings;
};
