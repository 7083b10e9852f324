import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { IN_ONE_TEXT, textPath } from './catalog.ts';
import { compile } from './query.ts';

export interface Hit {
  /** The message's number in this index. */
  number: number;
  /** The higher, the better; 0 where no words were looked for. */
  score: number;
  date: number | null;
}

export interface SearchOptions {
  query: string;
  sort: 'relevance' | 'newest' | 'oldest';
  /** Of messages that are copies, too. */
  duplicates: boolean;
  limit: number;
  offset: number;
}

/** Subject, sender, recipients, body, names of files. */
const WEIGHTS = '8.0, 4.0, 2.0, 1.0, 4.0';

/** Finds messages. @throws BadQuery @returns a page of hits, and how many there are in all */
export const search = (db: DatabaseSync, folder: string, options: SearchOptions): { total: number; hits: Hit[] } => {
  const { match, where, values } = compile(options.query);
  const conditions = [...where];
  if (!options.duplicates && !where.some((one) => one.includes('duplicate_of')))
    conditions.push('m.duplicate_of is null');
  const needsText = match !== '' || where.some((one) => one.includes('t.text'));
  const hits: Hit[] = [];
  const gather = (sql: string, given: readonly (string | number)[]): void => {
    for (const row of db.prepare(sql).iterate(...given))
      hits.push({ number: row['id'] as number, score: -(row['rank'] as number), date: row['date'] as number | null });
  };
  const clause = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  if (!needsText) gather(`select m.id, m.date, 0 as rank from messages m${clause}`, values);
  else
    for (const number of textFiles(db)) {
      if (!existsSync(textPath(folder, number))) continue;
      db.prepare('attach ? as t').run(textPath(folder, number));
      try {
        if (match === '')
          gather(
            `select m.id, m.date, 0 as rank from messages m${clause} and m.id / ${IN_ONE_TEXT} = ${number}`,
            values,
          );
        else
          gather(
            `select m.id, m.date, bm25(text, ${WEIGHTS}) as rank from t.text join messages m on m.id = text.rowid where text match ?${conditions.map((one) => ` and ${one}`).join('')}`,
            [match, ...values],
          );
      } finally {
        db.exec('detach t');
      }
    }
  hits.sort(orders[match === '' && options.sort === 'relevance' ? 'newest' : options.sort]);
  return { total: hits.length, hits: hits.slice(options.offset, options.offset + options.limit) };
};

const orders: Readonly<Record<SearchOptions['sort'], (a: Hit, b: Hit) => number>> = {
  relevance: (a, b) => b.score - a.score || a.number - b.number,
  newest: (a, b) => (b.date ?? -Infinity) - (a.date ?? -Infinity) || b.number - a.number,
  oldest: (a, b) => (a.date ?? Infinity) - (b.date ?? Infinity) || a.number - b.number,
};

const textFiles = (db: DatabaseSync): number[] => {
  const last = (db.prepare('select max(id) as last from messages').get()?.['last'] as number | null) ?? 0;
  return Array.from({ length: Math.floor(last / IN_ONE_TEXT) + 1 }, (_, number) => number);
};
