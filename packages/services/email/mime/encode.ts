/** Bytes of text in one encoded word, so that it stays below 75 characters (RFC 2047 §2). */
const IN_ONE = 45;

/** Text of a header: as it is where it is ASCII, else in encoded words of UTF-8, none of which breaks a character. */
export const encodeText = (text: string): string => {
  if (/^[\x20-\x7e\t]*$/.test(text) && !text.includes('=?')) return text;
  const words: string[] = [];
  let piece = '';
  for (const char of text.toWellFormed()) {
    if (Buffer.byteLength(piece + char) > IN_ONE) {
      words.push(piece);
      piece = '';
    }
    piece += char;
  }
  words.push(piece);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word, 'utf8').toString('base64')}?=`).join(' ');
};
