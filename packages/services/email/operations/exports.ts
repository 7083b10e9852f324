import { closeSync, mkdtempSync, openAsBlob, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { type Exported, exporters, type Form } from '../export/exporters.ts';
import { messagesHtml } from '../export/html.ts';
import { search } from '../index/search.ts';
import { bytesOf, messageOf, openIndex } from '../workspace.ts';

/** Messages of one PDF: what a document service renders in one call. */
const IN_ONE_PDF = 500;

/**
 * The messages that a query finds (see email.search), oldest first, as one file.
 * @param to mbox (mboxrd), eml (a ZIP archive of files), csv, json (a line for each), or loadfile (a ZIP archive with a Concordance load file and natives, for eDiscovery)
 * @param limit at most 100,000
 */
export const export_mail = async (
  query = '',
  to: Form = 'mbox',
  index = 'mail',
  limit = 10_000,
  duplicates = false,
  context?: Context,
): Promise<File> => {
  const { db, folder } = openIndex(index);
  const { hits } = search(db, folder, {
    query,
    sort: 'oldest',
    duplicates,
    limit: Math.min(limit, 100_000),
    offset: 0,
  });
  const { name, type, write } = exporters[to];
  const path = join(mkdtempSync(join(tmpdir(), 'export-')), name);
  const fd = openSync(path, 'w');
  const messages = function* (): Generator<Exported> {
    for (const [done, { number }] of hits.entries()) {
      if (done % 200 === 0) context?.progress(done / hits.length, `${done} of ${hits.length} messages`);
      yield {
        number,
        bytes: bytesOf(db, number),
        row: db
          .prepare('select m.*, s.path from messages m join sources s on s.id = m.source where m.id = ?')
          .get(number)!,
      };
    }
  };
  for (const chunk of write(messages())) writeSync(fd, typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  closeSync(fd);
  return new File([await openAsBlob(path)], name, { type });
};

/** The messages that a query finds, oldest first, as one PDF: their headers and texts, made by the service doc. At most 500. */
export const pdf = async (query = '', index = 'mail', title = 'Mail', context?: Context): Promise<File> => {
  const { db, folder } = openIndex(index);
  const { hits } = search(db, folder, { query, sort: 'oldest', duplicates: false, limit: IN_ONE_PDF, offset: 0 });
  const html = messagesHtml(
    title,
    hits.map(({ number }) => ({ number, message: messageOf(db, number) })),
  );
  const made = (await context!.call('doc.convert', {
    file: { name: 'mail.html', base64: Buffer.from(html).toString('base64') },
    to: 'pdf',
  })) as { base64: string };
  return new File([Buffer.from(made.base64, 'base64')], 'mail.pdf', { type: 'application/pdf' });
};
