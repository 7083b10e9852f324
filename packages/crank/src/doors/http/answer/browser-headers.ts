/** What a page of another origin may send and see; it never has ambient credentials: there are none. */
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const SENT =
  'authorization, content-type, accept, prefer, idempotency-key, traceparent, tracestate, crank-tags, crank-quote, crank-deadline, crank-subject, crank-session, crank-classification, last-event-id';
const SEEN =
  'crank-call, crank-receipt, crank-version, server-timing, traceresponse, location, retry-after, ratelimit, ratelimit-policy, content-disposition, etag';
const PREFLIGHT_SECONDS = '600';

/** Headers of an answer that a page of an allowed origin reads (Fetch, "CORS protocol"). */
export const corsHeaders = (origin: string): Record<string, string> => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': SEEN,
  vary: 'origin',
});

/** The answer to what a browser asks before it lets such a page send. */
export const preflightHeaders = (origin: string): Record<string, string> => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': SENT,
  'access-control-max-age': PREFLIGHT_SECONDS,
  vary: 'origin',
});

/** What every answer tells browsers: nothing here is a page to be framed, guessed at, or taken in by others. Pages that are some say more. */
export const browserHeaders = (publicUrl: string | undefined): readonly (readonly [string, string])[] => [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ...(publicUrl?.startsWith('https://') ? [['strict-transport-security', 'max-age=31536000'] as const] : []),
];
