import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { detectLanguage } from '../analysis/language.ts';
import { ownText } from '../analysis/own-text.ts';
import type { Found } from '../archive/found.ts';
import { authenticationOf } from '../mime/authentication.ts';
import { type Message, parseMessage } from '../mime/message.ts';
import { IN_ONE_TEXT, openText, openToWrite } from './catalog.ts';
import { fingerprint } from './fingerprint.ts';
import { peopleOf } from './people.ts';
import { ancestors, threader } from './threads.ts';

/** Characters of a body that are indexed. */
const MOST_TEXT = 2_000_000;

export interface IndexWriter {
  readonly db: DatabaseSync;
  /** Parses and adds one message. @returns false for a copy of one that is there */
  add(found: Found, source: number): boolean;
  close(): void;
}

/** Adds messages to the index in a folder. @param classify gives the category of a text */
export const indexWriter = (folder: string, classify: (message: Message) => string): IndexWriter => {
  const db = openToWrite(folder);
  db.exec('begin');
  const thread = threader(db);
  const person = peopleOf(db);
  const copyOf = db.prepare('select id from messages where content = ? and duplicate_of is null');
  const insert = db.prepare(
    `insert into messages values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const receive = db.prepare('insert or ignore into recipients values (?, ?, ?)');
  const attach = db.prepare('insert into attachments values (?, ?, ?, ?, ?, ?, ?)');
  let number = (db.prepare('select max(id) as last from messages').get()?.['last'] as number | null) ?? 0;
  const texts = textWriter(folder);

  return {
    db,
    add: ({ bytes, place, folder: box = '', flags = [] }, source) => {
      const message = parseMessage(bytes);
      const content = fingerprint(message);
      const original = copyOf.get(content)?.['id'] as number | undefined;
      number++;
      const above = ancestors(message);
      const belongs = thread(number, message, above);
      const own = ownText(message.text);
      const sender = message.from[0] ?? message.sender[0];
      const authentication = authenticationOf(message.header);
      insert.run(
        number,
        source,
        place,
        bytes.length,
        hash('sha256', bytes, 'buffer'),
        message.messageId,
        content,
        message.subject,
        sender === undefined ? null : person(sender),
        message.date ?? null,
        message.offset ?? null,
        box,
        flags.join(' '),
        belongs,
        above.at(-1) ?? null,
        message.attachments.length,
        detectLanguage(own),
        original === undefined ? classify(message) : '',
        countWords(message.text),
        countWords(own),
        original ?? null,
        authentication === undefined ? null : JSON.stringify(authentication),
        message.findings.length === 0 ? null : JSON.stringify(message.findings),
      );
      if (original !== undefined) return false;
      for (const field of ['to', 'cc', 'bcc'] as const)
        for (const address of message[field]) receive.run(number, person(address), field);
      for (const [index, { name, type, detected = null, content: file }] of message.attachments.entries())
        attach.run(number, index, name, type, detected, file.length, hash('sha256', file, 'buffer'));
      texts.add(number, message);
      return true;
    },
    close: () => {
      texts.close();
      db.exec('commit');
      db.close();
    },
  };
};

/** Texts of messages, spread over files by their numbers. */
const textWriter = (folder: string) => {
  let file = -1;
  let db: DatabaseSync | undefined;
  let insert: ReturnType<DatabaseSync['prepare']> | undefined;
  const close = (): void => {
    db?.exec('commit');
    db?.close();
  };
  return {
    close,
    add: (number: number, message: Message): void => {
      const wanted = Math.floor(number / IN_ONE_TEXT);
      if (wanted !== file) {
        close();
        file = wanted;
        db = openText(folder, file);
        db.exec('begin');
        insert = db.prepare(
          'insert into text (rowid, subject, sender, recipients, body, files) values (?, ?, ?, ?, ?, ?)',
        );
      }
      const people = (list: Message['from']): string => list.map(({ name, address }) => `${name} ${address}`).join(' ');
      insert!.run(
        number,
        message.subject,
        people([...message.from, ...message.sender]),
        people([...message.to, ...message.cc, ...message.bcc]),
        message.text.slice(0, MOST_TEXT),
        message.attachments.map(({ name }) => name).join(' '),
      );
    },
  };
};

const countWords = (text: string): number => {
  let words = 0;
  let within = false;
  for (let at = 0; at < text.length; at++) {
    const space = text.charCodeAt(at) <= 0x20;
    if (within && space) words++;
    within = !space;
  }
  return within ? words + 1 : words;
};
