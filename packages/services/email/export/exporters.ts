import type { SQLOutputValue } from 'node:sqlite';
import { edrmHash } from '../index/fingerprint.ts';
import { type Message, parseMessage } from '../mime/message.ts';
import { show } from '../shown.ts';
import { csvLine, datLine } from './lines.ts';
import { zipFile } from './zip-file.ts';

/** A message on its way out. */
export interface Exported {
  number: number;
  bytes: Buffer;
  /** Its row of the catalog, with the path of its archive. */
  row: Record<string, SQLOutputValue>;
}

export type Form = 'mbox' | 'eml' | 'csv' | 'json' | 'loadfile';

interface Exporter {
  name: string;
  type: string;
  write(messages: Iterable<Exported>): Generator<Buffer | string>;
}

const fileName = (number: number): string => `${String(number).padStart(7, '0')}.eml`;

export const exporters: Readonly<Record<Form, Exporter>> = {
  mbox: {
    name: 'mail.mbox',
    type: 'application/mbox',
    *write(messages) {
      for (const { bytes, row } of messages) {
        const message = parseMessage(bytes);
        const date = new Date((row['date'] as number | null) ?? 0).toUTCString();
        // `From MAILBOX Fri Nov 27 10:00:00 2026`, in UTC (RFC 4155 §2).
        const [week, day, month, year, time] = date.replace(',', '').split(' ');
        const sender = (message.from[0]?.address ?? '').replace(/[^\x21-\x7e]/g, '') || 'MAILER-DAEMON';
        yield `From ${sender} ${week} ${month} ${day} ${time} ${year}\n`;
        // mboxrd: lines that look like the one above get one more ">", and a reader takes one off.
        const text = bytes
          .toString('latin1')
          .replaceAll('\r\n', '\n')
          .replace(/^(>*From )/gm, '>$1');
        yield Buffer.from(text.endsWith('\n') ? `${text}\n` : `${text}\n\n`, 'latin1');
      }
    },
  },
  eml: {
    name: 'mail.zip',
    type: 'application/zip',
    *write(messages) {
      const zip = zipFile();
      for (const { number, bytes } of messages) yield* zip.add(fileName(number), bytes);
      yield* zip.end();
    },
  },
  csv: {
    name: 'mail.csv',
    type: 'text/csv; charset=utf-8',
    *write(messages) {
      yield csvLine(Object.keys(fields));
      for (const one of messages) yield csvLine(valuesOf(one));
    },
  },
  json: {
    name: 'mail.ndjson',
    type: 'application/x-ndjson',
    *write(messages) {
      for (const { number, bytes } of messages) yield `${JSON.stringify({ number, ...show(parseMessage(bytes)) })}\n`;
    },
  },
  loadfile: {
    name: 'production.zip',
    type: 'application/zip',
    *write(messages) {
      const zip = zipFile();
      const lines = [datLine([...Object.keys(fields), 'native'])];
      for (const one of messages) {
        yield* zip.add(`natives/${fileName(one.number)}`, one.bytes);
        lines.push(datLine([...valuesOf(one), `natives\\${fileName(one.number)}`]));
      }
      // Concordance reads UTF-8 by its byte order mark.
      yield* zip.add('loadfile.dat', Buffer.from(`\ufeff${lines.join('')}`, 'utf8'));
      yield* zip.end();
    },
  },
};

const list = (addresses: Message['to']): string =>
  addresses.map(({ name, address }) => (name === '' ? address : `${name} <${address}>`)).join('; ');

/** The columns of tables. */
const fields: Readonly<Record<string, (message: Message, one: Exported) => string>> = {
  number: (_, { number }) => String(number),
  date: (_, { row }) => (row['date'] === null ? '' : new Date(row['date'] as number).toISOString()),
  from: ({ from }) => list(from),
  to: ({ to }) => list(to),
  cc: ({ cc }) => list(cc),
  bcc: ({ bcc }) => list(bcc),
  subject: ({ subject }) => subject,
  attachments: ({ attachments }) => attachments.map(({ name }) => name).join('; '),
  thread: (_, { row }) => String(row['thread']),
  folder: (_, { row }) => String(row['folder']),
  category: (_, { row }) => String(row['category']),
  language: (_, { row }) => String(row['language']),
  message_id: ({ messageId }) => messageId,
  in_reply_to: ({ inReplyTo }) => inReplyTo.join(' '),
  bytes: (_, { row }) => String(row['bytes']),
  sha256: (_, { row }) => Buffer.from(row['sha256'] as Uint8Array).toString('hex'),
  edrm_mih: ({ messageId }) => edrmHash(messageId) ?? '',
  source: (_, { row }) => String(row['path']),
};

const valuesOf = (one: Exported): string[] => {
  const message = parseMessage(one.bytes);
  return Object.values(fields).map((value) => value(message, one));
};
