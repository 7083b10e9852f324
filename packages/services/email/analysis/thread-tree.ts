import type { DatabaseSync } from 'node:sqlite';
import { baseSubject } from '../index/subject.ts';

export interface ThreadMessage {
  number: number;
  /** Of the message that it answers; null for those that begin the thread, or answer what is not there. */
  answers: number | null;
  depth: number;
  subject: string;
  from: string;
  date: string | null;
  messageId: string;
}

interface Row {
  id: number;
  message_id: string;
  parent: string | null;
  subject: string;
  date: number | null;
  address: string | null;
}

/**
 * A thread as a tree, parents before their answers, in order of dates (after J. Zawinski's algorithm, of which the index has done the
 * first half: what belongs together). Where the parent is not there and no other either, an answer goes below the message of the
 * thread that began its subject.
 */
export const threadTree = (db: DatabaseSync, thread: number): ThreadMessage[] => {
  const rows = db
    .prepare(
      'select m.id, m.message_id, m.parent, m.subject, m.date, p.address from messages m left join people p on p.id = m.sender where m.thread = ? and m.duplicate_of is null order by coalesce(m.date, 9e15), m.id',
    )
    .all(thread) as unknown as Row[];
  const byId = new Map<string, Row>();
  for (const row of rows) if (row.message_id !== '' && !byId.has(row.message_id)) byId.set(row.message_id, row);
  const parents = new Map<number, number>();
  const above = (number: number, other: number): boolean => {
    for (let at: number | undefined = other; at !== undefined; at = parents.get(at)) if (at === number) return true;
    return false;
  };
  const begun = new Map<string, number>();
  for (const row of rows) {
    const named = row.parent === null ? undefined : byId.get(row.parent)?.id;
    const base = baseSubject(row.subject);
    const parent = named ?? (row.parent === null ? undefined : begun.get(base));
    // References that go in a circle: the later one begins anew.
    if (parent !== undefined && parent !== row.id && !above(row.id, parent)) parents.set(row.id, parent);
    if (!begun.has(base)) begun.set(base, row.id);
  }
  const children = new Map<number | null, Row[]>();
  for (const row of rows) {
    const parent = parents.get(row.id) ?? null;
    children.set(parent, [...(children.get(parent) ?? []), row]);
  }
  const found: ThreadMessage[] = [];
  const stack = (children.get(null) ?? []).map((row) => ({ row, depth: 0 })).reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { row, depth } = next;
    found.push({
      number: row.id,
      answers: parents.get(row.id) ?? null,
      depth,
      subject: row.subject,
      from: row.address ?? '',
      date: row.date === null ? null : new Date(row.date).toISOString(),
      messageId: row.message_id,
    });
    for (const child of [...(children.get(row.id) ?? [])].reverse()) stack.push({ row: child, depth: depth + 1 });
  }
  return found;
};
