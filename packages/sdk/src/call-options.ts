import type { Trust } from './trust.ts';

export interface CallOptions {
  /** Version digest (at least 8 digits) or alias; also as `service@VERSION`. */
  version?: string | undefined;
  /**
   * The same key gives the same answer for 24 hours, so that what got lost may be asked for again. Where absent, each call
   * makes one of its own; `false`: none, nothing is kept on the node, and only what certainly did not run is tried again.
   */
  idempotencyKey?: string | false | undefined;
  /** How long to wait, over all tries: milliseconds, or `5s`, `500ms`. The node ends the call then. */
  deadline?: number | string | undefined;
  /** Whose data the input is, so that it can be erased; the caller otherwise. */
  subject?: string | undefined;
  /** An id of your own: its calls go to one version, where the service's canary is drawn by session. */
  session?: string | undefined;
  /** How confidential the arguments are: it raises what the service or a policy says, and never lowers it. */
  classification?: 'public' | 'internal' | 'confidential' | 'restricted' | undefined;
  /** For cost allocation. */
  tags?: string | Readonly<Record<string, string>> | undefined;
  /** W3C Trace Context, of what the call belongs to. */
  traceparent?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Whole numbers beyond 2^53 come as `bigint`, rather than with digits lost. */
  bigint?: boolean | undefined;
  /** Fetch the receipt and hold it, with the bytes sent and answered, against this; `false`: not, whatever the client does. */
  verify?: Trust | false | undefined;
}

/** Headers that say how a call is to be made. */
export const callHeaders = (options: CallOptions, keyed: boolean): Record<string, string> => {
  const { idempotencyKey, tags } = options;
  const key = idempotencyKey === undefined && keyed ? crypto.randomUUID() : idempotencyKey;
  const headers = {
    'idempotency-key': key === false ? undefined : key,
    'crank-subject': options.subject,
    'crank-session': options.session,
    'crank-classification': options.classification,
    'crank-tags':
      typeof tags === 'object'
        ? Object.entries(tags)
            .map(([name, value]) => `${name}=${value}`)
            .join(',')
        : tags,
    traceparent: options.traceparent,
  };
  return Object.fromEntries(Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined));
};
