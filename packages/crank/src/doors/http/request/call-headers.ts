import type { IncomingHttpHeaders } from 'node:http';
import { parseDuration } from '#src/core/duration.ts';
import { CrankError } from '#src/core/error.ts';
import { type Classification, classifications, isClassification } from '#src/core/personal-data.ts';
import { parseTraceContext, type TraceContext } from '#src/core/trace-context.ts';

const TAG_BYTES = 1024;

export interface CallHeaders {
  idempotencyKey: string | undefined;
  /** Milliseconds. */
  deadlineMs: number | undefined;
  tags: string | undefined;
  quote: string | undefined;
  subject: string | undefined;
  session: string | undefined;
  classification: Classification | undefined;
  trace: TraceContext | undefined;
}

const bad = (detail: string): CrankError => new CrankError('malformed-request', detail);

/** What a call says in its headers (CONTRACT.md, "HTTP"). @throws CrankError `malformed-request` */
export const readCallHeaders = (headers: IncomingHttpHeaders): CallHeaders => ({
  idempotencyKey: idempotencyKey(headers['idempotency-key']),
  deadlineMs: deadline(headers['crank-deadline']),
  tags: tags(headers['crank-tags']),
  quote: quote(headers['crank-quote']),
  subject: subject(headers['crank-subject']),
  session: session(headers['crank-session']),
  classification: classification(headers['crank-classification']),
  trace: readTrace(headers),
});

/** What is malformed there is no fault of the call: it is not of that trace. */
const readTrace = (headers: IncomingHttpHeaders): TraceContext | undefined =>
  parseTraceContext(one(headers['traceparent']), one(headers['tracestate']));

const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;

const idempotencyKey = (value: string | string[] | undefined): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value)) return value;
  throw bad('The Idempotency-Key is not 1 to 255 visible ASCII characters: send a random text such as a UUID.');
};

const deadline = (value: string | string[] | undefined): number | undefined => {
  if (value === undefined) return undefined;
  const ms = typeof value === 'string' && !value.endsWith('d') ? parseDuration(value) : undefined;
  if (ms !== undefined && ms > 0) return ms;
  throw bad('The Crank-Deadline is no duration above zero: write it like 500ms, 5s or 2m.');
};

const tags = (value: string | string[] | undefined): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length <= TAG_BYTES && /^[\x20-\x7e]*$/.test(value)) return value || undefined;
  throw bad(
    `The Crank-Tags are longer than ${TAG_BYTES} bytes or not printable ASCII: send less, such as team=billing.`,
  );
};

const quote = (value: string | string[] | undefined): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^quo_[0-9a-z]{1,40}$/.test(value)) return value;
  throw bad('The Crank-Quote is no id of a quote, such as quo_01k...: ask for one at /-/quote.');
};

const subject = (value: string | string[] | undefined): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value)) return value;
  throw bad(
    'The Crank-Subject is not 1 to 255 visible ASCII characters: send an id of the person whose data the input is.',
  );
};

const session = (value: string | string[] | undefined): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value)) return value;
  throw bad('The Crank-Session is not 1 to 255 visible ASCII characters: send an id that your session keeps.');
};

const classification = (value: string | string[] | undefined): Classification | undefined => {
  if (value === undefined || isClassification(value)) return value;
  throw bad(`The Crank-Classification is none of ${classifications.join(', ')}: send one of them.`);
};
