import type { DatabaseSync } from 'node:sqlite';
import type { Address } from '../mime/addresses.ts';

/** Addresses that one mailbox receives under several spellings: tags behind `+`, and at Gmail dots, name the same one. */
const mailboxOf = (address: string): string => {
  const lower = address.toLowerCase();
  const at = lower.lastIndexOf('@');
  if (at < 1) return lower;
  const domain = lower.slice(at + 1) === 'googlemail.com' ? 'gmail.com' : lower.slice(at + 1);
  const local = lower.slice(0, at).replace(/(?<=.)\+.*$/, '');
  return `${domain === 'gmail.com' ? local.replaceAll('.', '') : local}@${domain}`;
};

/** @returns numbers of people, by their addresses; a name is the first that was seen, until there is a fuller one */
export const peopleOf = (db: DatabaseSync) => {
  const insert = db.prepare('insert into people (address, name, domain) values (?, ?, ?)');
  const rename = db.prepare('update people set name = ? where id = ?');
  const find = db.prepare('select id, name from people where address = ?');
  const known = new Map<string, { id: number; name: string }>();
  return ({ name, address }: Address): number => {
    const key = mailboxOf(address === '' ? name : address);
    let one = known.get(key);
    if (one === undefined) {
      const row = find.get(key) as { id: number; name: string } | undefined;
      one = row ?? { id: Number(insert.run(key, name, key.slice(key.lastIndexOf('@') + 1)).lastInsertRowid), name };
      if (known.size > 50_000) known.clear();
      known.set(key, one);
    }
    if (name !== one.name && /\s/.test(name) && !/\s/.test(one.name) && !name.includes('@')) {
      one.name = name;
      rename.run(name, one.id);
    }
    return one.id;
  };
};
