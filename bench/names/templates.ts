import { readFileSync } from 'node:fs';
import type { NameType } from '../../packages/crank/src/engines/privacy/names/crf.ts';
import type { Labelled } from './corpora.ts';
import type { Names } from './lists.ts';

/** Sentences, forms and messages of business, with places for names: corpora of news and tweets have few of those. */
const TEMPLATES = readFileSync(new URL('templates.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.replaceAll('\\n', '\n'));

const TITLES = ['Mr.', 'Mrs.', 'Ms.', 'Miss', 'Dr.', 'Prof.', 'Sir', 'President', 'Captain', 'Judge', 'Senator'];
const KINDS =
  'Street,Street,St,Avenue,Ave,Road,Rd,Lane,Drive,Court,Place,Square,Boulevard,Blvd,Way,Terrace,Close,Hill,Park'.split(
    ',',
  );
const ABROAD = 'Rue,Rue de,Rue du,Via,Calle,Avenida,Rua,ul.,Plaza,Boulevard,Piazza,Avenue de'.split(',');
const JOINED = 'strasse,straße,weg,gasse,platz,straat,laan,gatan,vägen,vej,gade,veien,katu,tie'.split(',');
const COMPANY_WORDS =
  'Global,First,United,Royal,Green,Blue,Silver,Delta,Omega,Nova,Bright,Summit,Pioneer,Northern,Pacific,Atlantic,General,Advanced,Modern,Central,Rapid,Crystal,Iron,Solar,Digital,Quantum,Data,Cloud,Food,Energy,Steel,Textile,Media,Health,Auto,Air,Travel,Home,Sports,Fashion,Book,Film,Music,Paper,Water,Trade'.split(
    ',',
  );
const ENDS = [
  'Inc',
  'Inc.',
  'Ltd',
  'Limited',
  'LLC',
  'Corp',
  'GmbH',
  'AG',
  'S.A.',
  'SARL',
  'BV',
  'plc',
  'Group',
  'Holdings',
  'and Sons',
  '& Co',
  'Partners',
  'Bank',
  'University',
  'Foundation',
  'Institute',
  'Orchestra',
  'Hospital',
  'Records',
  'Systems',
  'Technologies',
  'Industries',
  'Airlines',
  'Insurance',
  'Society',
  'Association',
  'Museum',
  'College',
];

/** Draws numbers that are the same at every run (mulberry32). */
export const random = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Makes texts up: fills templates, and puts other names where a text has some. */
export const createMaker = (names: Names, draw: () => number) => {
  const one = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const number = (digits: number): string => String(Math.floor(draw() * 10 ** digits));
  const chance = (share: number): boolean => draw() < share;
  const first = (): string => one(one(names.people).first);
  const last = (): string => one(one(names.people).last);
  const person = (): string => {
    const { first: firsts, last: lasts } = one(names.people);
    const given = chance(0.1) ? `${one(firsts)} ${chance(0.5) ? one(firsts) : `${one(lasts)[0]}.`}` : one(firsts);
    const whole = chance(0.03)
      ? `${one(lasts)} ${given}`
      : `${given} ${one(lasts)}${chance(0.05) ? `-${one(lasts)}` : ''}`;
    return chance(0.04) ? whole.toUpperCase() : chance(0.05) ? whole.toLowerCase() : whole;
  };
  const coined = (): string => {
    const syllables = [
      'ba',
      'co',
      'da',
      'el',
      'fi',
      'go',
      'lu',
      'mi',
      'no',
      'pan',
      'quo',
      'ri',
      'sa',
      'tex',
      'ur',
      'ver',
      'xi',
      'yo',
      'zen',
      'ion',
      'ix',
      'ster',
      'ly',
      'soft',
      'net',
      'com',
      'gen',
      'tron',
    ];
    const word = Array.from({ length: 2 + Math.floor(draw() * 2) }, () => one(syllables)).join('');
    return word[0]!.toUpperCase() + word.slice(1);
  };
  const organisation = (): string => {
    const kind = draw();
    if (kind < 0.2) return `${last()} ${one(ENDS)}`;
    if (kind < 0.3) return `${last()}, ${last()} and ${last()}`;
    if (kind < 0.38) return `${last()} & ${last()}`;
    if (kind < 0.5) return `${one(COMPANY_WORDS)} ${one(COMPANY_WORDS)} ${one(ENDS)}`;
    if (kind < 0.6) return `${one(COMPANY_WORDS)} ${one(COMPANY_WORDS)}`;
    if (kind < 0.7) return coined();
    if (kind < 0.78) return `${coined()} ${one(ENDS)}`;
    if (kind < 0.84) return `${one(names.cities)} ${one(ENDS)}`;
    if (kind < 0.9) return `University of ${one(names.cities)}`;
    return Array.from({ length: 2 + Math.floor(draw() * 3) }, () =>
      String.fromCharCode(65 + Math.floor(draw() * 26)),
    ).join('');
  };
  const street = (): string => {
    const kind = draw();
    const house = `${number(chance(0.6) ? 2 : 4)}${chance(0.1) ? one(['a', 'B', '/3', '-2']) : ''}`;
    const unit = chance(0.2)
      ? `${one([',', ''])} ${one(['Apt.', 'Suite', 'Unit', 'Apt', 'Floor', 'Flat'])} ${number(3)}`
      : '';
    if (kind < 0.5) return `${house} ${chance(0.5) ? last() : one(names.streets)} ${one(KINDS)}${unit}`;
    if (kind < 0.62) return `${one(ABROAD)} ${last()}${chance(0.5) ? ',' : ''} ${house}${unit}`;
    if (kind < 0.72) return `${house} ${one(ABROAD)} ${last()}${unit}`;
    if (kind < 0.8) return `${last()}${one(JOINED)} ${house}`;
    if (kind < 0.88) return `${house} ${last()}${one(JOINED)} ${number(2)}${unit}`;
    return `${house} ${one(names.streets)}${unit}`;
  };
  const city = (): string => one(names.cities);
  const region = (): string => one(names.regions);
  const zip = (): string =>
    one([
      number(5),
      number(4),
      `${number(5)}-${number(4)}`,
      `${one(['AB', 'SW', 'LS', 'N'])}${number(1)} ${number(1)}${one(['QX', 'AA', 'PT'])}`,
    ]);
  const region2 = (): string =>
    chance(0.4) ? one(['CA', 'NY', 'TX', 'WA', 'FL', 'ON', 'NSW', 'IL', 'MA', 'GA']) : region();
  const lines = (): string =>
    one([
      `${street()}\n${city()}\n${region()}\n${zip()}`,
      `${street()}\n${zip()} ${city()}`,
      `${street()}\n${city()}, ${region2()} ${zip()}`,
      `${street()}\n${city()} ${zip()}\n${region()}`,
      `${street()}\n  ${city()}\n  ${region2()}\n  ${zip()}`,
    ]);
  const address = (): string =>
    one([
      lines(),
      `${street()}, ${city()}`,
      `${street()}, ${zip()} ${city()}`,
      `${street()}, ${city()}, ${region2()} ${zip()}`,
      `${street()} ${city()}`,
      `${street()}\n${city()}\n, ${region2()}\n ${region()} ${zip()}`,
    ]);
  const place = (): string => (chance(0.6) ? city() : region());
  const slots: Record<string, readonly [type: NameType | undefined, fill: () => string]> = {
    per: ['person', person],
    first: ['person', first],
    last: ['person', last],
    loc: ['location', place],
    city: ['location', city],
    region: ['location', region],
    street: ['location', street],
    addr: ['location', address],
    lines: ['location', lines],
    org: ['organisation', organisation],
    title: [undefined, () => one(TITLES)],
    zip: [undefined, zip],
    n: [undefined, () => number(1 + Math.floor(draw() * 4))],
  };
  const other: Record<NameType, () => string> = {
    person: () => (chance(0.6) ? person() : chance(0.5) ? first() : last()),
    location: place,
    organisation,
  };
  return {
    /** A template with its places filled. */
    filled: (): Labelled => {
      let text = '';
      const labelled: Labelled['names'] = [];
      for (const part of one(TEMPLATES).split(/(\{[a-z]+\})/)) {
        const slot = slots[part.slice(1, -1)];
        if (slot === undefined || !part.startsWith('{')) {
          text += part;
          continue;
        }
        const start = text.length;
        text += slot[1]();
        if (slot[0] !== undefined) labelled.push({ type: slot[0], start, end: text.length });
      }
      return chance(0.08)
        ? { text: text.toLowerCase().length === text.length ? text.toLowerCase() : text, names: labelled }
        : { text, names: labelled };
    },
    /** The same text with other names. */
    renamed: ({ text, names: old }: Labelled): Labelled => {
      let made = '';
      let at = 0;
      const labelled: Labelled['names'] = [];
      for (const { type, start, end } of old) {
        made += text.slice(at, start);
        const from = made.length;
        made += chance(0.7) ? other[type]() : text.slice(start, end);
        labelled.push({ type, start: from, end: made.length });
        at = end;
      }
      return { text: made + text.slice(at), names: labelled };
    },
    shuffle: <T>(list: T[]): T[] => {
      for (let at = list.length - 1; at > 0; at--) {
        const with_ = Math.floor(draw() * (at + 1));
        [list[at], list[with_]] = [list[with_]!, list[at]!];
      }
      return list;
    },
  };
};
