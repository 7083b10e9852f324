import { type ThreadMessage, threadTree } from '../analysis/thread-tree.ts';
import type { Context } from '../context.ts';
import { search } from '../index/search.ts';
import { type Message, show } from '../shown.ts';
import { messageOf, openIndex } from '../workspace.ts';
import { WrongInput } from '../wrong-input.ts';

/** One message of an index, with its bodies. */
export const message = (number: number, index = 'mail'): Message => show(messageOf(openIndex(index).db, number));

/** The conversation that a message is part of, as a tree: each with the number of the one that it answers, and its depth. */
export const thread = (number: number, index = 'mail'): ThreadMessage[] => {
  const { db } = openIndex(index);
  const row = db.prepare('select thread from messages where id = ?').get(number);
  if (row === undefined) throw new WrongInput(`There is no message ${number} in this index.`, 'number');
  return threadTree(db, row['thread'] as number);
};

export interface ListedAttachment {
  message: number;
  /** Its place among the message's, from 0. */
  number: number;
  name: string;
  type: string;
  detected: string | null;
  bytes: number;
  sha256: string;
}

/**
 * Attachments of the messages that a query finds (see email.search), largest first.
 * @param limit at most 1,000
 */
export const attachments = (query = '', index = 'mail', limit = 100): ListedAttachment[] => {
  const { db, folder } = openIndex(index);
  const { hits } = search(db, folder, {
    query: `${query} has:attachment`,
    sort: 'newest',
    duplicates: false,
    limit: 1e9,
    offset: 0,
  });
  const list = db.prepare(
    'select message, number, name, type, detected, bytes, lower(hex(sha256)) as sha256 from attachments where message = ?',
  );
  const found = hits.flatMap((hit) => list.all(hit.number) as unknown as ListedAttachment[]);
  return found.sort((a, b) => b.bytes - a.bytes || a.message - b.message).slice(0, Math.min(limit, 1_000));
};

/** One attachment as a file. */
export const attachment = (number: number, which = 0, index = 'mail'): File => {
  const { name, type, content } = attached(number, which, index);
  return new File([new Uint8Array(content)], name || 'attachment', {
    type: /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream',
  });
};

/** The text of one attachment, as the service doc reads it: PDF, Office, pictures of text, and what else that knows. */
export const attachment_text = async (
  number: number,
  which = 0,
  index = 'mail',
  context?: Context,
): Promise<string> => {
  const { name, content } = attached(number, which, index);
  return String(
    await context!.call('doc.extract_text', {
      file: { name: name || 'attachment', base64: content.toString('base64') },
    }),
  );
};

const attached = (number: number, which: number, index: string) => {
  const found = messageOf(openIndex(index).db, number).attachments[which];
  if (found === undefined) throw new WrongInput(`Message ${number} has no attachment ${which}.`, 'which');
  return found;
};
