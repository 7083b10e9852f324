import { parseMessage } from '../../packages/services/email/mime/message.ts';
import { spamAssassin } from '../email/corpus.ts';

export interface Mail {
  /** Subject and body; nothing else of the header, which gives the label away. */
  text: string;
  label: 0 | 1;
  /** `easy-ham-1`, `hard-ham-1`, `spam-2`... */
  group: string;
  /** When a server took it in, milliseconds since 1970: senders of spam lie in `Date`. */
  time: number | undefined;
}

export const LABELS = ['ham', 'spam'] as const;

/** Mailing lists put their name into subjects and a footer under bodies: both tell the label and nothing of the text. */
const withoutList = (subject: string, body: string): string => {
  const bare = subject.replace(/\[[^\]]{1,40}\]/g, ' ').replace(/^\s*((re|fw|fwd)\s*:\s*)+/i, '');
  const lines = body.split('\n');
  const cut = lines.findIndex(
    (line, i) =>
      i > lines.length - 15 &&
      /^\s*(_{20,}|-{20,}|-- ?$)/.test(line) &&
      /list|listinfo|unsubscribe|sf\.net|sponsored/i.test(lines.slice(i).join(' ')),
  );
  return `${bare}\n${(cut < 0 ? lines : lines.slice(0, cut)).join('\n')}`;
};

const timeOf = (raw: Buffer): number | undefined => {
  const head = raw
    .subarray(0, 8192)
    .toString('latin1')
    .split(/\r?\n\r?\n/)[0]!
    .replace(/\r?\n[ \t]+/g, ' ');
  for (const [, date] of head.matchAll(/^Received:.*;\s*([^;\r\n]+)$/gim)) {
    const time = Date.parse(date!.replace(/\(.*?\)/g, '').trim());
    if (time > Date.UTC(2001, 0) && time < Date.UTC(2006, 0)) return time;
  }
  return undefined;
};

/** The corpus as texts to be classified. */
export const spamMails = (): Mail[] =>
  spamAssassin().map(({ name, bytes, spam }) => {
    const { subject, text } = parseMessage(bytes);
    return { text: withoutList(subject, text), label: spam ? 1 : 0, group: name.split('.')[0]!, time: timeOf(bytes) };
  });
