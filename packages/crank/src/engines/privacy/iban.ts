import { mod97 } from './checksums.ts';
import type { Detector } from './finding.ts';

/** Lengths by country: SWIFT's IBAN registry, release 99, and countries that use the form without being in it. */
const lengths: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE BI',
  18: 'DK FI FK FO GL NL SD',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU MN XK',
  21: 'CH HR LI LV',
  22: 'BG BH CR DE GB GE IE ME RS VA',
  23: 'AE GI IL IQ OM SO TL',
  24: 'AD CZ ES MD PK RO SA SE SK TN VG DZ',
  25: 'LY PT ST AO CV MZ',
  26: 'IS TR IR',
  27: 'BF CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD GW',
  28: 'AL AZ BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
};
const lengthOf = new Map(
  Object.entries(lengths).flatMap(([length, countries]) =>
    countries.split(' ').map((country) => [country, Number(length)] as const),
  ),
);

const HEAD = /(?<![\p{L}\p{N}_])[A-Za-z]{2}\d\d(?=[ -]?[A-Za-z0-9])/gu;
const ALNUM = /[A-Za-z0-9]/;

/** International bank account numbers: ISO 13616, country, length and ISO/IEC 7064 MOD 97-10; with or without spaces. */
export const iban: Detector = {
  types: ['iban'],
  needs: /[A-Za-z]{2}\d\d/,
  *find({ text }) {
    for (const { index: start, 0: head } of text.matchAll(HEAD)) {
      const length = lengthOf.get(head.slice(0, 2).toUpperCase());
      if (length === undefined) continue;
      let plain = '';
      let end = start;
      while (plain.length < length && end < text.length) {
        if (ALNUM.test(text[end]!)) plain += text[end]!;
        else if (!/[ -]/.test(text[end]!) || !ALNUM.test(text[end + 1] ?? '')) break;
        end += 1;
      }
      if (plain.length < length || /[\p{L}\p{N}_]/u.test(text[end] ?? '')) continue;
      if (mod97((plain.slice(4) + plain.slice(0, 4)).toUpperCase()) !== 1) continue;
      yield { type: 'iban', start, end, score: 0.95 };
    }
  },
};
