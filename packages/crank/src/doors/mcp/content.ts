import { readFile, rm } from 'node:fs/promises';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Problem } from '#src/core/problem.ts';
import type { Operation } from '#src/core/service.ts';
import { parseExactly } from './exact-json.ts';
import { ITEMS, isObjectResult, WRAPPED } from './tool-schemas.ts';

type Content = CallToolResult['content'][number];

/** Bytes of a file that is embedded: beyond them clients and models have no use for it. */
const FILE_BYTES = 16 * 2 ** 20;

/**
 * A JSON result: its text, and as structured content. A text by itself is shown as it is, without quotes.
 *
 * @param operation whose output schema a client knows; undefined where it knows none
 */
export const jsonContent = (operation: Operation | undefined, json: string): CallToolResult => {
  const value = parseExactly(json);
  const isObject = operation === undefined ? json.trimStart().startsWith('{') : isObjectResult(operation);
  return {
    content: [{ type: 'text', text: typeof value === 'string' ? value : json }],
    structuredContent: (isObject ? value : { [WRAPPED]: value }) as Record<string, unknown>,
  };
};

/** The items of a stream. */
export const streamContent = (items: readonly string[]): CallToolResult => ({
  content: [{ type: 'text', text: items.join('\n') }],
  structuredContent: { [ITEMS]: items.map(parseExactly) },
});

/** A file result, whose file is deleted. @param call that it is of, which names it */
export const fileContent = async (
  file: { name: string; contentType: string; path: string; size: number },
  call: string,
): Promise<CallToolResult> => {
  try {
    if (file.size > FILE_BYTES) {
      const text = `${file.name} has ${file.size} bytes, more than the ${FILE_BYTES} that are embedded here. Call the operation over HTTP instead: its answer is the file itself.`;
      return { isError: true, content: [{ type: 'text', text }] };
    }
    return { content: [blob(file.name, file.contentType, await readFile(file.path), call)] };
  } finally {
    await rm(file.path, { force: true });
  }
};

/** Names of types that are not registered, and that clients know by others. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'audio/x-wav': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'audio/x-aiff': 'audio/aiff',
};

/** A file's bytes in the form that clients show: pictures and sounds as such, text as text. */
export const blob = (name: string, contentType: string, bytes: Buffer, call: string): Content => {
  const [given = ''] = contentType.split(';');
  const mimeType = OTHER_NAMES[given] ?? given;
  if (/^image\/(?:png|jpeg|gif|webp)$/.test(mimeType))
    return { type: 'image', data: bytes.toString('base64'), mimeType };
  if (mimeType.startsWith('audio/')) return { type: 'audio', data: bytes.toString('base64'), mimeType };
  const uri = `crank://calls/${call}/${encodeURIComponent(name)}`;
  const text = /^text\/|[/+](?:json|xml|yaml)$/.test(mimeType);
  return {
    type: 'resource',
    resource: text ? { uri, mimeType, text: bytes.toString() } : { uri, mimeType, blob: bytes.toString('base64') },
  };
};

const advice: Readonly<Record<Problem['retry'], string>> = {
  never: 'The same call fails again: change it, or tell the user.',
  after: 'The same call may succeed later.',
  'same-key': 'The same call may be made again.',
};

/** An error as a model can act on it: what happened, where, and whether to try again. */
export const problemContent = (problem: Problem): CallToolResult => {
  const { code, detail, errors, findings, reasons, exception, retry, retryAfter } = problem;
  const lines = [`${code}: ${detail}`];
  for (const { pointer, message } of (errors ?? []) as { pointer: string; message: string }[])
    lines.push(`- ${pointer || '/'} ${message}`);
  for (const { file, line, message, fix } of (findings ?? []) as Record<string, string>[])
    lines.push(`- ${file}${line === undefined ? '' : `:${line}`} ${message} ${fix}`);
  for (const reason of (reasons ?? []) as string[]) lines.push(`- ${reason}`);
  const { traceback } = (exception ?? {}) as { traceback?: string };
  if (traceback !== undefined) lines.push(traceback.trimEnd());
  lines.push(retryAfter === undefined ? advice[retry] : `The same call may succeed after ${String(retryAfter)} s.`);
  return { isError: true, content: [{ type: 'text', text: lines.join('\n') }], _meta: { 'crank/problem': problem } };
};
