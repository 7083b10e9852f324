import type { DatabaseSync } from 'node:sqlite';
import type { Message } from '../mime/message.ts';

/** What a message answers, the nearest last: `References`, and `In-Reply-To` where it adds something (RFC 5322 §3.6.4). */
export const ancestors = ({ references, inReplyTo, messageId }: Message): string[] => {
  const found = references.filter((id) => id !== messageId);
  // Of several identifiers there, or of an address beside one, the first is what mailers mean.
  const [answered] = inReplyTo;
  if (answered !== undefined && answered !== messageId && !found.includes(answered)) found.push(answered);
  return found;
};

/**
 * Threads of a catalog: every identifier that was seen, also of messages that are not there, belongs to one; a message that names
 * identifiers of several makes them one. So the order in which messages come does not matter.
 */
export const threader = (db: DatabaseSync) => {
  const find = db.prepare('select thread from ids where id = ?');
  const add = db.prepare(
    'insert into ids (id, thread, message) values (?, ?, ?) on conflict (id) do update set message = coalesce(message, excluded.message)',
  );
  const moveIds = db.prepare('update ids set thread = ? where thread = ?');
  const moveMessages = db.prepare('update messages set thread = ? where thread = ?');
  const threadOf = (id: string): number | undefined => find.get(id)?.['thread'] as number | undefined;

  /** @returns the thread that a message belongs to, which has the number of its first message where it is new */
  return (number: number, message: Message, above: readonly string[]): number => {
    const own = message.messageId;
    const ids = own === '' ? above : [...above, own];
    const known = new Set<number>();
    const fresh: string[] = [];
    for (const id of ids) {
      const thread = threadOf(id);
      if (thread === undefined) fresh.push(id);
      else known.add(thread);
    }
    const thread = known.size === 0 ? number : Math.min(...known);
    for (const other of known) {
      if (other === thread) continue;
      moveIds.run(thread, other);
      moveMessages.run(thread, other);
    }
    for (const id of fresh) add.run(id, thread, id === own ? number : null);
    if (own !== '' && !fresh.includes(own)) add.run(own, thread, number);
    return thread;
  };
};
