import { birthDate } from './birth-date.ts';
import { card } from './card.ts';
import { createSubject } from './context.ts';
import { cryptoAddress } from './crypto-address.ts';
import { email } from './email.ts';
import { type Detector, type Finding, SURE } from './finding.ts';
import { iban } from './iban.ts';
import { nationalIds } from './ids/national-ids.ts';
import { isNameType, name } from './name.ts';
import { ip, mac, url } from './network.ts';
import { phone } from './phone.ts';
import { secret } from './secret.ts';

const detectors: readonly Detector[] = [
  email,
  card,
  iban,
  nationalIds,
  phone,
  birthDate,
  ip,
  mac,
  url,
  cryptoAddress,
  secret,
];

/** Those that are only asked where their types are named. */
const optional: readonly Detector[] = [name];

/** Stands for all of a country's numbers for persons. */
const NATIONAL_ID = 'national-id';

/** Every type that is looked for where none is named. */
export const allTypes: readonly string[] = detectors.flatMap(({ types }) => types);

/** Names that may be asked for: the types, and the group of national numbers. */
export const typeNames: readonly string[] = [
  ...detectors.flatMap((detector) => (detector === nationalIds ? [NATIONAL_ID] : detector.types)),
  ...name.types,
  ...nationalIds.types,
];

export interface DetectOptions {
  /** Names of `typeNames`; all of `allTypes` where absent. */
  types?: readonly string[];
  /** 0 to 1; SURE where absent. */
  minScore?: number;
  /** Names of the fields that hold the text, in words. */
  context?: string;
}

/**
 * Personal data and secrets in a text, in their order, none overlapping another. Of those that overlap the surest stays,
 * of equally sure ones the longest. Takes time by the length of the text only, whatever stands in it.
 */
export const detect = (text: string, { types, minScore = SURE, context = '' }: DetectOptions = {}): Finding[] => {
  const wanted = new Set(types === undefined ? allTypes : expandTypes(types));
  return detectEach(text, (type) => (wanted.has(type) ? minScore : undefined), context);
};

/** Types by their names, a group being all of its types. */
export const expandTypes = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => (name === NATIONAL_ID ? nationalIds.types : [name]));

/** The same where types have scores of their own. @param least the least score wanted of a type; undefined: it is not wanted */
export const detectEach = (text: string, least: (type: string) => number | undefined, context: string): Finding[] => {
  const subject = createSubject(text, context);
  const found: Finding[] = [];
  for (const detector of [...detectors, ...optional]) {
    if (detector.types.every((type) => least(type) === undefined) || !detector.needs.test(subject.text)) continue;
    for (const finding of detector.find(subject)) {
      const score = least(finding.type);
      if (score !== undefined && finding.score >= score) found.push(finding);
    }
  }
  const isName = ({ type }: Finding): boolean => isNameType(type);
  if (!found.some(isName)) return apart(found);
  const sure = apart(found.filter((one) => !isName(one)));
  return [...sure, ...around(subject.text, apart(found.filter(isName)), sure)].sort((a, b) => a.start - b.start);
};

/** What is left of names beside what has a form, which they may have swallowed: a telephone number in an address. */
const around = (text: string, names: readonly Finding[], sure: readonly Finding[]): Finding[] => {
  const left: Finding[] = [];
  let first = 0;
  for (const { start, end, ...name } of names) {
    while (first < sure.length && sure[first]!.end <= start) first += 1;
    let from = start;
    const keep = (to: number): void => {
      let at = from;
      let until = to;
      while (at < until && !/[\p{L}\p{N}]/u.test(text[at]!)) at += 1;
      while (until > at && !/[\p{L}\p{N}]/u.test(text[until - 1]!)) until -= 1;
      if (/\p{L}/u.test(text.slice(at, until))) left.push({ ...name, start: at, end: until });
    };
    if (first === sure.length || sure[first]!.start >= end) {
      left.push({ ...name, start, end });
      continue;
    }
    for (let at = first; at < sure.length && sure[at]!.start < end; at++) {
      if (sure[at]!.start > from) keep(sure[at]!.start);
      from = sure[at]!.end;
    }
    if (from < end) keep(end);
  }
  return left;
};

/** Without those that overlap a better one. */
const apart = (findings: Finding[]): Finding[] => {
  const kept: Finding[] = [];
  const better = (a: Finding, b: Finding): boolean =>
    a.score === b.score ? a.end - a.start > b.end - b.start : a.score > b.score;
  for (const finding of findings.sort((a, b) => a.start - b.start || b.end - a.end)) {
    let best = true;
    while (kept.length > 0 && kept.at(-1)!.end > finding.start) {
      if (!better(finding, kept.at(-1)!)) {
        best = false;
        break;
      }
      kept.pop();
    }
    if (best) kept.push(finding);
  }
  return kept;
};
