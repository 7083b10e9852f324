import type { DatabaseSync } from 'node:sqlite';
import { type Burst, bursts, type Silence, silences } from './bursts.ts';

export interface Count {
  name: string;
  messages: number;
}

export interface PersonCount {
  address: string;
  name: string;
  sent: number;
  received: number;
}

export interface Statistics {
  messages: number;
  /** Copies of messages that are counted once. */
  duplicates: number;
  threads: number;
  people: number;
  bytes: number;
  /** Of messages that have a date; those without, and of years that mail did not have, are counted beside. */
  first: string | null;
  last: string | null;
  undated: number;
  /** By the month, in UTC. */
  byMonth: Count[];
  /** By hour and weekday where the sender was: 7 rows from Monday, 24 columns. */
  byHour: number[][];
  senders: PersonCount[];
  domains: Count[];
  /** Who wrote to whom most. */
  pairs: { from: string; to: string; messages: number }[];
  /** Hours until a message was answered: the median, and that of 9 in 10. */
  answers: {
    answered: number;
    medianHours: number | null;
    p90Hours: number | null;
    fastest: { address: string; answers: number; medianHours: number }[];
  };
  longestThreads: {
    thread: number;
    subject: string;
    messages: number;
    people: number;
    from: string | null;
    to: string | null;
  }[];
  attachments: {
    files: number;
    bytes: number;
    types: (Count & { bytes: number })[];
    largest: { name: string; bytes: number; message: number }[];
    mostSent: { name: string; sha256: string; messages: number }[];
  };
  languages: Count[];
  categories: Count[];
  folders: Count[];
  authentication: { method: string; result: string; messages: number }[];
  words: { mean: number; own: number };
  bursts: Burst[];
  silences: Silence[];
  /** What was recovered from broken mail, by its code. */
  findings: Count[];
}

const DAY = 86_400_000;
/** Dates before mail's first year, or after the next one, are the mailer's fault. */
const PLAUSIBLE = `m.date between ${Date.UTC(1971, 0)} and ${Date.UTC(2100, 0)}`;
const KEPT = 'm.duplicate_of is null';

/** What an index says as a whole. */
export const statistics = (db: DatabaseSync, top: number): Statistics => {
  const all = <T>(sql: string, ...values: (string | number)[]): T[] => db.prepare(sql).all(...values) as T[];
  const one = <T>(sql: string): T => db.prepare(sql).get() as T;
  const counts = (column: string): Count[] =>
    all<Count>(
      `select ${column} as name, count(*) as messages from messages m where ${KEPT} and ${column} <> '' group by 1 order by 2 desc, 1 limit ?`,
      top,
    );
  const head = one<{
    messages: number;
    copies: number;
    threads: number;
    bytes: number;
    first: number | null;
    last: number | null;
    dated: number;
    words: number;
    own: number;
  }>(
    `select count(*) filter (where ${KEPT}) as messages, count(m.duplicate_of) as copies, count(distinct m.thread) as threads, coalesce(sum(m.bytes), 0) as bytes,
     min(m.date) filter (where ${PLAUSIBLE}) as first, max(m.date) filter (where ${PLAUSIBLE}) as last, count(*) filter (where ${KEPT} and ${PLAUSIBLE}) as dated,
     coalesce(avg(m.words), 0) as words, coalesce(avg(m.own_words), 0) as own from messages m`,
  );
  const time = timesOf(db);
  return {
    messages: head.messages,
    duplicates: head.copies,
    threads: head.threads,
    people: one<{ n: number }>('select count(*) as n from people').n,
    bytes: head.bytes,
    first: iso(head.first),
    last: iso(head.last),
    undated: head.messages - head.dated,
    byMonth: time.months,
    byHour: time.hours,
    senders: all<PersonCount>(
      `select p.address, p.name, s.sent, (select count(*) from recipients r where r.person = p.id) as received
       from (select m.sender as id, count(*) as sent from messages m where ${KEPT} and m.sender is not null group by 1 order by 2 desc limit ?) s join people p on p.id = s.id order by s.sent desc, p.address`,
      top,
    ),
    domains: all<Count>(
      `select p.domain as name, count(*) as messages from messages m join people p on p.id = m.sender where ${KEPT} group by 1 order by 2 desc, 1 limit ?`,
      top,
    ),
    pairs: all(
      `select f.address as "from", t.address as "to", count(*) as messages from messages m join recipients r on r.message = m.id join people f on f.id = m.sender join people t on t.id = r.person
       where ${KEPT} and m.sender <> r.person group by 1, 2 order by 3 desc, 1, 2 limit ?`,
      top,
    ),
    answers: answersOf(db, top),
    longestThreads: all<{
      thread: number;
      subject: string;
      messages: number;
      people: number;
      first: number;
      last: number;
    }>(
      `select m.thread, count(*) as messages, count(distinct m.sender) as people, min(m.date) as first, max(m.date) as last,
       (select subject from messages s where s.thread = m.thread order by coalesce(s.date, 9e15), s.id limit 1) as subject
       from messages m where ${KEPT} group by 1 order by 2 desc, 1 limit ?`,
      top,
    ).map(({ first, last, thread, subject, messages, people }) => ({
      thread,
      subject,
      messages,
      people,
      from: iso(first),
      to: iso(last),
    })),
    attachments: {
      ...one<{ files: number; bytes: number }>(
        'select count(*) as files, coalesce(sum(bytes), 0) as bytes from attachments',
      ),
      types: all(
        'select coalesce(detected, type) as name, count(*) as messages, sum(bytes) as bytes from attachments group by 1 order by 2 desc, 1 limit ?',
        top,
      ),
      largest: all('select name, bytes, message from attachments order by bytes desc, message limit ?', top),
      mostSent: all(
        'select max(name) as name, lower(hex(sha256)) as sha256, count(distinct message) as messages from attachments group by sha256 having count(distinct message) > 1 order by 3 desc, 2 limit ?',
        top,
      ),
    },
    languages: counts('m.language'),
    categories: counts('m.category'),
    folders: counts('m.folder'),
    authentication: all(
      `select r.value ->> 'method' as method, r.value ->> 'result' as result, count(*) as messages from messages m, json_each(m.authentication, '$.results') r where ${KEPT} group by 1, 2 order by 3 desc, 1, 2 limit ?`,
      top,
    ),
    words: { mean: Math.round(head.words), own: Math.round(head.own) },
    bursts: bursts(time.days),
    silences: silences(time.days),
    findings: all<Count>(
      `select f.value ->> 'code' as name, count(distinct m.id) as messages from messages m, json_each(m.findings) f where ${KEPT} group by 1 order by 2 desc, 1`,
    ),
  };
};

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

const timesOf = (db: DatabaseSync): { months: Count[]; hours: number[][]; days: Map<number, number> } => {
  const months = new Map<string, number>();
  const days = new Map<number, number>();
  const hours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (const row of db.prepare(`select m.date, m.zone from messages m where ${KEPT} and ${PLAUSIBLE}`).iterate()) {
    const time = row['date'] as number;
    const month = new Date(time).toISOString().slice(0, 7);
    months.set(month, (months.get(month) ?? 0) + 1);
    days.set(Math.floor(time / DAY), (days.get(Math.floor(time / DAY)) ?? 0) + 1);
    const local = new Date(time + (row['zone'] as number) * 60_000);
    hours[(local.getUTCDay() + 6) % 7]![local.getUTCHours()]! += 1;
  }
  return { months: [...months].sort().map(([name, messages]) => ({ name, messages })), hours, days };
};

/** Answers to messages that are there, by somebody else, within 30 days. */
const answersOf = (db: DatabaseSync, top: number): Statistics['answers'] => {
  const waits: number[] = [];
  const by = new Map<string, number[]>();
  const rows = db.prepare(
    `select p.address, m.date - o.date as wait from messages m join ids i on i.id = m.parent join messages o on o.id = i.message join people p on p.id = m.sender
     where ${KEPT} and m.date > o.date and m.date - o.date < 30 * ${DAY} and m.sender <> o.sender`,
  );
  for (const row of rows.iterate()) {
    const wait = (row['wait'] as number) / 3_600_000;
    const address = row['address'] as string;
    waits.push(wait);
    const own = by.get(address) ?? [];
    own.push(wait);
    by.set(address, own);
  }
  const at = (list: number[], part: number): number =>
    Math.round([...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * part)]! * 100) / 100;
  return {
    answered: waits.length,
    medianHours: waits.length === 0 ? null : at(waits, 0.5),
    p90Hours: waits.length === 0 ? null : at(waits, 0.9),
    fastest: [...by]
      .filter(([, own]) => own.length >= 3)
      .map(([address, own]) => ({ address, answers: own.length, medianHours: at(own, 0.5) }))
      .sort((a, b) => a.medianHours - b.medianHours)
      .slice(0, top),
  };
};
