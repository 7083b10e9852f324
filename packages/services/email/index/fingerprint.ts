import { hash } from 'node:crypto';
import type { Message } from '../mime/message.ts';

/**
 * A digest of what two copies of a message have in common wherever they were kept: identifier, sender, date, subject, recipients, the letters of
 * the body, and attachments. Transport, line ends, encodings and white space are not in it. 16 bytes.
 */
export const fingerprint = (message: Message): Buffer => {
  const addresses = [...message.to, ...message.cc].map(({ address }) => address.toLowerCase()).sort();
  const { messageId, from, date = '', subject, text, attachments } = message;
  const head = [messageId, from[0]?.address.toLowerCase() ?? '', date, subject, ...addresses];
  const files = attachments.map(({ content }) => hash('sha256', content));
  return hash('sha256', JSON.stringify([head, text.replace(/\s+/g, ''), files]), 'buffer').subarray(0, 16);
};

/** EDRM Message Identification Hash 1.0: the MD5 of the message's identifier, without its angle brackets. */
export const edrmHash = (messageId: string): string | undefined =>
  messageId === '' ? undefined : hash('md5', messageId);
