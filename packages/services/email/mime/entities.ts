/** Latin-1's and the commonest other names of HTML's character references. */
const LATIN1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';
const OTHERS: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  sbquo: '‚',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  bull: '•',
  hellip: '…',
  trade: '™',
  euro: '€',
  ensp: ' ',
  emsp: ' ',
  thinsp: ' ',
  zwnj: '\u200c',
  zwj: '\u200d',
  larr: '←',
  rarr: '→',
  uarr: '↑',
  darr: '↓',
  dagger: '†',
  permil: '‰',
  lsaquo: '‹',
  rsaquo: '›',
  OElig: 'Œ',
  oelig: 'œ',
  Scaron: 'Š',
  scaron: 'š',
  fnof: 'ƒ',
  minus: '−',
  infin: '∞',
  ne: '≠',
  le: '≤',
  ge: '≥',
};

const names = new Map<string, string>(Object.entries(OTHERS));
for (const [index, name] of LATIN1.split(' ').entries()) names.set(name, String.fromCharCode(0xa0 + index));

/** References to characters decoded, numeric ones with windows-1252 for what C1 would be (HTML §13.2.5.80). */
export const decodeEntities = (text: string): string =>
  text.includes('&')
    ? text.replace(
        /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,7}));?/g,
        (whole, decimal, hex, name) => {
          if (name !== undefined) return names.get(name) ?? whole;
          const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
          if (code >= 0x80 && code < 0xa0) return new TextDecoder('windows-1252').decode(Buffer.from([code]));
          return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000)
            ? String.fromCodePoint(code)
            : '\ufffd';
        },
      )
    : text;
