import type { Message } from '../mime/message.ts';
import { spamScore } from './spam-score.ts';

/** Above it hardly any mail is called spam that is none. */
const SPAM = 8;

/**
 * What kind of mail a message is: `report` of a mail server, `invitation`, `list`, `spam`, `automatic`, or `personal`. By its header
 * where that says so; whether it is spam by its words.
 */
export const classify = ({ header, special, subject, text, from }: Message): string => {
  if (special.some(({ type }) => type.startsWith('message/'))) return 'report';
  if (special.length > 0) return 'invitation';
  if (header.raw('list-id') !== '' || header.raw('list-post') !== '') return 'list';
  if (spamScore(subject, text) > SPAM) return 'spam';
  const answered = header.raw('auto-submitted').trim().toLowerCase(); // RFC 3834 §5
  if ((answered !== '' && answered !== 'no') || /^(?:bulk|junk|auto_reply)$/i.test(header.raw('precedence').trim()))
    return 'automatic';
  if (
    header.raw('list-unsubscribe') !== '' ||
    /^(?:no-?reply|do-?not-?reply|notifications?|mailer-daemon|postmaster)@/i.test(from[0]?.address ?? '')
  )
    return 'automatic';
  return 'personal';
};
