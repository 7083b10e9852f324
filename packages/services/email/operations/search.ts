import { ownText } from '../analysis/own-text.ts';
import { search as searchIndex } from '../index/search.ts';
import { messageOf, openIndex } from '../workspace.ts';
import { WrongInput } from '../wrong-input.ts';

export interface Found {
  /** For email.message, email.attachment and others. */
  number: number;
  subject: string;
  from: string;
  name: string;
  date: string | null;
  folder: string;
  thread: number;
  attachments: number;
  category: string;
  /** Words around the first that were looked for. */
  snippet: string;
}

export interface Page {
  total: number;
  messages: Found[];
}

/**
 * Finds messages: words and "phrases", AND, OR, -not, brackets, near~5~one, begin*, from: to: subject: body: attachment:, and
 * filters such as after:2001-05 before:2002 has:attachment type:pdf larger:1M folder:Inbox is:duplicate. An empty query finds all.
 * @param query for example `from:ana (invoice OR receipt) -draft after:2001`
 * @param duplicates whether copies are found, too
 */
export const search = (
  query: string,
  index = 'mail',
  sort: 'relevance' | 'newest' | 'oldest' = 'relevance',
  limit = 20,
  offset = 0,
  duplicates = false,
): Page => {
  const { db, folder } = openIndex(index);
  if (!(limit >= 1 && limit <= 500 && offset >= 0))
    throw new WrongInput('The limit goes from 1 to 500, the offset from 0.', offset >= 0 ? 'limit' : 'offset');
  const { total, hits } = searchIndex(db, folder, { query, sort, duplicates, limit, offset });
  const find = db.prepare(
    "select m.id as number, m.subject, coalesce(p.address, '') as \"from\", coalesce(p.name, '') as name, m.date, m.folder, m.thread, m.attachments, m.category from messages m left join people p on p.id = m.sender where m.id = ?",
  );
  const messages = hits.map(({ number }) => {
    const row = find.get(number) as unknown as Omit<Found, 'date' | 'snippet'> & { date: number | null };
    return {
      ...row,
      date: row.date === null ? null : new Date(row.date).toISOString(),
      snippet: snippet(messageOf(db, number).text, query),
    };
  });
  return { total, messages };
};

const LENGTH = 160;

const snippet = (text: string, query: string): string => {
  const words = query.match(/(?<![\w:-])[\p{L}\p{N}]{3,}(?!\w*:)/gu) ?? [];
  const flat = text.replace(/\s+/g, ' ');
  const lower = flat.toLowerCase();
  const at = words.map((word) => lower.indexOf(word.toLowerCase())).find((place) => place >= 0);
  const shown = at === undefined ? ownText(text).replace(/\s+/g, ' ') : flat.slice(Math.max(0, at - LENGTH / 3));
  return shown.slice(0, LENGTH).toWellFormed().trim();
};
