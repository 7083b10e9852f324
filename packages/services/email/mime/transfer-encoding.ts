import type { Findings } from './finding.ts';

const hex = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1;
};

/** Quoted-printable (RFC 2045 §6.7). An `=` that begins no code stands for itself; white space before a line's end is none. */
export const decodeQuotedPrintable = (bytes: Buffer): Buffer => {
  let next = bytes.indexOf(0x3d);
  if (next < 0) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let to = 0;
  let from = 0;
  while (next >= 0) {
    to += bytes.copy(out, to, from, next);
    from = next + 1;
    const high = hex(bytes[from]);
    const low = hex(bytes[from + 1]);
    if (high >= 0 && low >= 0) {
      out[to++] = (high << 4) | low;
      from += 2;
    } else {
      let end = from;
      while (bytes[end] === 0x20 || bytes[end] === 0x09) end++;
      if (bytes[end] === 0x0d && bytes[end + 1] === 0x0a) from = end + 2;
      else if (bytes[end] === 0x0a || bytes[end] === 0x0d) from = end + 1;
      else if (end === bytes.length) from = end;
      else out[to++] = 0x3d;
    }
    next = bytes.indexOf(0x3d, from);
  }
  to += bytes.copy(out, to, from);
  return out.subarray(0, to);
};

/** Base64 (RFC 2045 §6.8): what is not of the alphabet is skipped; several encoded pieces in a row are one after the other. */
const decodeBase64 = (bytes: Buffer): Buffer => {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1]! <= 0x20) end--;
  const padded = bytes.indexOf(0x3d);
  if (padded < 0 || padded >= end - 2) return Buffer.from(bytes.toString('latin1', 0, end), 'base64');
  const pieces = bytes.toString('latin1', 0, end).split(/=[=\s]*/);
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
};

/** What stands between `begin` and `end` of uuencode (POSIX), from the line after `begin`. */
export const decodeUuencode = (text: string): Buffer => {
  const out: number[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line === 'end' || line === '' || line === '`') break;
    const size = (line.charCodeAt(0) - 32) & 63;
    const value = (at: number): number => ((line.charCodeAt(at) || 32) - 32) & 63;
    const first = out.length;
    for (let at = 1; out.length - first < size; at += 4) {
      const group = (value(at) << 18) | (value(at + 1) << 12) | (value(at + 2) << 6) | value(at + 3);
      out.push((group >> 16) & 255, (group >> 8) & 255, group & 255);
    }
    out.length = first + size;
  }
  return Buffer.from(out);
};

/** Bytes of a body as its `Content-Transfer-Encoding` has them; one that is unknown means as they are (RFC 2045 §6.4). */
export const decodeBody = (bytes: Buffer, encoding: string, findings: Findings): Buffer => {
  switch (encoding) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return bytes;
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes);
    case 'base64':
      return decodeBase64(bytes);
    case 'x-uuencode':
    case 'x-uue':
    case 'uuencode': {
      const text = bytes.toString('latin1');
      const begin = /^begin(?:-base64)? [0-7]{3,4} .*\r?\n/m.exec(text);
      return begin === null ? bytes : decodeUuencode(text.slice(begin.index + begin[0].length));
    }
    default:
      findings.add('unknown-encoding', `The transfer encoding ${JSON.stringify(encoding.slice(0, 40))} is unknown.`);
      return bytes;
  }
};
