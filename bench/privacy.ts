import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allTypes, detect } from '../packages/crank/src/engines/privacy/detect.ts';
import { NAME_TYPES } from '../packages/crank/src/engines/privacy/names/crf.ts';
import { markdown } from './machine.ts';
import { readColumns } from './names/corpora.ts';

// `npm run bench -- privacy [--names] [--labelled FILE ...] [--clean FOLDER ...]`: precision and recall on texts whose personal
// data is labelled, with names of people, places and organisations where these are asked for, what is found in texts that should have none, and how long hostile texts of a megabyte take. The
// sets are others' and are not in this repository: PERFORMANCE.md says which were used, and where they are.

const { values } = parseArgs({
  options: {
    labelled: { type: 'string', multiple: true },
    clean: { type: 'string', multiple: true },
    names: { type: 'boolean', default: false },
    mistakes: { type: 'boolean', default: false },
  },
});
const wanted = values.names ? [...allTypes, ...NAME_TYPES] : allTypes;

/** A label of presidio-research and of lists of entities, and the types here that are it; all others have none. */
const ours: Readonly<Record<string, readonly string[]>> = {
  CREDIT_CARD: ['card'],
  EMAIL_ADDRESS: ['email'],
  EMAIL: ['email'],
  IBAN_CODE: ['iban'],
  IBAN: ['iban'],
  IP_ADDRESS: ['ip'],
  PHONE_NUMBER: ['phone'],
  PHONE: ['phone'],
  DOMAIN_NAME: ['url'],
  US_SSN: ['us-ssn'],
  SSN: ['us-ssn'],
  PASSWORD: ['secret'],
  AADHAR: ['in-aadhaar'],
  PAN: ['in-pan'],
};
/** The same for names. */
const ourNames: Readonly<Record<string, readonly string[]>> = {
  PERSON: ['person'],
  NAME: ['person'],
  STREET_ADDRESS: ['location'],
  ADDRESS: ['location'],
  ZIP_CODE: ['location'],
  GPE: ['location'],
  LOCATION: ['location'],
  ORGANIZATION: ['organisation'],
  COMPANY: ['organisation'],
};
const known = values.names ? { ...ours, ...ourNames } : ours;
/** Dates are labelled whatever they are of: those of birth are found, and are no mistake. */
const alsoRight: Readonly<Record<string, readonly string[]>> = { DATE_TIME: ['birth-date'] };

interface Span {
  label: string;
  start: number;
  end: number;
}

interface Labelled {
  text: string;
  spans: Span[];
}

/** Three forms: `full_text` with `spans`; `text` with `NER`, whose entities are looked for in the text; columns of words and tags. */
const readLabelled = (path: string): Labelled[] => {
  if (!path.endsWith('.json')) {
    const labels = { person: 'PERSON', location: 'LOCATION', organisation: 'ORGANIZATION' };
    return readColumns(path, ...(path.endsWith('.iob2') ? [1, 2] : [])).map(({ text, names }) => ({
      text,
      spans: names.map(({ type, start, end }) => ({ label: labels[type], start, end })),
    }));
  }
  const rows = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>[];
  return rows.map((row) => {
    if (typeof row['full_text'] === 'string') {
      const spans = row['spans'] as { entity_type: string; start_position: number; end_position: number }[];
      return {
        text: row['full_text'],
        spans: spans.map((one) => ({ label: one.entity_type, start: one.start_position, end: one.end_position })),
      };
    }
    const text = row['text'] as string;
    const entities = row['NER'] as { entity: string; label: string }[];
    return {
      text,
      spans: entities.flatMap(({ entity, label }) => {
        const start = text.indexOf(entity);
        return start < 0 ? [] : [{ label, start, end: start + entity.length }];
      }),
    };
  });
};

interface Score {
  labelled: number;
  /** Found at all, and to the character. */
  found: number;
  exact: number;
  /** Found where nothing, or something else, is labelled. */
  wrong: number;
}

/** What is in both of two places, of what is in either. */
const likeness = (a: { start: number; end: number }, b: { start: number; end: number }): number => {
  const both = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return both <= 0 ? 0 : both / (Math.max(a.end, b.end) - Math.min(a.start, b.start));
};
/** As presidio-research's notebook for an adapted Presidio counts. */
const LIKE = 0.7;

interface Place {
  type: string;
  start: number;
  end: number;
}
/** Those of one type that only spaces and punctuation stand between are one, as presidio-research's evaluator has it. */
const together = (text: string, places: readonly Place[]): Place[] => {
  const joined: Place[] = [];
  for (const place of places.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last?.type === place.type && /^[\s\p{P}\p{S}]*$/u.test(text.slice(last.end, place.start)))
      last.end = Math.max(last.end, place.end);
    else joined.push({ ...place });
  }
  return joined;
};

const overlaps = (a: { start: number; end: number }, b: { start: number; end: number }): boolean =>
  a.start < b.end && b.start < a.end;

const scoreOf = (rows: readonly Labelled[]) => {
  const scores = new Map<string, Score>();
  const score = (type: string): Score => {
    const known = scores.get(type) ?? { labelled: 0, found: 0, exact: 0, wrong: 0 };
    scores.set(type, known);
    return known;
  };
  const mistakes: string[] = [];
  let others = 0;
  const any = { labelled: 0, found: 0, right: 0, rightly: 0 };
  for (const { text, spans } of rows) {
    const findings = detect(text, { types: wanted });
    const labels = together(
      text,
      spans.map(({ label, start, end }) => ({ type: known[label]?.[0] ?? label, start, end })),
    );
    const ours = together(text, findings);
    any.labelled += labels.length;
    any.found += ours.length;
    any.right += labels.filter((one) => ours.some((other) => likeness(one, other) >= LIKE)).length;
    any.rightly += ours.filter((one) => labels.some((other) => likeness(one, other) >= LIKE)).length;
    for (const span of spans) {
      const types = known[span.label];
      if (types === undefined) {
        if (alsoRight[span.label] === undefined) others += 1;
        continue;
      }
      const one = score(types[0]!);
      one.labelled += 1;
      const hit = findings.find((finding) => types.includes(finding.type) && overlaps(finding, span));
      if (hit === undefined)
        mistakes.push(`missed ${types[0]} ${text.slice(span.start, span.end)}: ${text.slice(0, 200)}`);
      else {
        one.found += 1;
        if (hit.start === span.start && hit.end === span.end) one.exact += 1;
      }
    }
    for (const finding of findings) {
      const right = spans.some(
        (span) => overlaps(finding, span) && (known[span.label] ?? alsoRight[span.label] ?? []).includes(finding.type),
      );
      if (right) continue;
      score(finding.type).wrong += 1;
      mistakes.push(`wrong ${finding.type} ${text.slice(finding.start, finding.end)}: ${text.slice(0, 200)}`);
    }
  }
  return { scores, mistakes, others, any };
};

const share = (part: number, whole: number): string => (whole === 0 ? '-' : (part / whole).toFixed(4));
const f = (beta: number, precision: number, recall: number): number =>
  ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall || 1);

const line = (name: string, { labelled, found, exact, wrong }: Score): string[] => {
  const [precision, recall] = [found / (found + wrong || 1), found / (labelled || 1)];
  const fs = labelled === 0 ? ['-', '-'] : [f(1, precision, recall).toFixed(4), f(2, precision, recall).toFixed(4)];
  return [
    name,
    `${labelled}`,
    `${found}`,
    `${exact}`,
    `${wrong}`,
    share(found, found + wrong),
    share(found, labelled),
    ...fs,
  ];
};

const evaluate = (path: string): void => {
  const { scores, mistakes, others, any } = scoreOf(readLabelled(path));
  const sum = [...scores.values()].reduce(
    (all, one) => ({
      labelled: all.labelled + one.labelled,
      found: all.found + one.found,
      exact: all.exact + one.exact,
      wrong: all.wrong + one.wrong,
    }),
    { labelled: 0, found: 0, exact: 0, wrong: 0 },
  );
  console.log(`\n## ${path}\n`);
  const rows = [...scores].sort().map(([type, score]) => line(type, score));
  rows.push(line('types that are looked for', sum), line('all labels', { ...sum, labelled: sum.labelled + others }));
  console.log(markdown(['type', 'labelled', 'found', 'exact', 'wrong', 'precision', 'recall', 'F1', 'F2'], rows));
  const [precision, recall] = [any.rightly / (any.found || 1), any.right / (any.labelled || 1)];
  console.log(
    `\nAny type, ${LIKE} of the place in common, adjacent ones joined, all ${any.labelled} labels: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}, F1 ${f(1, precision, recall).toFixed(4)}, F2 ${f(2, precision, recall).toFixed(4)} (Presidio publishes F2 0.618 as it comes, 0.845 adapted)\n`,
  );
  if (values.mistakes) for (const mistake of mistakes) console.log(`- ${mistake.replaceAll('\n', ' ')}`);
};

const TEXT = /\.(?:py|pyi|md|txt|rst|c|h|ts|js|rego|html|cfg|toml)$|^[^.]+$/;
const MOST_BYTES = 1_000_000;

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && TEXT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size <= MOST_BYTES);

/** What is found where nothing personal should be. Addresses of pages and people are in such texts rightly: they are counted and not shown. */
const clean = (folder: string): void => {
  const counts = new Map<string, number>();
  const shown: string[] = [];
  let characters = 0;
  const files = filesBelow(folder);
  const mark = process.cpuUsage();
  for (const path of files) {
    const text = readFileSync(path, 'utf8');
    if (text.includes('\0')) continue;
    characters += text.length;
    for (const { type, start: from, end } of detect(text, { types: wanted })) {
      counts.set(type, (counts.get(type) ?? 0) + 1);
      if (type === 'url' || type === 'email') continue;
      const around = text.slice(Math.max(0, from - 30), end + 15).replace(/\s+/g, ' ');
      shown.push(`${path.slice(folder.length)}: ${type} in "${around}"`);
    }
  }
  const took = cpuSince(mark) / 1000;
  const speed = (characters / 1e6 / took).toFixed(1);
  console.log(`\n## ${folder}: ${files.length} files, ${characters} characters, ${speed} M characters a CPU second\n`);
  console.log(
    markdown(
      ['type', 'found'],
      [...counts].sort().map(([type, count]) => [type, `${count}`]),
    ),
  );
  for (const one of shown) console.log(`- ${one}`);
};

/** Milliseconds of CPU since a mark: what else the machine does counts little. */
const cpuSince = (mark: NodeJS.CpuUsage): number => process.cpuUsage(mark).user / 1000;

const MEGA = 1_000_000;
/** Repeated up to a megabyte: each a bad case of some detector. */
const hostile = [
  '1', '1 ', '4111 ', '999999999 ', '536-90-4399 ', '@', 'a@', 'a.', ':', 'ab:', '+1 ', '(', 'A1', 'GB82 ', 'eyJ',
  'eyJhbGciOiJub.', '-----BEGIN PRIVATE KEY-----', 'password=', 'http://', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 ',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed ', 'ssn nhs tel 99999999999 ', '1/2/1990 ', 'ann@example.org ', 'word ', '１', 'a-',
]; // biome-ignore format: one list

const attack = (): void => {
  const rows = hostile.map((piece) => {
    const text = piece.repeat(Math.ceil(MEGA / piece.length)).slice(0, MEGA);
    detect(text.slice(0, 20_000));
    const mark = process.cpuUsage();
    const found = detect(text).length;
    return [JSON.stringify(piece), `${found}`, cpuSince(mark).toFixed(0)];
  });
  rows.sort((a, b) => Number(b[2]) - Number(a[2]));
  console.log('\n## A million characters of the same\n');
  console.log(markdown(['piece', 'found', 'CPU ms'], rows));
};

for (const path of values.labelled ?? []) evaluate(path);
for (const folder of values.clean ?? []) clean(folder);
if (values.labelled === undefined && values.clean === undefined) attack();
