import { decodeText } from './charset.ts';
import { decodeQuotedPrintable } from './transfer-encoding.ts';

/** `=?charset*language?encoding?text?=` (RFC 2047 §2, RFC 2231 §5); spaces within are what broken mailers write. */
const WORD = /=\?([^?*\s]{1,64})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*|[^\s]*?)\?=/g;

const bytesOf = (encoding: string, text: string): Buffer =>
  encoding === 'b' || encoding === 'B'
    ? Buffer.from(text.replace(/=+(?=[^=])/g, ''), 'base64')
    : decodeQuotedPrintable(Buffer.from(text.replaceAll('_', ' '), 'latin1'));

/** Bytes beyond ASCII in a header: UTF-8 (RFC 6532), or of an age before it. `value` has a character for each byte. */
const decodeRaw = (value: string): string => {
  for (let at = 0; at < value.length; at++)
    if (value.charCodeAt(at) > 0x7f) return decodeText(Buffer.from(value, 'latin1'), 'utf-8').text;
  return value;
};

/** `iso-2022-jp` and its kin leave off in the middle of a shift: each word is text of its own (RFC 1468). */
const standsAlone = (charset: string): boolean => /^iso-2022|^hz|^utf-7/i.test(charset);

/**
 * Text of a header's value (a character for each byte, unfolded): encoded words decoded, white space between them dropped
 * (RFC 2047 §6.2). Characters that a mailer split over two words come together.
 */
export const decodeWords = (value: string): string => {
  if (!value.includes('=?')) return decodeRaw(value);
  let out = '';
  let from = 0;
  let charset = '';
  let pending: Buffer[] = [];
  const flush = (): void => {
    if (pending.length > 0) out += decodeText(Buffer.concat(pending), charset).text;
    pending = [];
  };
  for (const match of value.matchAll(WORD)) {
    const between = value.slice(from, match.index);
    const adjoins = pending.length > 0 && /^[ \t\r\n]*$/.test(between);
    const name = match[1]!.toLowerCase();
    if (!adjoins || name !== charset || standsAlone(name)) flush();
    if (!adjoins) out += decodeRaw(between);
    charset = name;
    pending.push(bytesOf(match[2]!, match[3]!));
    from = match.index + match[0].length;
  }
  flush();
  return out + decodeRaw(value.slice(from));
};
