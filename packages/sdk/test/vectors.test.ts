import { readFileSync } from 'node:fs';
import { CrankClient, CrankError } from 'crank-sdk';
import { describe, expect, it } from 'vitest';
import { defaultRetries, type Failure, retryDelay } from '../src/retry.ts';
import { parseServiceName, servicePath } from '../src/service-name.ts';

const vectors = <T>(path: string): T =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${path}`, import.meta.url), 'utf8')) as T;
/** A client that gets one answer to everything. */
const answered = (answer: () => Response): CrankClient =>
  new CrankClient({ url: 'http://node.example', retries: 0, fetch: async () => answer() });

interface ErrorCase {
  name: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  kind: string;
  code: string;
  retry: string;
  retryAfter: number | null;
  call: string | null;
}

describe('errors', () => {
  it.each(vectors<ErrorCase[]>('client/errors.json').map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const client = answered(() => new Response(one.body, { status: one.status, headers: one.headers }));
    const error = await client.calls.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CrankError);
    const { name, code, retry, retryAfter = null, call = null } = error as CrankError;
    const { kind, ...wanted } = {
      kind: one.kind,
      code: one.code,
      retry: one.retry,
      retryAfter: one.retryAfter,
      call: one.call,
    };
    expect({ name, code, retry, retryAfter, call }).toEqual({ name: kind, ...wanted });
  });
});

interface RetryCase {
  name: string;
  failure: Failure;
  again: boolean;
  tries: number;
  wait: number | null;
}

describe('retries', () => {
  it.each(vectors<RetryCase[]>('client/retries.json').map((one) => [one.name, one] as const))('%s', (_, one) => {
    const { failure, again, tries, wait } = one;
    expect(retryDelay(failure, again, tries, defaultRetries, 1) ?? null).toBe(wait);
    if (wait && failure.retryAfter === undefined)
      expect(retryDelay(failure, again, tries, defaultRetries, 0)).toBe(wait / 2);
  });
});

describe('names', () => {
  it.each(vectors<{ text: string; path: string | null; version?: string | null }[]>('client/names.json'))(
    '$text',
    ({ text, path, version }) => {
      if (path === null) return expect(() => parseServiceName(text)).toThrow(TypeError);
      const name = parseServiceName(text);
      expect([servicePath(name, 'op'), name.version ?? null]).toEqual([path, version]);
    },
  );
});

interface StreamCase {
  name: string;
  contentType: string;
  chunks: string[];
  items: unknown[];
  progress: string[];
  outcome: string | null;
  error: string | null;
}

describe('streams', () => {
  it.each(vectors<StreamCase[]>('client/streams.json').map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const bytes = one.chunks.map((chunk) => Buffer.from(chunk));
    // Cut once more where a character of several bytes may be hit.
    const pieces = bytes.flatMap((chunk) => [chunk.subarray(0, chunk.length - 2), chunk.subarray(chunk.length - 2)]);
    const body = ReadableStream.from(pieces) as ReadableStream<Uint8Array>;
    const client = answered(() => new Response(body, { headers: { 'content-type': one.contentType } }));
    const progress: string[] = [];
    const events = one.contentType === 'text/event-stream';
    const stream = client.stream('s', 'op', {}, events ? { onProgress: ({ message }) => progress.push(message) } : {});
    const items: unknown[] = [];
    let error: string | null = null;
    try {
      for await (const item of stream) items.push(item);
    } catch (thrown) {
      const { code, message } = thrown as CrankError;
      error = /broke off/.test(message) ? 'broken-off' : code;
    }
    expect({ items, progress, outcome: stream.end?.outcome ?? null, error }).toEqual({
      items: one.items,
      progress: one.progress,
      outcome: one.outcome,
      error: one.error,
    });
  });
});

interface Receipts {
  vkey: string;
  good: { name: string; output?: string; input?: string; file: string }[];
  tampered: { name: string; part: string; file: string }[];
}

describe('receipts', () => {
  const { vkey, good, tampered } = vectors<Receipts>('receipt/receipts.json');
  const holding = (file: string, more: object = {}) =>
    answered(() => new Response(file)).receipts.verify(idIn(file), { vkeys: [vkey] }, more);
  /** As its statement says, or nothing where that cannot be read. */
  const idIn = (file: string): string => {
    try {
      const { payload } = (JSON.parse(file) as { envelope: { payload: string } }).envelope;
      return (JSON.parse(atob(payload)) as { subject: { name: string }[] }).subject[0]!.name;
    } catch {
      return '';
    }
  };

  it.each(good.map((one) => [one.name, one] as const))('holds: %s', async (_, { file, output }) => {
    const bytes = output === undefined ? {} : { output: Buffer.from(output) };
    expect((await holding(file, bytes)).id).toBe(idIn(file));
  });

  it.each(tampered.map((one) => [one.name, one] as const))('does not hold: %s', async (_, { file, part }) => {
    await expect(holding(file)).rejects.toMatchObject({ name: 'NotVerified', part });
  });

  it('is of another call, or says something else', async () => {
    const { file } = good[0]!;
    const client = answered(() => new Response(file));
    await expect(client.receipts.verify('call_other', { vkeys: [vkey] })).rejects.toThrow('not call_other');
    await expect(holding(file, { stated: { operation: 'other' } })).rejects.toThrow('its operation is');
  });
});
