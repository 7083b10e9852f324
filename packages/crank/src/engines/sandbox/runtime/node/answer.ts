import { openAsBlob } from 'node:fs';
import { call, progress } from './asking.ts';
import { kinds, type Request, send, sendJson } from './channel.ts';
import { checkInput, type Schemas } from './checked.ts';
import { decode, Handed, InvalidInput, invalidInput, parseJson } from './decode.ts';
import { bytesOf, encode, InvalidOutput } from './encode.ts';
import type { Codec, Plan } from './plan.ts';

interface Wanted {
  do: 'call' | 'describe';
  operation: string;
  plan: Plan;
  /** Parameter, name, path, content type. */
  files: [string, string, string, string][];
  environment: Record<string, string>;
  secrets: Record<string, string>;
  /** Paths by name. */
  workspaces: Record<string, string>;
  /** Bytes of arguments that it may send to other services. */
  limit: number;
}

type Module = Readonly<Record<string, unknown>>;

const chunkBytes = 64 * 1024;

/** Does what is asked, and sends what comes of it. @throws whatever the module throws */
export const answer = async (
  module: Module,
  { request, context, input }: Request,
  { code, entry }: { code: string; entry: string },
): Promise<void> => {
  const wanted = JSON.parse(request) as Wanted;
  if (wanted.do === 'describe') {
    const { describe } = await import('./describe.ts');
    send(kinds.value, JSON.stringify(await describe(module, code, entry)));
    return;
  }
  announce({ ...wanted.environment, ...wanted.secrets });
  const { plan } = wanted;
  const given = await callOf(module, wanted, input, context);
  const called = exported(module, plan.export);
  const result = await called(...given);
  if (plan.result === 'stream') return sendStream(result);
  if (plan.result === 'file') return sendFile(result, wanted.operation, plan.contentType);
  if (result instanceof Blob || result instanceof ReadableStream)
    throw new InvalidOutput(`a ${result.constructor.name} was returned, and the function's type does not say so`);
  send(kinds.value, encode(result));
};

/** Variables of this call: secrets, places of workspaces, and the proxy that is its way out. */
const announce = (environment: Record<string, string>): void => {
  Object.assign(process.env, environment);
  if (environment['HTTPS_PROXY'] === undefined) return;
  // Taken in here, since most calls need no network and every Node would take some milliseconds longer to start.
  const http = process.getBuiltinModule('node:http') as { setGlobalProxyFromEnv?: (env: NodeJS.ProcessEnv) => void };
  http.setGlobalProxyFromEnv?.(process.env);
  // Options of sockets that the sandbox refuses, and whose refusal ends the connection; the proxy is on the same machine.
  const { binding } = process as unknown as { binding(name: string): { TCP: { prototype: Record<string, unknown> } } };
  for (const option of ['setKeepAlive', 'setTypeOfService']) binding('tcp_wrap').TCP.prototype[option] = () => 0;
};

/** Of a CommonJS module, what it exports is its `default`. */
export const exported = (module: Module, name: string): ((...given: unknown[]) => unknown) => {
  const { default: common } = module as { default?: Module };
  const found = module[name] ?? common?.[name];
  if (typeof found !== 'function') throw new TypeError(`The module's export ${name} is no function.`);
  return found as (...given: unknown[]) => unknown;
};

/** The arguments in order. */
const callOf = async (module: Module, wanted: Wanted, input: string, context: string): Promise<unknown[]> => {
  const { plan, files, operation } = wanted;
  const codecs = plan.codecs ?? {};
  const values = parseJson(input, JSON.stringify(plan).includes('"bigint"')) as Record<string, unknown>;
  await addFiles(values, files, plan.parameters);
  const checked = plan.checked ? await checkInput(module['schemas'] as Schemas, operation, values) : values;
  const platform = JSON.parse(context) as Record<string, object | undefined>;
  const given: unknown[] = [];
  for (const { name, kind, codec } of plan.parameters) {
    if (kind === 'policies') given.push(platform['policies'] ?? {});
    else if (kind === 'context')
      given.push({
        ...platform['context'],
        ...(Object.keys(wanted.secrets).length > 0 && { secrets: wanted.secrets }),
        ...(Object.keys(wanted.workspaces).length > 0 && { workspaces: wanted.workspaces }),
        progress,
        call: call(wanted.limit),
        invalidInput,
      });
    else if (kind === 'whole') given.push(plan.checked ? checked : decode(checked, codec, codecs));
    else if (!Object.hasOwn(checked, name)) {
      if (kind === 'value') given.push(undefined);
    } else {
      const value = decode(checked[name], codec, codecs, `/${name}`);
      if (kind === 'rest') given.push(...(value as unknown[]));
      else given.push(value);
    }
  }
  while (given.length > 0 && given.at(-1) === undefined) given.pop(); // what was left out is no argument
  return given;
};

const addFiles = async (
  values: Record<string, unknown>,
  files: Wanted['files'],
  parameters: Plan['parameters'],
): Promise<void> => {
  const whole = parameters.find(({ kind }) => kind === 'whole');
  for (const [parameter, name, path, type] of files) {
    const file = new Handed(name, path, await openAsBlob(path, { type }));
    const codec =
      whole === undefined
        ? parameters.find((one) => one.name === parameter)?.codec
        : (whole.codec as { object?: Record<string, Codec> } | undefined)?.object?.[parameter];
    const before = values[parameter];
    if (Array.isArray(before)) before.push(file);
    else if (before !== undefined) throw new InvalidInput('given twice', `/${parameter}`);
    else values[parameter] = typeof codec === 'object' && 'array' in codec ? [file] : file;
  }
};

const sendStream = async (result: unknown): Promise<void> => {
  const items = result as AsyncIterable<unknown> & Iterable<unknown>;
  if (items === null || typeof items !== 'object' || !(Symbol.asyncIterator in items || Symbol.iterator in items))
    throw new InvalidOutput(`a ${items === null ? 'null' : typeof items} was returned where a stream is declared`);
  for await (const item of items) send(kinds.item, encode(item));
  send(kinds.stream, '');
};

const sendFile = async (result: unknown, operation: string, declared: string | undefined): Promise<void> => {
  const bytes = typeof result === 'string' ? Buffer.from(result) : bytesOf(result);
  if (bytes !== undefined) sendChunks(bytes);
  else if (result instanceof Blob || result instanceof ReadableStream)
    for await (const chunk of result instanceof Blob ? result.stream() : result) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : bytesOf(chunk);
      if (part === undefined) throw new InvalidOutput(`the stream of a file gave a ${typeof chunk}, not bytes`);
      sendChunks(part);
    }
  else throw new InvalidOutput(`a ${result === null ? 'null' : typeof result} was returned where a file is declared`);
  const contentType = declared ?? (result instanceof Blob ? result.type : '');
  const name = result instanceof File ? result.name : `${operation}${suffixes[contentType.split(';')[0]!] ?? ''}`;
  sendJson(kinds.file, { name, contentType });
};

const sendChunks = (bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; at += chunkBytes) send(kinds.chunk, bytes.subarray(at, at + chunkBytes));
};

/** Of what has no name of its own. */
const suffixes: Readonly<Record<string, string>> = {
  'application/json': '.json',
  'application/pdf': '.pdf',
  'application/zip': '.zip',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/svg+xml': '.svg',
  'text/csv': '.csv',
  'text/html': '.html',
  'text/plain': '.txt',
};
