import { hash } from 'node:crypto';
import { type Address, parseAddresses } from './addresses.ts';
import { decodeText } from './charset.ts';
import { parseDate } from './date.ts';
import { decodeWords } from './encoded-words.ts';
import { type Finding, Findings } from './finding.ts';
import type { Header } from './header.ts';
import { htmlToText } from './html-text.ts';
import { type Parameterised, parseParameters } from './parameters.ts';
import { type Part, readPart } from './part.ts';
import { sniff } from './sniff.ts';
import { decodeBody } from './transfer-encoding.ts';
import { takeUuencoded } from './uuencoded.ts';

export interface Attachment {
  name: string;
  /** As declared. */
  type: string;
  /** By its bytes, where they tell. */
  detected?: string;
  disposition: 'attachment' | 'inline';
  contentId?: string;
  content: Buffer;
}

export interface Message {
  header: Header;
  subject: string;
  from: Address[];
  sender: Address[];
  to: Address[];
  cc: Address[];
  bcc: Address[];
  replyTo: Address[];
  /** Milliseconds since 1970. */
  date?: number;
  /** Minutes east of Greenwich. */
  offset?: number;
  /** Without angle brackets. */
  messageId: string;
  inReplyTo: string[];
  references: string[];
  /** Plain text: of `text/plain` parts, else made from HTML. */
  text: string;
  html: string;
  attachments: Attachment[];
  /** Parts that machines read: calendars, delivery reports. */
  special: { type: string; text: string }[];
  findings: Finding[];
}

const IDS = /<\s*([^<>\s]+)\s*>/g;
/** References of one message; the first and the last count for threads. */
const MOST_IDS = 500;

/** Identifiers of `References` and the like (RFC 5322 §3.6.4); without angle brackets too, as some mailers write. */
const messageIds = (value: string): string[] => {
  const found: string[] = [];
  for (const [, id] of value.matchAll(IDS)) if (!found.includes(id!)) found.push(id!);
  if (found.length === 0)
    for (const word of value.split(/[\s,]+/)) if (/^[^\s<>@"]+@[^\s<>@"]+$/.test(word)) found.push(word);
  return found.length > MOST_IDS ? [found[0]!, ...found.slice(1 - MOST_IDS)] : found;
};

const SPECIAL =
  /^(?:text\/calendar|message\/(?:delivery-status|disposition-notification|feedback-report|global-delivery-status))$/;

interface Bodies {
  text: string[];
  html: string[];
}

/** Reads a message. It never throws for what stands in it: what is broken is recovered, with findings. */
export const parseMessage = (given: Buffer): Message => {
  const findings = new Findings();
  const bytes = withLineFeeds(given, findings);
  const root = readPart(bytes, 0, bytes.length, findings);
  const { header } = root;
  const bodies: Bodies = { text: [], html: [] };
  const attachments: Attachment[] = [];
  const special: Message['special'] = [];
  collect({ bytes, findings, bodies, attachments, special }, root, false);
  const date = parseDate(header.raw('date'));
  if (date === undefined && header.raw('date') !== '')
    findings.add('bad-date', `This is no date: ${JSON.stringify(header.text('date').slice(0, 80))}.`);
  if (header.fields.length === 0) findings.add('no-header', 'The message has no header.');
  const html = bodies.html.join('\n');
  const addresses = (name: string): Address[] => header.all(name).flatMap(parseAddresses);
  return {
    header,
    subject: header.text('subject'),
    from: addresses('from'),
    sender: addresses('sender'),
    to: addresses('to'),
    cc: addresses('cc'),
    bcc: addresses('bcc'),
    replyTo: addresses('reply-to'),
    ...(date && { date: date.time, offset: date.offset }),
    messageId: messageIds(header.raw('message-id'))[0] ?? header.text('message-id').replace(/[<>\s]/g, ''),
    inReplyTo: messageIds(header.raw('in-reply-to')),
    references: messageIds(header.all('references').join(' ')),
    text: bodies.text.length > 0 ? bodies.text.join('\n') : htmlToText(html),
    html,
    attachments,
    special,
    findings: findings.list,
  };
};

interface Collecting {
  bytes: Buffer;
  findings: Findings;
  bodies: Bodies;
  attachments: Attachment[];
  special: Message['special'];
}

const collect = (to: Collecting, part: Part, alternative: boolean): void => {
  if (part.children.length > 0) {
    for (const child of part.children) collect(to, child, part.type === 'multipart/alternative');
    return;
  }
  const { header } = part;
  // A multipart of which no part is there: what stands in it is shown.
  const type = part.type.startsWith('multipart/') ? 'text/plain' : part.type;
  const raw = to.bytes.subarray(part.start, part.end);
  const encoding = header
    .raw('content-transfer-encoding')
    .replace(/\([^)]*\)|;.*/g, '')
    .trim()
    .toLowerCase();
  const disposition = parseParameters(header.raw('content-disposition'));
  const content = decodeBody(raw, type === 'message/rfc822' && encoding === '7bit' ? '' : encoding, to.findings);
  const name = fileName(disposition, part);
  const attached = disposition.value === 'attachment';
  if (!attached && (type === 'text/plain' || type === 'text/html') && !isFile(to.bodies, type, name)) {
    const { text, known } = decodeText(content, part.parameters.get('charset') ?? '');
    if (!known)
      to.findings.add(
        'unknown-charset',
        `The charset ${JSON.stringify(part.parameters.get('charset')!.slice(0, 40))} is unknown.`,
      );
    if (type === 'text/html') to.bodies.html.push(text);
    else to.bodies.text.push(takeUuencoded(asLines(text, part), to.attachments));
    return;
  }
  if (SPECIAL.test(type)) {
    to.special.push({ type, text: decodeText(content, part.parameters.get('charset') ?? '').text });
    if (!attached && name === '' && (alternative || type.startsWith('message/'))) return;
  }
  const detected = sniff(content);
  const contentId = header.raw('content-id').replace(/[<>\s]/g, '');
  to.attachments.push({
    name: name || (type === 'message/rfc822' ? 'message.eml' : ''),
    type,
    ...(detected !== undefined && { detected }),
    disposition: disposition.value === 'inline' || (!attached && contentId !== '') ? 'inline' : 'attachment',
    ...(contentId !== '' && { contentId }),
    content,
  });
};

/** A text with a file's name, when there is a body already, is a file that somebody attached. */
const isFile = (bodies: Bodies, type: string, name: string): boolean =>
  name !== '' && (type === 'text/html' ? bodies.html : bodies.text).length > 0;

/** The name that a file is said to have, without its folders (RFC 2183 §2.3). */
const fileName = (disposition: Parameterised, { parameters, header }: Part): string => {
  const said = disposition.parameters.get('filename') ?? parameters.get('name') ?? '';
  const fallback = said === '' ? decodeWords(header.raw('content-location')) : said;
  return fallback
    .replace(/^.*[/\\]/, '')
    .replace(/\p{Cc}/gu, '')
    .trim();
};

/** `format=flowed` (RFC 3676): lines that a mailer broke come together again, where they are of the same depth of quoting. */
const asLines = (text: string, { parameters }: Part): string => {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  if (parameters.get('format')?.toLowerCase() !== 'flowed') return lines;
  const joined = parameters.get('delsp')?.toLowerCase() === 'yes' ? '' : ' ';
  const out: string[] = [];
  let open = -1;
  for (const line of lines.split('\n')) {
    const depth = /^>*/.exec(line)![0].length;
    const content = line.slice(depth).replace(/^ /, '');
    const flows = content.endsWith(' ') && content !== '-- ';
    if (open === depth && content !== '-- ') out[out.length - 1] += joined + content.replace(/ $/, flows ? '' : ' ');
    else out.push((depth > 0 ? `${'>'.repeat(depth)} ` : '') + (flows ? content.slice(0, -1) : content));
    open = flows ? depth : -1;
  }
  return out.join('\n');
};

/** Mail with carriage returns only, as old Macintoshes wrote. */
const withLineFeeds = (bytes: Buffer, findings: Findings): Buffer => {
  if (bytes.indexOf(0x0a) >= 0 || bytes.indexOf(0x0d) < 0) return bytes;
  findings.add('bare-cr', 'Lines end in carriage returns alone.');
  return Buffer.from(bytes.toString('latin1').replaceAll('\r', '\n'), 'latin1');
};

/** SHA-256 of an attachment, in hexadecimal. */
export const digest = (content: Buffer): string => hash('sha256', content);
