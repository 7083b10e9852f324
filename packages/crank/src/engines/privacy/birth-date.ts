import { isDay } from './checksums.ts';
import { wordsOf } from './context.ts';
import type { Detector } from './finding.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const NUMBERS = /(?<![\p{L}\p{N}_]|\d[-./])(\d{1,4})([-./]|\. )(\d{1,2})\2(\d{2,4})(?![\p{L}\p{N}_]|[-./]\d)/gu;
const WORDS = new RegExp(
  `(?<![\\p{L}\\p{N}_])(?:(\\d{1,2})(?:st|nd|rd|th)?[ .-](?:of )?(${MONTH})[ .,-]{1,2}(\\d{4})|(${MONTH})\\.? (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4}))(?![\\p{L}\\p{N}_])`,
  'giu',
);
const ASIAN = /(?<!\d)(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일]/gu;

const near = wordsOf([
  'born',
  'birth(?: ?da(?:y|te))?s?',
  'd\\.?o\\.?b\\.?',
  'date of birth',
  'geb(?:oren|urtsdatum|urtstag)?\\.?',
  'geboortedatum',
  'né[e]?',
  'naissance',
  'nacid[oa]',
  'nacimiento',
  'nat[oa]',
  'nascita',
  'nascid[oa]',
  'nascimento',
  'född',
  'födelsedatum',
  'fødselsdato',
  'født',
  'syntymäaika',
  'urodzon[ya]',
  'urodzenia',
  'narozen[aí]?',
  'született',
  'doğum',
  'рождения',
  '生年月日',
  '出生日期',
  '생년월일',
]);

const year = (text: string): number =>
  text.length === 2 ? (Number(text) > new Date().getUTCFullYear() % 100 ? 1900 : 2000) + Number(text) : Number(text);

/** Whether three numbers are a day in some country's order. */
const isDate = (a: string, b: string, c: string): boolean => {
  if (a.length === 4) return c.length <= 2 && isPast(a, b, c);
  if (a.length > 2 || c.length === 3) return false;
  return isPast(c, b, a) || isPast(c, a, b);
};
const isPast = (y: string, month: string, day: string): boolean =>
  isDay(year(y), Number(month), Number(day)) && year(y) >= 1890 && year(y) <= new Date().getUTCFullYear();

const monthOf = (name: string): string => String(MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1);

/** Dates that words near them, or the field's name, make dates of birth. Other dates are not personal data by themselves. */
export const birthDate: Detector = {
  types: ['birth-date'],
  needs: /\d/,
  *find(subject) {
    const { text } = subject;
    for (const match of text.matchAll(NUMBERS)) {
      const [whole, a, , b, c] = match as unknown as [string, string, string, string, string];
      if (isDate(a, b, c)) yield* found(match.index, whole);
    }
    for (const match of text.matchAll(WORDS)) {
      const [whole, day1, month1, year1, month2, day2, year2] = match;
      if (isPast((year1 ?? year2)!, monthOf((month1 ?? month2)!), (day1 ?? day2)!)) yield* found(match.index, whole);
    }
    for (const match of text.matchAll(ASIAN))
      if (isPast(match[1]!, match[2]!, match[3]!)) yield* found(match.index, match[0]);

    function* found(start: number, whole: string) {
      const end = start + whole.length;
      yield { type: 'birth-date', start, end, score: subject.near(start, end, near, 60, 0) ? 0.9 : 0.2 };
    }
  },
};
