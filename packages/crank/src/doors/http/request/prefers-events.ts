import { readParametrised } from './media-type.ts';

/** Whether an Accept header (RFC 9110, 12.5.1) would rather have server-sent events than NDJSON. */
export const prefersEvents = (accept: string | undefined): boolean => {
  if (accept === undefined || !accept.includes('event-stream')) return false;
  let events = 0;
  let lines = 0;
  for (const item of accept.slice(0, 2_000).split(',')) {
    const range = readParametrised(item);
    const quality = Number(range?.parameters.get('q') ?? 1);
    if (range?.value === 'text/event-stream') events = quality;
    else if (range?.value === 'application/x-ndjson') lines = quality;
  }
  return events > lines;
};
