import { WrongInput } from '../wrong-input.ts';

/** A query that cannot be understood, with what is wrong and how to write it. */
class BadQuery extends WrongInput {
  override readonly name = 'BadQuery';

  constructor(message: string) {
    super(message, 'query');
  }
}

/** What a query becomes: an expression of FTS5, and conditions on the catalog. */
export interface Compiled {
  /** Empty where no words are looked for. */
  match: string;
  where: string[];
  values: (string | number)[];
}

type Token =
  | { kind: 'open' | 'close' | 'or' | 'and' | 'not' }
  | { kind: 'term'; field: string; text: string; phrase: boolean };

const TEXT_FIELDS: Readonly<Record<string, string>> = {
  subject: 'subject',
  from: 'sender',
  to: 'recipients',
  cc: 'recipients',
  body: 'body',
  attachment: 'files',
  file: 'files',
};
const FILTERS =
  'after, before, on, has, type, larger, smaller, folder, thread, id, language, category, sha256, flag, is, domain';
const MOST_TERMS = 64;

const TOKEN = /\s*(?:(\()|(\))|(-)?(?:([a-z_]+):)?(?:"([^"]*)"?|([^\s()"]+)))/giy;

const tokens = (query: string): Token[] => {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < query.trimEnd().length) {
    const match = TOKEN.exec(query);
    if (match === null) throw new BadQuery(`The query cannot be read from here: ${query.slice(0, 80)}`);
    const [, open, close, minus, field = '', phrase, word] = match;
    if (open !== undefined) found.push({ kind: 'open' });
    else if (close !== undefined) found.push({ kind: 'close' });
    else {
      if (minus !== undefined) found.push({ kind: 'not' });
      if (field === '' && minus === undefined && word === 'OR') found.push({ kind: 'or' });
      else if (field === '' && minus === undefined && word === 'AND') found.push({ kind: 'and' });
      else if (field === '' && minus === undefined && word === 'NOT') found.push({ kind: 'not' });
      else
        found.push({
          kind: 'term',
          field: field.toLowerCase(),
          text: phrase ?? word ?? '',
          phrase: phrase !== undefined,
        });
    }
    if (found.length > MOST_TERMS * 3) throw new BadQuery(`A query has at most ${MOST_TERMS} terms.`);
  }
  return found;
};

/**
 * Reads `from:ana (invoice OR receipt) -draft "due diligence" payment~5~late after:2001-05 has:attachment`. Words go together by AND, `OR` and
 * brackets as usual; filters stand outside of brackets and OR. @throws BadQuery
 */
export const compile = (query: string): Compiled => {
  const list = tokens(query);
  const out: Compiled = { match: '', where: [], values: [] };
  let at = 0;
  let depth = 0;

  const disjunction = (): string => {
    const parts = [conjunction()];
    while (list[at]?.kind === 'or') {
      at++;
      parts.push(conjunction());
    }
    if (parts.length > 1 && parts.includes(''))
      throw new BadQuery('OR needs words on both sides; filters such as after: cannot be in it.');
    return parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`;
  };
  const conjunction = (): string => {
    const all: string[] = [];
    const none: string[] = [];
    for (let token = list[at]; token !== undefined && token.kind !== 'or' && token.kind !== 'close'; token = list[at]) {
      at++;
      if (token.kind === 'and') continue;
      let negated = false;
      while (token?.kind === 'not') {
        negated = !negated;
        token = list[at++];
      }
      if (token === undefined) throw new BadQuery('There is nothing behind the last NOT.');
      const expression = unit(token, negated);
      if (expression !== '') (negated ? none : all).push(expression);
    }
    if (none.length === 0) return all.length > 1 ? `(${all.join(' AND ')})` : (all[0] ?? '');
    if (all.length === 0) {
      if (depth > 0) throw new BadQuery('In brackets there has to be a word that is wanted beside those that are not.');
      // FTS5 knows NOT between two expressions only: outside of brackets the catalog says what is left.
      out.where.push('m.id not in (select rowid from t.text where text match ?)');
      out.values.push(none.join(' OR '));
      return '';
    }
    return `(${all.join(' AND ')} NOT (${none.join(' OR ')}))`;
  };
  const unit = (token: Token, negated: boolean): string => {
    if (token.kind === 'open') {
      depth++;
      const inner = disjunction();
      if (list[at]?.kind !== 'close') throw new BadQuery('A bracket is not closed.');
      at++;
      depth--;
      return inner;
    }
    if (token.kind !== 'term') throw new BadQuery('A word is missing beside AND, OR or a bracket.');
    const column = TEXT_FIELDS[token.field];
    if (token.field === '' || column !== undefined)
      return `${column === undefined ? '' : `${column} : `}${words(token)}`;
    if (depth > 0 || (list.some(({ kind }) => kind === 'or') && insideOr(list, at)))
      throw new BadQuery(`The filter ${token.field}: has to stand outside of brackets and OR.`);
    const [condition, ...values] = filter(token.field, token.text);
    out.where.push(negated ? `not coalesce((${condition}), 0)` : condition);
    out.values.push(...values);
    return '';
  };

  const match = disjunction();
  if (at < list.length) throw new BadQuery('A bracket is closed that is not open.');
  return { ...out, match };
};

/** Whether OR stands beside a term, outside of brackets. */
const insideOr = (list: readonly Token[], at: number): boolean =>
  list[at]?.kind === 'or' || list[at - 2]?.kind === 'or';

/** A word, a phrase, a beginning (`invoic*`), or words near one another (`payment~5~late`), as FTS5 writes them. */
const words = ({ text, phrase }: { text: string; phrase: boolean }): string => {
  const quoted = (word: string): string => `"${word.replaceAll('"', '""')}"`;
  if (!/[\p{L}\p{N}]/u.test(text)) throw new BadQuery(`There is no word in ${JSON.stringify(text)}.`);
  const near = phrase ? null : /^(.+?)~(\d{1,3})~(.+)$/.exec(text);
  if (near !== null) return `NEAR(${quoted(near[1]!)} ${quoted(near[3]!)}, ${near[2]})`;
  return !phrase && text.endsWith('*') ? `${quoted(text.slice(0, -1))} *` : quoted(text);
};

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1_024, M: 1_048_576, G: 1_073_741_824 };

/** Milliseconds where a day, month or year begins, and where the next one does (UTC). */
const period = (text: string): [number, number] => {
  const match = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text);
  if (match === null) throw new BadQuery(`${JSON.stringify(text)} is no date: write 2001, 2001-05 or 2001-05-31.`);
  const [year, month, day] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  if ((month ?? 1) < 1 || (month ?? 1) > 12 || (day ?? 1) < 1 || (day ?? 1) > 31)
    throw new BadQuery(`${JSON.stringify(text)} is no date.`);
  const from = Date.UTC(year!, (month ?? 1) - 1, day ?? 1);
  const to =
    day !== undefined ? from + 86_400_000 : month !== undefined ? Date.UTC(year!, month, 1) : Date.UTC(year! + 1, 0, 1);
  return [from, to];
};

const bytes = (text: string): number => {
  const match = /^(\d{1,12})([KMG]?)$/i.exec(text);
  if (match === null) throw new BadQuery(`${JSON.stringify(text)} is no size: write 5000, 10K or 2M.`);
  return Number(match[1]) * UNITS[match[2]!.toUpperCase()]!;
};

const filter = (field: string, text: string): [string, ...(string | number)[]] => {
  switch (field) {
    case 'after':
      return ['m.date >= ?', period(text)[0]];
    case 'before':
      return ['m.date < ?', period(text)[0]];
    case 'on':
      return ['m.date >= ? and m.date < ?', ...period(text)];
    case 'has':
      if (text !== 'attachment') throw new BadQuery('Behind has: comes attachment.');
      return ['m.attachments > 0'];
    case 'is':
      if (text === 'duplicate') return ['m.duplicate_of is not null'];
      if (text === 'broken') return ['m.findings is not null'];
      throw new BadQuery('Behind is: comes duplicate or broken.');
    case 'type':
      return [
        `exists (select 1 from attachments a where a.message = m.id and (a.type like ? escape '\\' or a.detected like ? escape '\\'))`,
        like(text),
        like(text),
      ];
    case 'larger':
      return ['m.bytes > ?', bytes(text)];
    case 'smaller':
      return ['m.bytes < ?', bytes(text)];
    case 'folder':
      return [`(m.folder = ? or m.folder like ? escape '\\')`, text, `${like(text).slice(1, -1)}/%`];
    case 'thread':
      return ['m.thread = ?', Number(text)];
    case 'id':
      return ['m.message_id = ?', text.replace(/^<|>$/g, '')];
    case 'language':
      return ['m.language = ?', text];
    case 'category':
      return ['m.category = ?', text];
    case 'sha256':
      return [
        'exists (select 1 from attachments a where a.message = m.id and lower(hex(a.sha256)) = ?)',
        text.toLowerCase(),
      ];
    case 'flag':
      return [`(' ' || m.flags || ' ') like ? escape '\\'`, `% ${like(text).slice(1, -1)} %`];
    case 'domain':
      return ['exists (select 1 from people p where p.id = m.sender and p.domain = ?)', text.toLowerCase()];
    default:
      throw new BadQuery(
        `${field}: is no field. Words are looked for in ${Object.keys(TEXT_FIELDS).join(', ')}; filters are ${FILTERS}. A text with a colon goes in quotes.`,
      );
  }
};

const like = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
