import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formats, kindOf } from '../archive/formats.ts';
import { BadArchive } from '../archive/found.ts';
import { parseMessage } from '../mime/message.ts';
import { type Message, show } from '../shown.ts';

/**
 * One message, read: subject, people, dates, bodies, attachments, and what is wrong with it.
 * @param file an .eml or .msg file; of an archive its first message
 */
export const parse = async (file: File): Promise<Message> => {
  const bytes = Buffer.from(await file.arrayBuffer());
  const folder = mkdtempSync(join(tmpdir(), 'parse-'));
  try {
    const path = join(folder, 'message');
    writeFileSync(path, bytes);
    const kind = kindOf(path);
    if (kind === undefined || kind === 'eml') return show(parseMessage(bytes));
    for (const found of formats[kind].read(path, 0)) if ('bytes' in found) return show(parseMessage(found.bytes));
    throw new BadArchive(`There is no message in this ${kind} file.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
};
