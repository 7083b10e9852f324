import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { formats, type Kind } from './archive/formats.ts';
import { catalogPath, openToRead } from './index/catalog.ts';
import { type Message, parseMessage } from './mime/message.ts';
import { WrongInput } from './wrong-input.ts';

/** Where indexes lie in the workspace; never read as mail. */
const INDEXES = '.email-index';

/** The workspace `mail`. @throws Error outside of a call that was granted it */
export const workspace = (): string => {
  const path = process.env['CRANK_WORKSPACE_MAIL'];
  if (path === undefined)
    throw new Error('This operation works on the workspace "mail", which this call was not given.');
  return path;
};

export const indexFolder = (index: string): string => {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(index))
    throw new WrongInput('The name of an index is of lower case letters, digits and "-", at most 64.', 'index');
  return join(workspace(), INDEXES, index);
};

/** A path within the workspace. @throws WrongInput for one that leads out of it, or to the indexes */
export const within = (path: string): string => {
  const normal = normalize(path).replace(/^\/+|\/+$/g, '');
  if (normal === '..' || normal.startsWith('../') || normal.split('/').includes(INDEXES) || path.includes('\0'))
    throw new WrongInput(`${JSON.stringify(path)} is no path within the workspace.`, 'path');
  return normal === '.' ? '' : normal;
};

/** An index that is there, with its folder. */
export const openIndex = (index: string): { db: DatabaseSync; folder: string } => {
  const folder = indexFolder(index);
  if (!existsSync(catalogPath(folder)))
    throw new WrongInput(
      `There is no index ${JSON.stringify(index)} in the workspace: make one with email.ingest.`,
      'index',
    );
  return { db: openToRead(folder), folder };
};

/** A message's bytes, from the archive that it came in. */
export const bytesOf = (db: DatabaseSync, number: number): Buffer => {
  const row = db
    .prepare('select m.place, s.path, s.kind from messages m join sources s on s.id = m.source where m.id = ?')
    .get(number) as { place: string; path: string; kind: Kind } | undefined;
  if (row === undefined) throw new WrongInput(`There is no message ${number} in this index.`, 'number');
  const path = join(workspace(), row.path);
  if (!existsSync(path))
    throw new WrongInput(`Message ${number} is in ${row.path}, which is not in the workspace any more.`);
  return formats[row.kind].readAt(path, row.place);
};

export const messageOf = (db: DatabaseSync, number: number): Message => parseMessage(bytesOf(db, number));
