import { type Operations, routes } from './generated/api.ts';
import { toJson } from './json.ts';
import type { Transport } from './transport.ts';

type Parts<K extends keyof Operations> = Pick<Operations[K], 'path' | 'query' | 'body'>;

/** What an operation takes, without what it does not: members of the path and the query by name, and the body. */
export type Taken<K extends keyof Operations> = {
  [Part in keyof Parts<K> as Record<never, never> extends Parts<K>[Part]
    ? never
    : undefined extends Parts<K>[Part]
      ? never
      : Part]: Parts<K>[Part];
} & {
  [Part in keyof Parts<K> as Record<never, never> extends Parts<K>[Part]
    ? Part
    : undefined extends Parts<K>[Part]
      ? Part
      : never]?: Parts<K>[Part] | undefined;
};

export type Body<K extends keyof Operations> = NonNullable<Operations[K]['body']>;
export type Path<K extends keyof Operations> = Operations[K]['path'];
export type Query<K extends keyof Operations> = Operations[K]['query'];
export type Result<K extends keyof Operations> = Operations[K]['result'];

export interface RequestOptions {
  signal?: AbortSignal;
}

/** Asks for an operation of the API by its `operationId`. */
export type Api = <K extends keyof Operations>(
  operation: K,
  ...rest: Record<never, never> extends Taken<K>
    ? [taken?: Taken<K>, options?: RequestOptions]
    : [taken: Taken<K>, options?: RequestOptions]
) => Promise<Result<K>>;

interface Given {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

export const apiOf =
  (transport: Transport): Api =>
  async (operation, ...[taken, options = {}]) => {
    const [method, template] = routes[operation];
    const { path = {}, query = {}, body } = (taken ?? {}) as Given;
    const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathText(name, path[name]));
    const asked = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, String(value)]],
      ),
    );
    return transport.send(
      { method, path: `${filled}${asked.size > 0 ? `?${asked}` : ''}`, ...bodyOf(body), ...options },
      (response) => decode(response) as Promise<never>,
    );
  };

const bodyOf = (
  body: unknown,
): { headers?: Record<string, string>; body?: Blob | string | Uint8Array<ArrayBuffer> } => {
  if (body === undefined) return {};
  if (body instanceof Blob || body instanceof Uint8Array)
    return { headers: { 'content-type': 'application/octet-stream' }, body: body as Blob | Uint8Array<ArrayBuffer> };
  return { headers: { 'content-type': 'application/json' }, body: toJson(body) };
};

/** A path within the path, of a file or of a tile, keeps its slashes. */
const pathText = (name: string, value: unknown): string => {
  if (value === undefined || value === '') throw new TypeError(`"${name}" is missing in the path.`);
  const text = encodeURIComponent(String(value));
  return name === 'path' || name === 'tile' ? text.replaceAll('%2F', '/') : text;
};

const decode = (response: Response): Promise<unknown> => {
  const type = response.headers.get('content-type') ?? '';
  if (response.headers.get('content-disposition') === null) {
    if (/[/+]json\b/.test(type)) return response.json();
    if (type.startsWith('text/')) return response.text();
  }
  return response.blob();
};

/** All items of what comes in pages. */
export async function* allPages<Name extends string, Item>(
  name: Name,
  page: (cursor: string | undefined) => Promise<Readonly<Record<Name, readonly Item[]>> & { cursor: string | null }>,
): AsyncGenerator<Item, void, void> {
  for (let cursor: string | undefined; ; ) {
    const got = await page(cursor);
    yield* got[name];
    if (got.cursor === null) return;
    cursor = got.cursor;
  }
}
