import { readParametrised } from './media-type.ts';

/** Whether a Prefer header (RFC 7240) asks for an answer before the work is done. */
export const prefersAsync = (prefer: string | string[] | undefined): boolean =>
  [prefer ?? []]
    .flat()
    .flatMap((line) => line.slice(0, 1_000).split(','))
    .some((preference) => readParametrised(preference)?.value === 'respond-async');
