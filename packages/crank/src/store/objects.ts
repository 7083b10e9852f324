import { AwsClient } from 'aws4fetch';
import { CrankError } from '#src/core/error.ts';
import type { Bucket } from './bucket.ts';

/** Port: named bytes at a place that is not this machine's disk. What `put` has resolved for survives. */
export interface Objects {
  /** What a message calls the place. */
  readonly place: string;
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array | string): Promise<void>;
  /** Nothing happens where there is none. */
  delete(key: string): Promise<void>;
  /** All keys that begin so. */
  list(prefix: string): Promise<string[]>;
}

/** Milliseconds for one request, repetitions included. */
const PATIENCE_MS = 5_000;
/** Beside the first; with doubling pauses from 50 ms, as aws4fetch makes them. */
const RETRIES = 4;

/**
 * Aborts what takes longer, and waits no longer for it. Requests that are made from requests hold their signals weakly, so
 * that a signal's end alone may pass unheard.
 */
const within = <T>(ms: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${ms / 1000} s`));
      controller.abort();
    }, ms);
    run(controller.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
};

/** Objects in a bucket (S3 API, Signature Version 4). Every method throws CrankError `unavailable` where the service fails. */
export const openBucket = ({ bucket, prefix, region, endpoint, credentials }: Bucket): Objects => {
  const client = new AwsClient({ ...credentials, region, service: 's3', retries: RETRIES });
  const base = endpoint === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint}/${bucket}`;
  const place = `s3://${bucket}/${prefix}`;
  const urlOf = (key: string): string => `${base}/${encodeURI(prefix + key).replace(/[?#+]/g, encodeURIComponent)}`;

  const ask = async (what: string, url: string, init?: RequestInit): Promise<Response> => {
    let answer: Response;
    try {
      answer = await within(PATIENCE_MS, (signal) => client.fetch(url, { ...init, signal }));
    } catch (error) {
      const { message, cause } = error as Error;
      throw new CrankError(
        'unavailable',
        `${place} cannot be reached to ${what}: ${(cause as Error)?.message ?? message}.`,
      );
    }
    if (answer.ok || answer.status === 404) return answer;
    const text = await answer.text();
    const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? answer.statusText;
    throw new CrankError('unavailable', `${place} refused to ${what}: ${answer.status} ${code}.`);
  };
  /** 404 of a bucket is not that of an object. */
  const found = async (what: string, answer: Response): Promise<Response | undefined> => {
    if (answer.status !== 404) return answer;
    if ((await answer.text()).includes('NoSuchBucket'))
      throw new CrankError('unavailable', `${place} refused to ${what}: there is no such bucket.`);
    return undefined;
  };

  return {
    place,
    get: async (key) => {
      const what = `read ${key}`;
      const answer = await found(what, await ask(what, urlOf(key)));
      return answer && new Uint8Array(await answer.arrayBuffer());
    },
    put: async (key, bytes) => {
      const what = `write ${key}`;
      const body = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
      const answer = await ask(what, urlOf(key), { method: 'PUT', body });
      if ((await found(what, answer)) === undefined)
        throw new CrankError('unavailable', `${place} refused to ${what}.`);
      await answer.arrayBuffer();
    },
    delete: async (key) => {
      const what = `delete ${key}`;
      const answer = await found(what, await ask(what, urlOf(key), { method: 'DELETE' }));
      await answer?.arrayBuffer();
    },
    list: async (start) => {
      const keys: string[] = [];
      let more: string | undefined;
      do {
        const query = new URLSearchParams({ 'list-type': '2', 'encoding-type': 'url', prefix: prefix + start });
        if (more !== undefined) query.set('continuation-token', more);
        const answer = await found('list', await ask('list', `${base}/?${query.toString().replaceAll('+', '%20')}`));
        const xml = (await answer?.text()) ?? '';
        for (const [, key] of xml.matchAll(/<Key>([^<]*)<\/Key>/g))
          keys.push(decodeURIComponent(key!.replaceAll('+', '%20')).slice(prefix.length));
        more = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1]?.replaceAll('&amp;', '&');
      } while (more !== undefined);
      return keys;
    },
  };
};
