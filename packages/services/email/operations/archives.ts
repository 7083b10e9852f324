import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { classify } from '../analysis/classify.ts';
import type { Context } from '../context.ts';
import { type Ingested, ingest as ingestInto } from '../index/ingest.ts';
import { indexFolder, openIndex, within, workspace } from '../workspace.ts';
import { WrongInput } from '../wrong-input.ts';

/**
 * Adds to an index what is new in archives: mbox, Maildir, .eml, .msg, PST, OST, and zipped sets of them.
 * @param archive is kept in the workspace as `archives/NAME`; larger ones are put there first, with `crank workspace put`
 * @param path a file or folder in the workspace; all of it where neither this nor an archive is given
 * @param index the name of the index that it goes to, made where it is not there
 * @param limit messages that one call adds at most; calling again goes on behind them
 */
export const ingest = async (
  archive?: File,
  path = '',
  index = 'mail',
  limit = 50_000,
  context?: Context,
): Promise<Ingested> => {
  const base = workspace();
  const from = archive === undefined ? within(path) : await keep(archive);
  if (from !== '' && !existsSync(join(base, from)))
    throw new WrongInput(`There is no ${from} in the workspace "mail".`, 'path');
  return ingestInto({
    base,
    index: indexFolder(index),
    path: from,
    limit,
    classify,
    progress: (fraction, message) => context?.progress(fraction, message),
  });
};

/** Stores an archive as it came: what was found in it can be held against it at any time. */
const keep = async (archive: File): Promise<string> => {
  const name =
    archive.name
      .replace(/^.*[/\\]/, '')
      .replace(/[^\w.@ +-]/g, '_')
      .replace(/^\.+/, '') || 'archive';
  const path = join('archives', name);
  mkdirSync(join(workspace(), 'archives'), { recursive: true });
  await pipeline(Readable.fromWeb(archive.stream() as never), createWriteStream(join(workspace(), path)));
  return path;
};

export interface Source {
  path: string;
  kind: string;
  bytes: number;
  messages: number;
  /** False where a limit was met before its end. */
  done: boolean;
  problem: string | null;
}

/** The files that an index was made of. */
export const sources = (index = 'mail'): Source[] => {
  const { db } = openIndex(index);
  const rows = db
    .prepare('select path, kind, size as bytes, messages, done, finding as problem from sources order by path')
    .all();
  return rows.map((row) => ({ ...(row as unknown as Source), done: row['done'] === 1 }));
};
