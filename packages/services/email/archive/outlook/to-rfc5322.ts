import { decodeText } from '../../mime/charset.ts';
import { encodeText } from '../../mime/encode.ts';
import { type Item, type Properties, tags } from './properties.ts';
import { rtfToText, unpackRtf } from './rtf.ts';

/** Of headers that were kept: those that speak of a body that is put together anew. */
const OF_BODY = /^(?:content-[\w-]+|mime-version)$/i;
/** Items within items. */
const MOST_DEEP = 10;

/** The message that an item of Outlook was: its headers where they were kept, else made of its properties, and a body with its attachments. */
export const toRfc5322 = (item: Item, depth = 0): Buffer => {
  const { properties } = item;
  const charset = `cp${number(properties, tags.internetCodepage) ?? number(properties, tags.codepage) ?? 1252}`.replace(
    /^cp65001$/,
    'utf-8',
  );
  const text = (tag: number, of: Properties = properties): string => {
    const value = of.get(tag);
    if (typeof value === 'string') return value;
    return Buffer.isBuffer(value) ? decodeText(trimmed(value), charset).text : '';
  };
  const lines = kept(text(tags.transportHeaders));
  const has = (name: string): boolean => lines.some((line) => line.toLowerCase().startsWith(`${name}:`));
  const add = (name: string, value: string): void => {
    if (value !== '' && !has(name.toLowerCase())) lines.push(`${name}: ${value.replace(/[\r\n]+/g, ' ')}`);
  };
  const mailbox = (name: string, address: string): string => {
    const bare = address.replace(/[<>\s]/g, '');
    const shown = name === '' || name === bare ? '' : phrase(name);
    return bare === '' ? shown : `${shown === '' ? '' : `${shown} `}<${bare}>`;
  };
  add(
    'From',
    mailbox(
      text(tags.representingName) || text(tags.senderName),
      text(tags.senderSmtp) || text(tags.representingAddress) || text(tags.senderAddress),
    ),
  );
  for (const [field, type] of [
    ['To', 1],
    ['Cc', 2],
    ['Bcc', 3],
  ] as const)
    add(
      field,
      item.recipients
        .filter((one) => one.get(tags.recipientType) === type)
        .map((one) => mailbox(text(tags.displayName, one), text(tags.smtpAddress, one) || text(tags.address, one)))
        .join(',\r\n ')
        .replace(/\r\n /g, ' '),
    );
  // Outlook stores before a subject how long its `RE: ` is.
  add('Subject', encodeText(withoutPrefix(text(tags.subject))));
  const date = properties.get(tags.submitted) ?? properties.get(tags.delivered);
  if (date instanceof Date && !Number.isNaN(date.getTime())) add('Date', date.toUTCString().replace('GMT', '+0000'));
  add('Message-ID', text(tags.messageId));
  add('In-Reply-To', text(tags.inReplyTo));
  add('References', text(tags.references));
  const html = properties.get(tags.html);
  const rtf = properties.get(tags.rtf);
  const markup = Buffer.isBuffer(html) ? decodeText(html, charset).text : typeof html === 'string' ? html : '';
  let plain = text(tags.body);
  if (plain === '' && markup === '' && Buffer.isBuffer(rtf)) plain = rtfToText(unpackRtf(rtf), charset);
  return Buffer.from(
    `${lines.join('\r\n')}\r\nMIME-Version: 1.0\r\n${bodyOf(item, plain, markup, text, depth)}`,
    'utf8',
  );
};

const withoutPrefix = (subject: string): string => (subject.startsWith('\u0001') ? subject.slice(2) : subject);

const bodyOf = (
  item: Item,
  plain: string,
  markup: string,
  text: (tag: number, of?: Properties) => string,
  depth: number,
): string => {
  const bodies: string[] = [];
  if (plain !== '' || markup === '') bodies.push(leaf('text/plain; charset=utf-8', Buffer.from(plain, 'utf8')));
  if (markup !== '') bodies.push(leaf('text/html; charset=utf-8', Buffer.from(markup, 'utf8')));
  const body = bodies.length === 1 ? bodies[0]! : multipart('alternative', bodies, depth);
  const files = item.attachments.flatMap(({ properties, embedded }) => {
    if (embedded !== undefined) {
      if (depth >= MOST_DEEP) return [];
      return [
        `Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n${coded(toRfc5322(embedded, depth + 1))}`,
      ];
    }
    const data = properties.get(tags.attachedData);
    const name = (text(tags.attachedName, properties) || text(tags.attachedShortName, properties)).replace(
      /[\r\n]/g,
      ' ',
    );
    const said = text(tags.attachedType, properties);
    const type =
      /^[\w.+-]+\/[\w.+-]+$/.test(said) && !said.startsWith('multipart/') ? said : 'application/octet-stream';
    const id = text(tags.attachedContentId, properties).replace(/[\s<>]/g, '');
    const more = `${id === '' ? '' : `Content-ID: <${id}>\r\n`}Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}\r\n`;
    return [leaf(type, Buffer.isBuffer(data) ? data : Buffer.alloc(0), more)];
  });
  return files.length === 0 ? body : multipart('mixed', [body, ...files], depth);
};

const leaf = (type: string, content: Buffer, more = ''): string =>
  `Content-Type: ${type}\r\n${more}Content-Transfer-Encoding: base64\r\n\r\n${coded(content)}`;

const coded = (content: Buffer): string => content.toString('base64').replace(/.{76}/g, '$&\r\n');

/** Parts are base64, so no boundary can stand in them. */
const multipart = (kind: string, parts: readonly string[], depth: number): string => {
  const boundary = `=_${kind}_${depth}`;
  return `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
};

/** Headers as they came, without what speaks of the old body. */
const kept = (headers: string): string[] => {
  const lines: string[] = [];
  for (const line of headers.replaceAll('\0', '').split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      if (lines.length > 0) lines[lines.length - 1] += `\r\n${line}`;
    } else if (/^[\x21-\x39\x3b-\x7e]+:/.test(line)) lines.push(line);
  }
  return lines.filter((line) => !OF_BODY.test(line.slice(0, line.indexOf(':'))));
};

const phrase = (name: string): string => {
  const coded = encodeText(name);
  return coded === name ? `"${name.replace(/["\\]/g, '\\$&')}"` : coded;
};

const number = (properties: Properties, tag: number): number | undefined => {
  const value = properties.get(tag);
  return typeof value === 'number' && value > 0 ? value : undefined;
};

const trimmed = (bytes: Buffer): Buffer => {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
};
