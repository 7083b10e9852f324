import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Changes with the tables: an index of another form is made anew. */
const FORM = 1;

const TABLES = `
create table form (number integer not null);
create table sources (
  id integer primary key, path text not null unique, kind text not null, size integer not null,
  head text not null, next integer not null, done integer not null, messages integer not null, finding text
);
create table people (id integer primary key, address text not null unique, name text not null, domain text not null, merged integer);
create table messages (
  id integer primary key, source integer not null, place text not null, bytes integer not null, sha256 blob not null,
  message_id text not null, content blob not null, subject text not null, sender integer, date integer, zone integer,
  folder text not null, flags text not null, thread integer not null, parent text, attachments integer not null,
  language text not null, category text not null, words integer not null, own_words integer not null,
  duplicate_of integer, authentication text, findings text
);
create index by_content on messages (content);
create index by_thread on messages (thread);
create index by_date on messages (date);
create table recipients (message integer not null, person integer not null, field text not null, primary key (message, person, field)) without rowid;
create table attachments (
  message integer not null, number integer not null, name text not null, type text not null, detected text, bytes integer not null,
  sha256 blob not null, primary key (message, number)
) without rowid;
create table ids (id text primary key, thread integer not null, message integer) without rowid;
`;

export const catalogPath = (folder: string): string => join(folder, 'catalog.db');
export const textPath = (folder: string, number: number): string =>
  join(folder, `text-${String(number).padStart(4, '0')}.db`);

/** Messages of one file of texts: a call that adds to an index writes one of these anew, not all (docs/workspaces.md). */
export const IN_ONE_TEXT = 20_000;

/*
 * What these databases are written by, a call's workspace, is kept as a whole or not at all: journals would make safe what is
 * safe already, and cost memory.
 */
const UNJOURNALED = 'pragma journal_mode = off; pragma synchronous = off; pragma temp_store = memory;';

/** Opens the catalog to write, made where it is not there. */
export const openToWrite = (folder: string): DatabaseSync => {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(catalogPath(folder));
  db.exec(`${UNJOURNALED} pragma cache_size = -65536;`);
  const made = db.prepare("select 1 from sqlite_master where name = 'form'").get();
  if (made === undefined) {
    db.exec(TABLES);
    db.prepare('insert into form values (?)').run(FORM);
  }
  return assertForm(db);
};

export const openToRead = (folder: string): DatabaseSync =>
  assertForm(new DatabaseSync(catalogPath(folder), { readOnly: true }));

const assertForm = (db: DatabaseSync): DatabaseSync => {
  const form = db.prepare('select number from form').get()?.['number'];
  if (form !== FORM)
    throw new Error(
      `This index was made by another version of the service (form ${form}, this one has ${FORM}): ingest the archives anew, under another name of index.`,
    );
  return db;
};

/** Bytes of words that are gathered before they are written: the more, the less is merged later. */
const GATHERED = 32 * 2 ** 20;

/** Opens one file of texts to write. Words are found by their stems (Porter's, so English), without accents. */
export const openText = (folder: string, number: number): DatabaseSync => {
  const db = new DatabaseSync(textPath(folder, number));
  db.exec(`${UNJOURNALED} pragma cache_size = -65536;
    create virtual table if not exists text using fts5 (
      subject, sender, recipients, body, files, content = '', tokenize = 'porter unicode61 remove_diacritics 2'
    );
    insert into text (text, rank) values ('hashsize', ${GATHERED})`);
  return db;
};
