import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eml } from './eml.ts';
import { BadArchive, type Broken, type Format, type Found, problemOf } from './found.ts';
import { mbox } from './mbox.ts';
import { msg } from './msg.ts';
import { pst } from './pst.ts';
import { listZip, type Member, readMember } from './zip.ts';

export type Kind = 'mbox' | 'eml' | 'msg' | 'pst' | 'zip';

const FIELD = /^(?:[\x21-\x39\x3b-\x7e]+[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*)/;

/** What a file is, by its beginning; undefined for what holds no mail. */
export const kindOf = (path: string): Kind | undefined => {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.allocUnsafe(4_096);
    const bytes = head.subarray(0, readSync(fd, head, 0, head.length, 0));
    return kindOfBytes(bytes, path);
  } finally {
    closeSync(fd);
  }
};

const kindOfBytes = (bytes: Buffer, name: string): Kind | undefined => {
  const text = bytes.toString('latin1', 0, 4_096);
  if (text.startsWith('!BDN')) return 'pst';
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return 'zip';
  if (text.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return /\.(?:doc|xls|ppt)$/i.test(name) ? undefined : 'msg';
  if (/^\s*From /.test(text)) return 'mbox';
  if (/\.emlx?$/i.test(name) || /\.emlx?[:;!]2,/.test(name)) return 'eml';
  return FIELD.test(text) &&
    /^(?:from|to|subject|date|received|return-path|message-id|mime-version|delivered-to):/im.test(text)
    ? 'eml'
    : undefined;
};

/** Archives in a ZIP archive: members that hold mail, in their order. Positions count messages. */
const zip: Format = {
  *read(path, from) {
    let number = 0;
    for (const member of listZip(path)) {
      for (const found of inMember(path, member)) {
        number++;
        if (number <= from) continue;
        yield 'problem' in found
          ? { ...found, next: number }
          : { ...found, place: `${member.offset}/${found.place}`, next: number };
      }
    }
  },
  readAt(path, place) {
    const slash = place.indexOf('/');
    const member = listZip(path).find(({ offset }) => offset === Number(place.slice(0, slash)));
    if (member === undefined) throw new BadArchive('the archive is another one than it was');
    return asFile(path, member, (file, kind) => formats[kind].readAt(file, place.slice(slash + 1)))!;
  },
};

function* inMember(path: string, member: Member): Generator<Found | Broken> {
  if (/(?:^|\/)(?:__MACOSX|\.)/.test(member.name)) return;
  const folder = member.name.replace(/\/?[^/]*$/, '');
  let found: (Found | Broken)[] = [];
  try {
    found = asFile(path, member, (file, kind) => [...formats[kind].read(file, 0)]) ?? [];
  } catch (error) {
    yield { problem: `${member.name}: ${problemOf(error)}`, next: 0 };
  }
  for (const one of found)
    yield 'problem' in one || one.folder !== undefined || folder === '' ? one : { ...one, folder };
}

/** Unpacks a member that holds mail to where its format can read it. */
const asFile = <T>(
  path: string,
  member: Member,
  use: (file: string, kind: Exclude<Kind, 'zip'>) => T,
): T | undefined => {
  const bytes = readMember(path, member);
  const kind = kindOfBytes(bytes.subarray(0, 4_096), member.name);
  if (kind === undefined || kind === 'zip') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'member-'));
  try {
    const file = join(folder, 'member');
    writeFileSync(file, bytes);
    return use(file, kind);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const formats: Readonly<Record<Kind, Format>> = { mbox, eml, msg, pst, zip };
