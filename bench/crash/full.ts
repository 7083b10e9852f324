import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkLog } from './check.ts';
import { startWriter, type Writer } from './kill.ts';

export interface FullReport {
  /** Committed before the disk was full, and after there was room again. */
  before: number;
  after: number;
  refused: Record<string, number>;
  faults: string[];
}

const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (const end = Date.now() + 60_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 20)))
    if (Date.now() > end) throw new Error(`waited a minute for ${what}`);
};

/** Watches a writer refuse and recover, then verifies what is there. */
export const watch = async (
  folder: string,
  writer: Writer,
  break_: () => void,
  mend: () => void | Promise<void>,
): Promise<FullReport> => {
  const faults: string[] = [];
  try {
    return await watched(folder, writer, break_, mend, faults);
  } finally {
    writer.child.kill('SIGKILL');
    await writer.ended;
  }
};

const watched = async (
  folder: string,
  writer: Writer,
  break_: () => void,
  mend: () => void | Promise<void>,
  faults: string[],
): Promise<FullReport> => {
  await until('its first entries', () => writer.acknowledged.length > 20);
  break_();
  await until('a refusal', () => writer.refused.length > 5);
  const before = writer.acknowledged.length;
  await mend();
  await until('its recovery', () => writer.acknowledged.length > before + 20);
  writer.child.kill('SIGKILL');
  await writer.ended;
  const refused: Record<string, number> = {};
  for (const code of writer.refused) refused[code] = (refused[code] ?? 0) + 1;
  for (const code of Object.keys(refused))
    if (code !== 'unavailable') faults.push(`${refused[code]} entries were refused as ${code}, not as unavailable`);
  try {
    await checkLog(folder, writer.acknowledged);
  } catch (error) {
    faults.push((error as Error).message);
  }
  return { before, after: writer.acknowledged.length - before, refused, faults };
};

/** A disk without room (ENOSPC), on a small tmpfs: needs root. @param mount an empty folder */
export const fillDisk = async (mount: string): Promise<FullReport> => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount]);
  try {
    const folder = join(mount, 'data');
    mkdirSync(folder);
    const filler = join(mount, 'filler');
    return await watch(
      folder,
      startWriter(folder),
      () => {
        const { bavail, bsize } = statfsSync(mount);
        // A little stays, so that some writes are cut short before one finds no room at all.
        try {
          writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 300_000)));
        } catch (error) {
          // The writer was faster and took the last of it.
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      },
      () => rmSync(filler),
    );
  } finally {
    execFileSync('umount', ['-l', mount]);
  }
};

/** A limit on the size of files (EFBIG; the write before it is cut short), set from outside while the writer works. */
export const limitFiles = async (folder: string): Promise<FullReport> => {
  const writer = startWriter(folder);
  const limit = (bytes: string): void => {
    execFileSync('prlimit', ['--pid', String(writer.child.pid), `--fsize=${bytes}:unlimited`]);
  };
  await writer.ready;
  return watch(
    folder,
    writer,
    () => limit('200000'),
    () => limit('unlimited'),
  );
};
