import { escapeHtml } from '../analysis/charts.ts';
import { size } from '../analysis/report.ts';
import type { Address } from '../mime/addresses.ts';
import type { Message } from '../mime/message.ts';

const people = (list: readonly Address[]): string =>
  list.map(({ name, address }) => (name === '' ? address : `${name} <${address}>`)).join(', ');

/** Messages for print, each on a page of its own. Texts only: HTML of mail could name what is elsewhere. */
export const messagesHtml = (title: string, messages: readonly { number: number; message: Message }[]): string => {
  const pages = messages.map(({ number, message }, at) => {
    const rows: [string, string][] = [
      ['From', people(message.from)],
      ['To', people(message.to)],
      ['Cc', people(message.cc)],
      ['Date', message.date === undefined ? '' : new Date(message.date).toUTCString()],
      ['Message-ID', message.messageId],
      [
        'Attachments',
        message.attachments.map(({ name, content }) => `${name || '(no name)'} (${size(content.length)})`).join(', '),
      ],
    ];
    const head = rows
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `<p><b>${name}:</b> ${escapeHtml(value)}</p>`);
    return `<div${at > 0 ? ' style="page-break-before: always"' : ''}><h2>${number}: ${escapeHtml(message.subject || '(no subject)')}</h2>${head.join('')}<hr>${escapeHtml(
      message.text,
    )
      .split(/\n{2,}/)
      .map((paragraph) => `<p>${paragraph.replaceAll('\n', '<br>')}</p>`)
      .join('')}</div>`;
  });
  return `<!doctype html><html><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body><h1>${escapeHtml(title)}</h1><p>${messages.length} messages</p>${pages.join('\n')}</body></html>`;
};
