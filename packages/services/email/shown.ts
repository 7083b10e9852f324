import { detectLanguage } from './analysis/language.ts';
import { ownText } from './analysis/own-text.ts';
import { edrmHash } from './index/fingerprint.ts';
import type { Address } from './mime/addresses.ts';
import { type Authentication, authenticationOf } from './mime/authentication.ts';
import { type CalendarEvent, readCalendar } from './mime/calendar.ts';
import { type DeliveryReport, readReport } from './mime/delivery-report.ts';
import type { Finding } from './mime/finding.ts';
import { digest, type Message as Parsed } from './mime/message.ts';

export interface ShownAttachment {
  name: string;
  /** As the message declares it. */
  type: string;
  /** By its bytes, where they tell. */
  detected?: string;
  disposition: 'attachment' | 'inline';
  contentId?: string;
  size: number;
  sha256: string;
}

/** A message as people and programs read it. */
export interface Message {
  subject: string;
  from: Address[];
  to: Address[];
  cc: Address[];
  bcc: Address[];
  replyTo: Address[];
  /** ISO 8601, in UTC; null where the message has no date that can be read. */
  date: string | null;
  /** Minutes east of Greenwich that the sender's clock was set to. */
  zone: number | null;
  messageId: string;
  inReplyTo: string[];
  references: string[];
  /** Plain text; made from HTML where there is no other. */
  text: string;
  html: string;
  /** What the sender wrote: without quotes and signature. */
  own: string;
  /** ISO 639-1; empty where it does not tell. */
  language: string;
  attachments: ShownAttachment[];
  /** What receiving servers found about DKIM, SPF, DMARC and ARC: their word, not verified here. */
  authentication?: Authentication;
  /** Of invitations (RFC 5545). */
  events: CalendarEvent[];
  /** Of bounces and complaints (RFC 3464, RFC 5965). */
  reports: DeliveryReport[];
  /** MD5 of the identifier (EDRM Message Identification Hash). */
  edrmHash?: string;
  /** What is not as its RFC says, and what was made of it. */
  findings: Finding[];
}

export const show = (message: Parsed): Message => {
  const {
    subject,
    from,
    to,
    cc,
    bcc,
    replyTo,
    date,
    offset,
    messageId,
    inReplyTo,
    references,
    text,
    html,
    findings,
    header,
  } = message;
  const own = ownText(text);
  const authentication = authenticationOf(header);
  const hash = edrmHash(messageId);
  const wellFormed = (one: Address): Address => ({
    name: one.name.toWellFormed(),
    address: one.address.toWellFormed(),
  });
  return {
    subject: subject.toWellFormed(),
    from: from.map(wellFormed),
    to: to.map(wellFormed),
    cc: cc.map(wellFormed),
    bcc: bcc.map(wellFormed),
    replyTo: replyTo.map(wellFormed),
    date: date === undefined ? null : new Date(date).toISOString(),
    zone: offset ?? null,
    messageId,
    inReplyTo,
    references,
    text: text.toWellFormed(),
    html: html.toWellFormed(),
    own: own.toWellFormed(),
    language: detectLanguage(own),
    attachments: message.attachments.map(({ content, name, ...rest }) => ({
      name: name.toWellFormed(),
      ...rest,
      size: content.length,
      sha256: digest(content),
    })),
    ...(authentication && { authentication }),
    events: message.special
      .filter(({ type }) => type === 'text/calendar')
      .flatMap(({ text: calendar }) => readCalendar(calendar)),
    reports: message.special
      .filter(({ type }) => type.startsWith('message/'))
      .map(({ type, text: report }) => readReport(type, report)),
    ...(hash !== undefined && { edrmHash: hash }),
    findings,
  };
};
