import { luhn } from './checksums.ts';
import { wordsOf } from './context.ts';
import type { Detector } from './finding.ts';
import { createLayouts } from './layouts.ts';

interface Brand {
  iin: RegExp;
  lengths: readonly number[];
}

/** Issuer identification numbers (ISO/IEC 7812) of the networks, with the lengths that they give out today. */
const brands: readonly Brand[] = [
  { iin: /^4/, lengths: [16] }, // Visa
  { iin: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] }, // Mastercard
  { iin: /^3[47]/, lengths: [15] }, // American Express
  { iin: /^(?:30[0-5]|3095|36|3[89])/, lengths: [14, 16] }, // Diners Club
  { iin: /^(?:6011|64[4-9]|65|622)/, lengths: [16] }, // Discover, UnionPay through it
  { iin: /^(?:352[89]|35[3-8])/, lengths: [16] }, // JCB
  { iin: /^(?:62|81)/, lengths: [16] }, // UnionPay
  { iin: /^220[0-4]/, lengths: [16] }, // Mir
  { iin: /^(?:60|65|81|82|508)/, lengths: [16] }, // RuPay
  { iin: /^9792/, lengths: [16] }, // Troy
  { iin: /^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, lengths: [16] }, // Maestro
];

/** Without separators from 12 to 19 digits, or in groups as on the card. */
const groups = ['9999 9999 9999 9999', '9999 999999 99999', '9999 999999 9999', '9999 9999 9999 9999 999'];
const layouts = createLayouts(
  [
    ...Array.from({ length: 8 }, (_, more) => '9'.repeat(12 + more)),
    ...groups,
    ...groups.map((one) => one.replaceAll(' ', '-')),
  ].map((layout) => ({ layout, to: 'card', score: /[ -]/.test(layout) ? 0.9 : 0.7 })),
);
const near = wordsOf([
  '(?:credit|debit|payment|bank)[ -]?cards?',
  'cards?(?: ?(?:no|number|#))?',
  'cc',
  'visa',
  'master ?card',
  'amex',
  'american express',
  'maestro',
  'discover',
  'jcb',
  'diners',
  'unionpay',
  'pan',
  'kreditkarten?\\p{L}*',
  'karten?(?:nummer|nr)',
  'carte (?:bancaire|bleue|de crédit)',
  'tarjeta',
  'cartão',
  'carta di credito',
  'карт\\p{L}*',
]);

/** How close a word has to stand before a number that fails its check. */
const CLOSE = 24;

/** Numbers of payment cards: Luhn, and the ranges of the networks; what has neither range nor usual length needs words near it. */
export const card: Detector = {
  types: ['card'],
  needs: /\d{4}/,
  *find(subject) {
    for (const { start, end, plain, score } of layouts(subject.text)) {
      if (/^(\d)\1+$/.test(plain)) continue;
      const usual = brands.some(({ iin, lengths }) => lengths.includes(plain.length) && iin.test(plain));
      if (!luhn(plain)) {
        // Mistyped, it is still somebody's: where it looks like one, and right behind the word.
        if (usual && subject.near(start, end, near, CLOSE, 0)) yield { type: 'card', start, end, score: 0.6 };
        continue;
      }
      const named = subject.near(start, end, near);
      yield { type: 'card', start, end, score: named ? 0.95 : usual ? score : 0.3 };
    }
  },
};
