import { readFileSync } from 'node:fs';

/** Reads a file of the language-neutral vectors. */
export const vectors = <T>(path: string): T =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${path}`, import.meta.url), 'utf8')) as T;

export const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
