import { errorOf } from './errors.ts';
import { fromJson } from './json.ts';
import { brokenOff, frameIn } from './stream-frame.ts';
import type { VerifiedReceipt } from './trust.ts';

/** What a call came to. */
export interface CallResult<T = unknown> {
  /** The parsed result; a `File` where the operation returns one; the items, where a stream was read to its end. */
  value: T;
  /** Id of the call, and of its receipt. */
  call: string;
  /** Digest of the version that ran. */
  version: string;
  /** Milliseconds of each step, as the node measured them. */
  timing: Readonly<Record<string, number>>;
  /** What was verified, where it was asked for. */
  receipt?: VerifiedReceipt;
}

/** What the head of an answer says of a call. */
export const callHead = ({ headers }: Response): Pick<CallResult, 'call' | 'version' | 'timing'> => ({
  call: headers.get('crank-call') ?? '',
  version: headers.get('crank-version') ?? '',
  timing: Object.fromEntries(
    [...(headers.get('server-timing') ?? '').matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, step, ms]) => [
      step!,
      Number(ms),
    ]),
  ),
});

/** The value that a body stands for, by its type. @throws CrankError where a stream ended with one */
export const decodeBody = (bytes: Uint8Array<ArrayBuffer>, headers: Headers, bigint: boolean): unknown => {
  const type = headers.get('content-type') ?? '';
  const disposition = headers.get('content-disposition');
  if (disposition === null && /^application\/json\b/.test(type))
    return fromJson(new TextDecoder().decode(bytes), bigint);
  if (disposition === null && type.startsWith('application/x-ndjson'))
    return itemsIn(new TextDecoder().decode(bytes), bigint);
  return new File([bytes], fileNameIn(disposition) ?? 'result', { type });
};

const itemsIn = (text: string, bigint: boolean): unknown[] => {
  const lines = text.split('\n').filter((line) => line !== '');
  const end = frameIn(lines.at(-1) ?? '');
  if (end === undefined) throw brokenOff();
  if (end.error !== undefined) throw errorOf(end.error);
  return lines.slice(0, -1).map((line) => fromJson(line, bigint));
};

/** Of `Content-Disposition` (RFC 6266), which a node writes with `filename*` where the name is not ASCII. */
const fileNameIn = (disposition: string | null): string | undefined => {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  return /filename="((?:[^"\\]|\\.)*)"/.exec(disposition ?? '')?.[1]?.replace(/\\(.)/g, '$1');
};
