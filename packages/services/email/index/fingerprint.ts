import { createHash } from 'node:crypto';
import type { Message } from '../mime/message.ts';

/**
 * A digest of what two copies of a message have in common wherever they were kept: identifier, sender, date, subject, recipients, the letters of
 * the body, and attachments. Transport, line ends, encodings and white space are not in it. 16 bytes.
 */
export const fingerprint = (message: Message): Buffer => {
  const hash = createHash('sha256');
  const addresses = [...message.to, ...message.cc].map(({ address }) => address.toLowerCase()).sort();
  const head = [
    message.messageId,
    message.from[0]?.address.toLowerCase() ?? '',
    message.date ?? '',
    message.subject,
    ...addresses,
  ];
  hash.update(JSON.stringify(head));
  hash.update(message.text.replace(/\s+/g, ''));
  for (const { content } of message.attachments) hash.update(createHash('sha256').update(content).digest());
  return hash.digest().subarray(0, 16);
};

/** EDRM Message Identification Hash 1.0: the MD5 of the message's identifier, without its angle brackets. */
export const edrmHash = (messageId: string): string | undefined =>
  messageId === '' ? undefined : createHash('md5').update(messageId).digest('hex');
