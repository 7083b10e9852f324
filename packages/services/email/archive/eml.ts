import { readFileSync } from 'node:fs';
import type { Format } from './found.ts';

/** A message in a file of its own, also of a Maildir (flags behind `:2,`, https://cr.yp.to/proto/maildir.html) or of Apple Mail. */
export const eml: Format = {
  *read(path, from) {
    if (from > 0) return;
    const flags = flagsOf(path);
    yield { bytes: message(path), place: '', next: 1, ...(flags.length > 0 && { flags }) };
  },
  readAt: message,
};

function message(path: string): Buffer {
  const bytes = readFileSync(path);
  // .emlx begins with the number of bytes of the message; a property list follows that.
  const counted = path.endsWith('.emlx') ? /^(\d+)\s*\n/.exec(bytes.toString('latin1', 0, 32)) : null;
  if (counted !== null) return bytes.subarray(counted[0].length, counted[0].length + Number(counted[1]));
  return bytes;
}

const FLAGS: Readonly<Record<string, string>> = {
  S: 'seen',
  R: 'answered',
  F: 'flagged',
  D: 'draft',
  T: 'deleted',
  P: 'forwarded',
};

const flagsOf = (path: string): string[] =>
  [...(/[:;!]2,([A-Za-z]*)$/.exec(path)?.[1] ?? '')].flatMap((letter) => FLAGS[letter] ?? []);
