import { callingCode } from './calling-codes.ts';
import { type Subject, wordsOf } from './context.ts';
import type { Detector, Finding } from './finding.ts';

/** Forms that no other number has, with the score of each. `0` stands for zero, `9` for any digit, `N` for 2 to 9. */
const national: readonly (readonly [form: string, score: number])[] = [
  // North America (ATIS-0300051)
  ['(N99) 999-9999', 0.9],
  ['(N99)999-9999', 0.85],
  ['(N99) 999 9999', 0.85],
  ['N99-999-9999', 0.65],
  ['N99.999.9999', 0.6],
  ['1-N99-999-9999', 0.85],
  ['1 (N99) 999-9999', 0.9],
  ['001-999-999-9999', 0.85],
  // United Kingdom, Ireland
  ['07999 999999', 0.7],
  ['07999 999 999', 0.7],
  ['0N9 9999 9999', 0.6],
  ['01999 999999', 0.6],
  ['0199 999 9999', 0.55],
  ['(0199) 999 9999', 0.8],
  ['(0N9) 9999 9999', 0.8],
  ['(01999) 999999', 0.8],
  // Australia, South Africa, Sweden, Finland, Italy, Switzerland
  ['04N9 999 999', 0.6],
  ['(09) 9999 9999', 0.8],
  ['0N9 999 9999', 0.55],
  ['0N9 999 99 99', 0.6],
  ['0N9-999 99 99', 0.7],
  // Germany, Austria
  ['019 9999999', 0.4],
  ['0199 9999999', 0.55],
  ['0199/9999999', 0.5],
  ['0199-9999999', 0.5],
  ['09999/999999', 0.45],
  // Japan, Korea
  ['0N0-9999-9999', 0.75],
  ['010-9999-9999', 0.75],
  ['09-9999-9999', 0.65],
  ['099-999-9999', 0.6],
  // Brazil, Argentina, Mexico
  ['(99) 99999-9999', 0.9],
  ['(99) 9999-9999', 0.85],
  // The Netherlands
  ['06-99999999', 0.6],
  // Israel
  ['0N-9999999', 0.5],
  ['05N-9999999', 0.6],
  ['06 99999999', 0.5],
];
const formOf = (form: string): string => form.replace(/[().]/g, '\\$&').replaceAll('9', '\\d').replaceAll('N', '[2-9]');

const BEFORE = '(?<![\\p{L}\\p{N}_+#$€£%]|[\\p{N}][-.,/:]|\\p{N}\\()';
const BEHIND = '(?![\\p{L}\\p{N}_%]|[-.,/]\\d|:\\d)';
/** An extension: `x123`, `ext. 123`, `#123`. */
const EXTENSION = '(?: ?(?:x|ext\\.? ?|extension |#|durchwahl |poste )\\d{1,6})?';
/** France: five pairs. A longer row of pairs is something else, such as bytes. */
const PAIRS =
  /(?<![\p{L}\p{N}_+]|\p{N}[ .,:/-])0[1-9](?:([ .-])\d\d)(?:\1\d\d){3}(?![\p{L}\p{N}_%]|[ .,:/-][\p{L}\p{N}]{2}(?![\p{L}\p{N}]))/giu;
const FORMS = new RegExp(
  `${BEFORE}(?:${national.map(([form]) => `(${formOf(form)})`).join('|')})${EXTENSION}${BEHIND}`,
  'giu',
);

/** E.123 and RFC 3966: + or 00, a calling code, and up to 15 digits in all. */
const INTERNATIONAL = new RegExp(
  `(?<![\\p{L}\\p{N}_+]|\\p{N}[.,])(?:\\+|00(?=[1-9]))\\(?[1-9](?:[ ().\\-/]{0,3}\\d){5,15}\\d${EXTENSION}(?![\\p{L}\\p{N}_]|[-.]\\d)`,
  'giu',
);
/** What may be a number where words say so. */
const ANY = new RegExp(
  `${BEFORE}(?:\\(\\d{1,5}\\)|\\d)(?:[ ().\\-/]{0,2}\\d){4,14}${EXTENSION}(?![\\p{L}\\p{N}_%]|[.,]\\d)`,
  'giu',
);
const DATE =
  /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?!\d)|^\d{1,3}(?:\.\d{1,3}){3}$|^(?:19|20)\d\d ?- ?(?:19|20)\d\d$/;

const named = wordsOf([
  '(?:tele)?phones?(?: ?(?:no|number|#))?',
  'tel',
  'telefon\\p{L}*',
  'téléphone',
  'teléfono',
  'telefone',
  'puhelin\\p{L}*',
  'тел(?:ефон)?',
  '電話\\p{L}*',
  '电话',
  '전화\\p{L}*',
  'mobiles?',
  'cell(?:ular|phone)?',
  'handy(?:nummer)?',
  'móvil',
  'celular',
  'portable',
  'gsm',
  'fax',
  'whats ?app',
  'sms',
  'hotline',
  'office(?= ?:)',
  'call(?:ing)? (?:me|us|him|her|them|back|at|on)(?: (?:at|on))?',
  'can call',
  'text (?:me|us|him|her|them)',
  'answering at',
  'messages? (?:to|on)(?: my)?(?: registered)?',
  'reach(?:ed)? (?:me|us|him|her|them|you|at|on)(?: (?:at|on))?',
  'contact (?:number|no)',
  'dial',
  'ring',
  'sim',
  'msisdn',
]);

/** How far before a number words may stand that make it one: what they say of one number they don't say of the next. */
const BEFORE_NUMBER = 40;
/** Stands right behind a number: `078 651 450-Office`, `(office)`. */
const LABEL = /^[ ,(-]{0,3}(?:office|fax|mobile|cell|home|work|tel|phone)(?!\p{L})/iu;

/** Bytes are written in pairs, too. */
const bytes = wordsOf(['bytes?', 'buffer', 'hex', '0x']);
const isCounted = (pairs: string): boolean => /^01\D02\D03\D04\D05$/.test(pairs);

const international = function* (subject: Subject): Iterable<Finding> {
  for (const { index: start, 0: found } of subject.text.matchAll(INTERNATIONAL)) {
    const end = start + found.length;
    const plain = found.replace(/(?:x|ext|#|durch|poste).*$/iu, '').replace(/\D/g, '');
    const digits = found.startsWith('+') ? plain : plain.slice(2);
    const code = callingCode(digits);
    if (code === undefined || digits.length > 15 || digits.length - code.length < 6) continue;
    const grouped = /[ ().\-/]/.test(found);
    if (found.startsWith('+')) yield { type: 'phone', start, end, score: grouped || digits.length > 9 ? 0.9 : 0.4 };
    else if (grouped) yield { type: 'phone', start, end, score: 0.6 };
  }
};

/** Telephone numbers: international ones, national forms that are plain, and whatever words make one. */
export const phone: Detector = {
  types: ['phone'],
  needs: /\d\d/,
  *find(subject) {
    yield* international(subject);
    for (const { index: start, 0: found } of subject.text.matchAll(PAIRS))
      if (!isCounted(found) && !subject.near(start, start, bytes, 12, 0))
        yield { type: 'phone', start, end: start + found.length, score: 0.75 };
    for (const match of subject.text.matchAll(FORMS)) {
      const [, score] = national[match.slice(1).findIndex((form) => form !== undefined)]!;
      yield { type: 'phone', start: match.index, end: match.index + match[0].length, score };
    }
    for (const { index: start, 0: found } of subject.text.matchAll(ANY)) {
      const digits = found.replace(/\D/g, '').length;
      // Five digits are a post code, six in one piece anything.
      if (DATE.test(found) || digits < 6 || (digits === 6 && /^\d+$/.test(found))) continue;
      const end = start + found.length;
      if (subject.near(start, end, named, BEFORE_NUMBER, 0) || LABEL.test(subject.text.slice(end, end + 12)))
        yield { type: 'phone', start, end, score: 0.75 };
    }
  },
};
