import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { formats, kindOf } from '../archive/formats.ts';
import { problemOf } from '../archive/found.ts';
import { type ArchiveFile, walk } from '../archive/walk.ts';
import type { Message } from '../mime/message.ts';
import { type IndexWriter, indexWriter } from './writer.ts';

export interface Ingested {
  /** Messages that were added, copies among them. */
  added: number;
  /** Of these, copies of messages that were there. */
  duplicates: number;
  /** Bytes of messages that were read. */
  bytes: number;
  /** Files that were read, those that had nothing new, and those that hold no mail. */
  files: { read: number; unchanged: number; skipped: number };
  /** False where the limit was met: the same call again goes on behind what was kept. */
  done: boolean;
  problems: { file: string; problem: string }[];
}

interface Source {
  id: number;
  size: number;
  head: string;
  next: number;
  done: number;
}

/** Bytes by which a file that grew is known to be the one that it was. */
const HEAD = 64 * 1024;
const MOST_PROBLEMS = 100;
/** Messages between two words about progress. */
const STEP = 200;

export interface IngestOptions {
  /** Where archives and indexes lie: a workspace. */
  base: string;
  /** The index's folder. */
  index: string;
  /** A file or folder of archives, relative to `base`. */
  path: string;
  limit: number;
  classify: (message: Message) => string;
  progress: (fraction: number, message: string) => void;
}

/**
 * Adds what is new at a place to an index: files that were not there, and what came to the end of mboxes that were. Nothing is
 * read twice but the beginnings of files.
 */
export const ingest = ({ base, index, path, limit, classify, progress }: IngestOptions): Ingested => {
  const files = [...walk(base, path)];
  const total = files.reduce((sum, { size }) => sum + size, 0) || 1;
  const writer = indexWriter(index, classify);
  const result: Ingested = {
    added: 0,
    duplicates: 0,
    bytes: 0,
    files: { read: 0, unchanged: 0, skipped: 0 },
    done: true,
    problems: [],
  };
  let before = 0;
  for (const file of files) {
    const say = (at: number): void =>
      progress(Math.min(1, (before + at) / total), `${result.added} messages, ${file.path}`);
    if (!readFile(writer, base, file, limit, result, say)) {
      result.done = false;
      break;
    }
    before += file.size;
  }
  writer.close();
  return result;
};

/** @returns false where the limit was met before the file's end */
const readFile = (
  writer: IndexWriter,
  base: string,
  file: ArchiveFile,
  limit: number,
  result: Ingested,
  say: (at: number) => void,
): boolean => {
  const { db } = writer;
  const path = join(base, file.path);
  const known = sourceOf(db, file.path);
  const head = headOf(path, Math.min(HEAD, known?.size ?? file.size));
  const same = known !== undefined && known.head === head && file.size >= known.size;
  if (same && known.done === 1 && known.size === file.size) {
    result.files.unchanged++;
    return true;
  }
  const kind = kindOf(path);
  if (kind === undefined) {
    result.files.skipped++;
    return true;
  }
  // Only of an mbox it is known that what was read before a position stays before it.
  const from = same && (kind === 'mbox' || known.size === file.size) ? known.next : 0;
  if (result.added >= limit) return false;
  const id = known?.id ?? addSource(db, file.path, kind);
  let next = from;
  let done = 1;
  let problem: string | null = null;
  try {
    for (const found of formats[kind].read(path, from)) {
      next = found.next;
      if ('problem' in found) {
        problem = found.problem;
        note(result, file.path, problem);
        continue;
      }
      if (!writer.add({ ...found, folder: found.folder ?? file.folder }, id)) result.duplicates++;
      result.added++;
      result.bytes += found.bytes.length;
      if (result.added % STEP === 0) say(kind === 'mbox' ? next : file.size / 2);
      if (result.added >= limit) {
        done = kind === 'mbox' && next >= file.size ? 1 : 0;
        break;
      }
    }
  } catch (error) {
    problem = problemOf(error);
    note(result, file.path, problem);
  }
  result.files.read++;
  db.prepare(
    'update sources set size = ?, head = ?, next = ?, done = ?, finding = ?, messages = (select count(*) from messages where source = ?) where id = ?',
  ).run(file.size, headOf(path, Math.min(HEAD, file.size)), next, done, problem, id, id);
  return done === 1;
};

const note = ({ problems }: Ingested, file: string, problem: string): void => {
  if (problems.length < MOST_PROBLEMS) problems.push({ file, problem });
};

const sourceOf = (db: DatabaseSync, path: string): Source | undefined =>
  db.prepare('select id, size, head, next, done from sources where path = ?').get(path) as Source | undefined;

const addSource = (db: DatabaseSync, path: string, kind: string): number =>
  Number(
    db
      .prepare("insert into sources (path, kind, size, head, next, done, messages) values (?, ?, 0, '', 0, 0, 0)")
      .run(path, kind).lastInsertRowid,
  );

const headOf = (path: string, size: number): string => {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(size);
    return createHash('sha256')
      .update(bytes.subarray(0, readSync(fd, bytes, 0, size, 0)))
      .digest('hex');
  } finally {
    closeSync(fd);
  }
};
