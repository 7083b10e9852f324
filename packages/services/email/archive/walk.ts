import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a Maildir, or of other mailboxes, that hold no mail. */
const NO_MAIL =
  /^(?:\.DS_Store|\.email-index|Thumbs\.db|desktop\.ini|dovecot.*|subscriptions|maildirfolder|courierimap.*|\.nnmaildir|.*\.msf)$/;

export interface ArchiveFile {
  /** Relative to where the walk began. */
  path: string;
  size: number;
  /** `INBOX/Sent` for `INBOX/Sent/cur/1234:2,S`, `.Work.Old/cur/...` of Maildir++, or a folder of exported mail. */
  folder: string;
}

/** Files below a place, or the one that stands there, in an order that stays. Links are not followed; `tmp` of a Maildir is not mail yet. */
export function* walk(base: string, path: string): Generator<ArchiveFile> {
  const status = lstatSync(join(base, path));
  if (status.isFile()) yield { path, size: status.size, folder: folderOf(path) };
  if (!status.isDirectory()) return;
  const names = readdirSync(join(base, path)).sort();
  const isMaildir = names.includes('cur') && names.includes('new');
  for (const name of names)
    if (!NO_MAIL.test(name) && !(isMaildir && name === 'tmp')) yield* walk(base, join(path, name));
}

const folderOf = (path: string): string =>
  path
    .split('/')
    .slice(0, -1)
    .filter((part, at, all) => !(at === all.length - 1 && (part === 'cur' || part === 'new')))
    .map((part) => (part.startsWith('.') && part.length > 1 ? part.slice(1).replaceAll('.', '/') : part))
    .join('/');
