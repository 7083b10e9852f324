import { type Api, allPages, type Body, type Result } from '../api.ts';
import type { Deployed } from '../generated/api.ts';
import { parseServiceName } from '../service-name.ts';
import type { Transport } from '../transport.ts';

export interface DeployFile {
  /** Path within the source, with `/` between folders. */
  path: string;
  content: Blob | Uint8Array<ArrayBuffer> | string;
}

export interface DeployOptions {
  /** Named after the source where absent. */
  name?: string | undefined;
  /** What the source does not say of itself. */
  manifest?: object | undefined;
  /** Interpreter series, such as `3.11`. */
  python?: string | undefined;
  /** Points to the version then. */
  alias?: string | undefined;
  /** Name of the folder that the files are of, where they are one. */
  folder?: string | undefined;
  /** The version goes as soon as its alias names another one. */
  ephemeral?: boolean | undefined;
  /** Gets a share of the calls first, such as `10%`. */
  canary?: string | undefined;
  /** What the canary is drawn by. */
  by?: 'call' | 'principal' | 'session' | undefined;
  /** Whether the canary ends where it fails more often than the latest version. */
  autoAbort?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

const at = (name: string): { service: string; version: string | undefined } => {
  const { account, service, version } = parseServiceName(name);
  if (account !== undefined) throw new TypeError(`${name}: services of another account are called, not administered.`);
  return { service, version };
};

/** Services, their versions, and what names these. Names are `SERVICE` or, where a version can be meant, `SERVICE@VERSION`. */
export const servicesOf = (api: Api, transport: Transport) => ({
  /** Deploys a source. @throws InvalidRequest with `findings` where it cannot be */
  deploy: async (files: readonly DeployFile[], options: DeployOptions = {}): Promise<Deployed> => {
    const { signal, manifest, ephemeral, ...others } = options;
    const form = new FormData();
    const fields = { ...others, passing: ephemeral };
    for (const { path, content } of files) form.append('file', new Blob([content]), path);
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, String(value));
    if (manifest !== undefined) form.append('manifest', JSON.stringify(manifest));
    const sent = { method: 'POST', path: '/v1/services', body: form, signal };
    return transport.send(sent, (response) => response.json() as Promise<Deployed>);
  },
  list: (cursor?: string) => api('listServices', { query: { cursor } }),
  all: () => allPages('services', (cursor) => api('listServices', { query: { cursor } })),
  describe: (name: string) => {
    const { service, version } = at(name);
    return api('describeService', { path: { service }, query: { version } });
  },
  remove: (service: string) => api('removeService', { path: { service } }),
  /** Finds operations that you may call, the best first. */
  search: async (
    query: string | { q?: string; takes?: string; gives?: string; limit?: number },
  ): Promise<Result<'search'>['found']> => {
    const { limit, ...words } = typeof query === 'string' ? { q: query } : { limit: undefined, ...query };
    return (await api('search', { query: { ...words, ...(limit !== undefined && { limit: String(limit) }) } })).found;
  },

  versions: (service: string, cursor?: string) => api('listVersions', { path: { service }, query: { cursor } }),
  allVersions: (service: string) =>
    allPages('versions', (cursor) => api('listVersions', { path: { service }, query: { cursor } })),
  describeVersion: (service: string, version: string) => api('describeVersion', { path: { service, version } }),
  removeVersion: (service: string, version: string) => api('removeVersion', { path: { service, version } }),
  /** Makes an earlier version the latest; without one, undoes the last change of what calls get. */
  rollback: (service: string, version?: string) => api('rollback', { path: { service }, body: { version } }),
  /** Lets a version run again that broke the rules of its sandbox. */
  release: (service: string, version: string) => api('releaseVersion', { path: { service }, query: { version } }),

  aliases: async (service: string) => (await api('listAliases', { path: { service } })).aliases,
  setAlias: (service: string, alias: string, version: string) =>
    api('setAlias', { path: { service, alias }, body: { version } }),
  deleteAlias: (service: string, alias: string) => api('deleteAlias', { path: { service, alias } }),

  canary: async (service: string) => (await api('describeCanary', { path: { service } })).canary,
  setCanary: (service: string, body: Body<'setCanary'>) => api('setCanary', { path: { service }, body }),
  abortCanary: (service: string) => api('abortCanary', { path: { service } }),
  promoteCanary: (service: string) => api('promoteCanary', { path: { service } }),

  /** Makes a service of code that was run. @param version `version` of the run's result */
  promote: (version: string, name: string) => api('promoteCode', { path: { version }, body: { name } }),
});
