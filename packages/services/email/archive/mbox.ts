import { closeSync, openSync, readSync } from 'node:fs';
import { FileWindow } from './file-window.ts';
import { type Format, type Found, MOST_BYTES } from './found.ts';

/*
 * mbox (RFC 4155, and what mailers made of it): messages one after the other, each behind a line `From ADDRESS DATE`. In bodies such lines are
 *   mboxo    ">From "    quoted, lines that were so before are not told apart
 *   mboxrd   ">From "    quoted, and ">From " as ">>From ": one ">" is taken off again
 *   mboxcl   quoted, with Content-Length
 *   mboxcl2  as they are, with Content-Length
 * Which of them a file is, is said nowhere. Content-Length is believed where a `From ` line, or the end, stands behind it.
 */
const SEPARATOR = Buffer.from('\nFrom ');
const CONTENT_LENGTH = /^content-length:[ \t]*(\d{1,12})[ \t]*\r?$/im;
/** `From ana@example.org Fri Nov 27 10:00:00 2026`: the address may be missing or hold spaces, the date has a time. */
const FROM_LINE = /^From .{0,300}?\d{1,2}:\d{2}/;
const FIELD = /^[\x21-\x39\x3b-\x7e]+[ \t]*:/;
const LOOK = 2_048;

/** Whether what stands at an offset is a `From ` line with a message behind it. */
const separates = (file: FileWindow, at: number): boolean => {
  const text = file.slice(at, at + LOOK).toString('latin1');
  if (!text.startsWith('From ')) return false;
  const [line, second = ''] = text.split('\n', 2) as [string, string?];
  if (FIELD.test(second) || second.startsWith('>From ')) return true;
  return FROM_LINE.test(line) && second.trim() === '';
};

export const mbox: Format = {
  *read(path, from) {
    const file = new FileWindow(path, from);
    try {
      file.more(from);
      yield* messages(file, from);
    } finally {
      file.close();
    }
  },

  readAt(path, place) {
    const [start, size, variant] = place.split('+') as [string, string, string?];
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(Number(size));
      const read = readSync(fd, bytes, 0, bytes.length, Number(start));
      return variant === 'cl2' ? bytes.subarray(0, read) : unquoted(bytes.subarray(0, read));
    } finally {
      closeSync(fd);
    }
  },
};

function* messages(file: FileWindow, from: number): Generator<Found> {
  let start = from;
  while (start < file.size) {
    const first = startOf(file, start);
    if (first >= file.size) return;
    const counted = byContentLength(file, first);
    const end = counted?.next ?? nextSeparator(file, first);
    const body = file.slice(first, Math.min(counted?.end ?? end, first + MOST_BYTES));
    // The empty line behind a message is the mailbox's.
    let size = body.length;
    if (counted === undefined && size > 1 && body[size - 1] === 0x0a) {
      if (body[size - 2] === 0x0a) size -= 1;
      else if (body[size - 2] === 0x0d && body[size - 3] === 0x0a) size -= 2;
    }
    const bytes = body.subarray(0, size);
    const place = `${first}+${size}${counted === undefined ? '' : '+cl2'}`;
    if (size > 0) yield { bytes: counted === undefined ? unquoted(bytes) : bytes, place, next: end };
    start = end;
  }
}

/** Behind the `From ` line, and behind empty lines before it. */
const startOf = (file: FileWindow, at: number): number => {
  if (file.end - at < LOOK && !file.complete) file.more(at);
  let from = at;
  while (file.byte(from) === 0x0a || file.byte(from) === 0x0d) from++;
  if (!file.slice(from, from + 5).equals(SEPARATOR.subarray(1))) return from;
  const newline = file.indexOf(SEPARATOR.subarray(0, 1), from);
  return newline < 0 ? file.size : newline + 1;
};

const nextSeparator = (file: FileWindow, first: number): number => {
  let keep = first;
  for (let from = first; ; ) {
    const at = file.indexOf(SEPARATOR, from);
    if (at >= 0) {
      if (file.end - at < LOOK && !file.complete) file.more(keep);
      if (separates(file, at + 1)) return at + 1;
      from = at + 1;
      continue;
    }
    if (file.complete) return file.size;
    from = Math.max(first, file.end - SEPARATOR.length);
    // Of a message beyond the bound, only its end is looked for.
    if (from - first > MOST_BYTES) keep = from;
    file.more(keep);
  }
};

/** Where a message ends that has `Content-Length`, if that is to be believed. */
const byContentLength = (file: FileWindow, first: number): { end: number; next: number } | undefined => {
  const head = file.slice(first, first + 16_384).toString('latin1');
  const blank = /\r?\n\r?\n/.exec(head);
  if (blank === null) return undefined;
  const length = CONTENT_LENGTH.exec(head.slice(0, blank.index))?.[1];
  if (length === undefined) return undefined;
  const end = first + blank.index + blank[0].length + Number(length);
  if (end > file.size || end - first > MOST_BYTES) return undefined;
  while (file.end < Math.min(end + LOOK, file.size)) if (!file.more(first)) break;
  let at = end;
  while (at < file.size && (file.byte(at) === 0x0a || file.byte(at) === 0x0d)) at++;
  return at >= file.size || separates(file, at) ? { end, next: at } : undefined;
};

const QUOTED = Buffer.from('\n>');
/** Lines `>From `, `>>From `, ... without their first `>` (mboxrd; of mboxo it is what was meant nearly always). */
const unquoted = (bytes: Buffer): Buffer => {
  if (bytes.indexOf('\n>From ') < 0 && bytes.indexOf('>>From ') < 0) return bytes;
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(QUOTED); at >= 0; at = bytes.indexOf(QUOTED, at + 1)) {
    let text = at + 1;
    while (bytes[text] === 0x3e) text++;
    if (!bytes.subarray(text, text + 5).equals(SEPARATOR.subarray(1))) continue;
    pieces.push(bytes.subarray(from, at + 1));
    from = at + 2;
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]);
};
