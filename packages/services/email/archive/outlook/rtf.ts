import { decodeText } from '../../mime/charset.ts';

/** What the dictionary begins with (MS-OXRTFCP §2.1.2.1). */
const DICTIONARY =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx';
const MOST = 32 * 2 ** 20;

/** RTF as Outlook packs it (MS-OXRTFCP). */
export const unpackRtf = (packed: Buffer): Buffer => {
  if (packed.length < 16) return Buffer.alloc(0);
  const size = Math.min(packed.readUInt32LE(4), MOST);
  if (packed.readUInt32LE(8) === 0x414c454d) return packed.subarray(16, 16 + size); // "MELA": not packed
  const ring = Buffer.alloc(4_096);
  let to = ring.write(DICTIONARY, 'latin1');
  const out = Buffer.alloc(size);
  let done = 0;
  const put = (byte: number): void => {
    out[done++] = byte;
    ring[to] = byte;
    to = (to + 1) & 4_095;
  };
  for (let at = 16; at < packed.length && done < size; ) {
    const control = packed[at++]!;
    for (let bit = 0; bit < 8 && at < packed.length && done < size; bit++) {
      if ((control & (1 << bit)) === 0) {
        put(packed[at++]!);
        continue;
      }
      if (at + 1 >= packed.length) return out.subarray(0, done);
      const reference = packed.readUInt16BE(at);
      at += 2;
      const from = reference >> 4;
      if (from === to) return out.subarray(0, done);
      for (let n = 0; n < (reference & 15) + 2 && done < size; n++) put(ring[(from + n) & 4_095]!);
    }
  }
  return out.subarray(0, done);
};

/** Groups whose text nobody reads. */
const HIDDEN = /^(?:fonttbl|colortbl|stylesheet|info|pict|object|\*|generator|header|footer|themedata)$/;
const TOKEN = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)/gi;

/** The text of RTF; of HTML that is wrapped in it (MS-OXRTFEX) its text. */
export const rtfToText = (rtf: Buffer, charset: string): string => {
  const out: Buffer[] = [];
  const hidden: boolean[] = [false];
  let skip = 0;
  const put = (bytes: Buffer): void => {
    if (!hidden.at(-1)) out.push(bytes);
  };
  for (const [, word, argument, hex, symbol, brace, text] of rtf.toString('latin1').matchAll(TOKEN)) {
    if (brace === '{') hidden.push(hidden.at(-1)!);
    else if (brace === '}') {
      if (hidden.length > 1) hidden.pop();
    } else if (word !== undefined) {
      if (word === 'par' || word === 'line') put(Buffer.from('\n'));
      else if (word === 'tab') put(Buffer.from('\t'));
      else if (word === 'u') {
        put(decodeToCharset(Number(argument)));
        skip = 1;
      } else if (HIDDEN.test(word) || word === 'htmltag') hidden[hidden.length - 1] = true;
    } else if (hex !== undefined) {
      if (skip > 0) skip--;
      else put(Buffer.from(decodeText(Buffer.from(hex, 'hex'), charset).text, 'utf8'));
    } else if (symbol !== undefined) {
      if (symbol === '*') hidden[hidden.length - 1] = true;
      else if (symbol === '~') put(Buffer.from(' '));
      else if ('\\{}'.includes(symbol)) put(Buffer.from(symbol));
    } else if (text !== undefined) {
      put(Buffer.from(skip > 0 ? text.slice(1) : text, 'latin1'));
      skip = 0;
    }
  }
  return Buffer.concat(out).toString('utf8').trim();
};

const decodeToCharset = (code: number): Buffer =>
  Buffer.from(String.fromCharCode(code < 0 ? code + 65_536 : code).toWellFormed(), 'utf8');
