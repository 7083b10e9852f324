import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseMessage } from '../../packages/services/email/mime/message.ts';
import { fetched } from './corpus.ts';

/** What a parser says of a message, in the form in which they can be held against one another. */
export interface Reading {
  subject: string;
  from: string[];
  to: string[];
  date: number | null;
  text: string;
  html: boolean;
  attachments: number;
  failed?: string;
}

export const PARSERS = ['crank', 'mailparser', 'postal-mime', 'python'] as const;
export type Parser = (typeof PARSERS)[number];

const failed = (problem: unknown): Reading => ({
  subject: '',
  from: [],
  to: [],
  date: null,
  text: '',
  html: false,
  attachments: -1,
  failed: String(problem).slice(0, 100),
});

const crank = (bytes: Buffer): Reading => {
  const { subject, from, to, date = null, text, html, attachments } = parseMessage(bytes);
  const addresses = (list: typeof from): string[] =>
    list.map(({ address }) => address).filter((address) => address !== '');
  return {
    subject,
    from: addresses(from),
    to: addresses(to),
    date,
    text: html !== '' && text === '' ? '' : text,
    html: html !== '',
    attachments: attachments.length,
  };
};

interface Listed {
  address?: string;
  group?: Listed[];
}
const flat = (list: readonly Listed[] | undefined): string[] =>
  (list ?? []).flatMap(({ address, group }) => (group ? flat(group) : address ? [address] : []));

/** All four on the same files. */
export const readings = async (paths: readonly string[]): Promise<Record<Parser, Reading[]>> => {
  const modules = fetched('mailparser@3.14.2', 'postal-mime@4.0.0');
  const from = createRequire(join(modules, 'any.js'));
  const { simpleParser } = from('mailparser');
  const { default: PostalMime } = from('postal-mime');
  const found: Record<Parser, Reading[]> = { crank: [], mailparser: [], 'postal-mime': [], python: [] };
  for (const path of paths) {
    const bytes = readFileSync(path);
    found.crank.push(crank(bytes));
    found.mailparser.push(
      await simpleParser(bytes, { skipImageLinks: true, skipTextToHtml: true }).then((mail: Record<string, never>) => {
        const list = (value: undefined | { value: Listed[] } | { value: Listed[] }[]): string[] =>
          Array.isArray(value) ? value.flatMap((one) => flat(one.value)) : flat(value?.value);
        return {
          subject: mail['subject'] ?? '',
          from: list(mail['from']),
          to: list(mail['to']),
          date: (mail['date'] as Date | undefined)?.getTime() ?? null,
          text: mail['text'] ?? '',
          html: Boolean(mail['html']),
          attachments: (mail['attachments'] as unknown as unknown[]).length,
        };
      }, failed),
    );
    found['postal-mime'].push(
      await PostalMime.parse(bytes).then(
        (mail: {
          subject?: string;
          from?: Listed;
          to?: Listed[];
          date?: string;
          text?: string;
          html?: string;
          attachments: unknown[];
        }) => ({
          subject: mail.subject ?? '',
          from: flat(mail.from ? [mail.from] : []),
          to: flat(mail.to),
          date: mail.date && !Number.isNaN(Date.parse(mail.date)) ? Date.parse(mail.date) : null,
          text: mail.text ?? '',
          html: Boolean(mail.html),
          attachments: mail.attachments.length,
        }),
        failed,
      ),
    );
  }
  const lines = execFileSync('python3', [fileURLToPath(new URL('peers.py', import.meta.url))], {
    input: paths.join('\n'),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  found.python = lines
    .trimEnd()
    .split('\n')
    .map((line) => {
      const read = JSON.parse(line) as Reading;
      return read.failed === undefined ? read : failed(read.failed);
    });
  return found;
};
