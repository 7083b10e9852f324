import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { type Destination, parseDestination } from '#src/core/destination.ts';
import type { Ended } from './run-program.ts';

/** What builds are told of the package index. */
export interface PackageIndex {
  /** Variables for uv; none of them a secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** What they may reach: the hosts of the index and those that the operator adds. */
  readonly destinations: readonly Destination[];
}

const DEFAULT = 'https://pypi.org/simple';

/**
 * The package index that the operator's uv settings name: UV_DEFAULT_INDEX, UV_INDEX, UV_INDEX_URL, UV_EXTRA_INDEX_URL, or
 * a uv.toml of the user or the system.
 *
 * @param more destinations that the operator adds (CRANK_INDEX_HOSTS)
 * @returns why builds cannot be given one, where that is so; it continues a sentence
 */
export const packageIndex = (
  env: Readonly<Record<string, string | undefined>>,
  more: readonly Destination[],
): PackageIndex | { wrong: string } => {
  const settings = { ...fromFiles(env), ...fromEnvironment(env) };
  const urls = [settings.default ?? DEFAULT, ...(settings.extra ?? [])];
  const destinations: Destination[] = [...more];
  const add = (text: string): void => {
    const read = parseDestination(text);
    if (!('wrong' in read)) destinations.push(read);
  };
  for (const text of urls) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      return { wrong: 'the package index of this node is no web address' };
    if (url.username !== '' || url.password !== '' || env['UV_INDEX_USERNAME'] || env['UV_INDEX_PASSWORD'])
      return { wrong: 'the package index of this node wants credentials, which build scripts would see' };
    const host = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
    add(host);
  }
  const certificates = env['SSL_CERT_FILE'];
  return {
    destinations,
    environment: {
      UV_DEFAULT_INDEX: urls[0]!,
      ...(urls.length > 1 && { UV_INDEX: urls.slice(1).join(' ') }),
      // Whom this machine trusts, not whom uv's own list does: there may be a proxy that vouches for all.
      UV_SYSTEM_CERTS: 'true',
      ...(certificates && { SSL_CERT_FILE: certificates }),
    },
  };
};

/**
 * Where the index keeps its files, which may be another host: that of a package which most builds need.
 *
 * @param uv runs uv where `pip compile` can be asked
 */
export const fileHosts = async (
  uv: (args: readonly string[], input: string) => Promise<Ended>,
): Promise<Destination[]> => {
  const args = ['pip', 'compile', '-', '--no-deps', '--no-header', '--quiet', '--format', 'pylock.toml'];
  const { code, stdout } = await uv(args, 'setuptools\n');
  if (code !== 0) return []; // an index that has none of it
  const urls = [...stdout.matchAll(/\burl = "(https?:\/\/[^"]+)"/g)].map(([, url]) => new URL(url!));
  const hosts = urls.map((url) => `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`);
  return [...new Set(hosts)].slice(0, 10).flatMap((host) => {
    const read = parseDestination(host);
    return 'wrong' in read ? [] : [read];
  });
};

interface Settings {
  default?: string;
  extra?: readonly string[];
}

const unnamed = (text: string): string => text.replace(/^[\w-]+=(?=https?:)/, '');

const fromEnvironment = (env: Readonly<Record<string, string | undefined>>): Settings => {
  const main = env['UV_DEFAULT_INDEX'] || env['UV_INDEX_URL'];
  const extra = [env['UV_INDEX'], env['UV_EXTRA_INDEX_URL']].flatMap(
    (text) => text?.split(/\s+/).filter(Boolean) ?? [],
  );
  return { ...(main && { default: unnamed(main) }), ...(extra.length > 0 && { extra: extra.map(unnamed) }) };
};

const fromFiles = (env: Readonly<Record<string, string | undefined>>): Settings => {
  if (env['UV_NO_CONFIG']) return {};
  const named = env['UV_CONFIG_FILE'];
  const user = join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'uv', 'uv.toml');
  for (const path of named ? [named] : [user, '/etc/uv/uv.toml']) {
    const settings = fromFile(path);
    if (settings !== undefined) return settings;
  }
  return {};
};

const fromFile = (path: string): Settings | undefined => {
  let document: Record<string, unknown>;
  try {
    document = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || error instanceof TomlError) return undefined; // uv itself will complain
    throw error;
  }
  const pip = (document['pip'] ?? {}) as Record<string, unknown>;
  const listed = (Array.isArray(document['index']) ? document['index'] : []) as Record<string, unknown>[];
  const main = listed.find((one) => one['default'] === true)?.['url'] ?? document['index-url'] ?? pip['index-url'];
  const extra = [
    ...listed.filter((one) => one['default'] !== true).map((one) => one['url']),
    ...[document['extra-index-url'], pip['extra-index-url']].flat(),
  ].filter((one) => typeof one === 'string');
  return { ...(typeof main === 'string' && { default: main }), ...(extra.length > 0 && { extra }) };
};
