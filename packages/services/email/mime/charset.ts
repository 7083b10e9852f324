import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { decodeUtf7 } from './utf7.ts';

/** Names that mail uses and the WHATWG Encoding Standard does not know. */
const ALIASES: Readonly<Record<string, string>> = {
  'ansi_x3.4': 'windows-1252',
  ansi: 'windows-1252',
  '8bit': 'windows-1252',
  binary: 'windows-1252',
  'unknown-8bit': 'windows-1252',
  'x-unknown': 'windows-1252',
  default: 'windows-1252',
  default_charset: 'windows-1252',
  'iso-8859-8-i': 'iso-8859-8',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  'ks_c_5601-1987': 'euc-kr',
  utf8mb4: 'utf-8',
  'utf-8n': 'utf-8',
};

const UTF8 = new Set(['utf-8', 'utf8', 'unicode-1-1-utf-8', 'us-ascii', 'ascii', '']);
const decoders = new Map<string, TextDecoder | null>();

const decoderOf = (label: string): TextDecoder | undefined => {
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = null;
    const spelled = [label, ALIASES[label], label.replace(/^cp-?(\d{3,4})$/, 'windows-$1'), label.replace(/_/g, '-')];
    for (const name of spelled) {
      try {
        if (name !== undefined) decoder = new TextDecoder(name);
      } catch {
        continue; // not one of the Encoding Standard's labels
      }
      if (decoder !== null) break;
    }
    if (decoders.size < 500) decoders.set(label, decoder);
  }
  return decoder ?? undefined;
};

const ascii = (bytes: Buffer): boolean => {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! > 0x7f) return false;
  return true;
};

/** Text that is UTF-8, or else of the charset that such bytes are most often of. */
const guess = (bytes: Buffer): string =>
  isUtf8(bytes) ? bytes.toString('utf8') : decoderOf('windows-1252')!.decode(bytes);

/**
 * Text of bytes in a charset as a header names it (RFC 2046 §4.1.2). What is declared as ASCII, as nothing, or as a charset that
 * nobody knows is read as UTF-8 where it is that, and as windows-1252 otherwise.
 *
 * @returns `known` false where the name means nothing
 */
export const decodeText = (bytes: Buffer, charset: string): { text: string; known: boolean } => {
  const label = charset.trim().toLowerCase().replace(/^"|"$/g, '');
  if (bytes.length < 4096 && label !== 'utf-7' && !/^(?:utf-?(?:16|32)|iso-2022|hz-)/.test(label) && ascii(bytes))
    return { text: bytes.toString('latin1'), known: true };
  if (UTF8.has(label)) return { text: guess(bytes), known: true };
  if (label === 'utf-7' || label === 'unicode-1-1-utf-7')
    return { text: decodeUtf7(bytes.toString('latin1')), known: true };
  const decoder = decoderOf(label);
  if (decoder === undefined) return { text: guess(bytes), known: false };
  return { text: decoder.decode(bytes), known: true };
};
