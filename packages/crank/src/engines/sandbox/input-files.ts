import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SandboxCall } from './sandbox.ts';

/** Input files of one sandbox's calls: a host folder that it sees as /calls. */
export interface InputFolder {
  readonly path: string;
  /** Puts the files of a call there. `listing`: JSON for the sandbox. */
  place(files: SandboxCall['files']): Promise<{ listing: string; remove(): Promise<void> }>;
  /** May be called more than once. */
  close(): Promise<void>;
}

/**
 * The folder can be entered but not listed, and each call's folder in it has a name that only this call is told: so
 * that a call without files pays nothing, and none sees what another was given.
 *
 * @param path does not exist yet
 * @param foreign whether the sandbox runs as another user than we
 */
export const createInputFolder = async (path: string, foreign: boolean): Promise<InputFolder> => {
  await mkdir(path, { mode: 0o700 });
  await chmod(path, foreign ? 0o711 : 0o300);

  let closing: Promise<void> | undefined;
  const put = async (source: string, target: string): Promise<void> => {
    // A link costs nothing, but has the mode of its source, which the sandbox must be able to read.
    if (!foreign || ((await stat(source)).mode & 0o004) !== 0) {
      try {
        return await link(source, target);
      } catch (error) {
        // Another file system, a file that is not ours, or too many links: a copy does.
        if (!['EXDEV', 'EPERM', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
    await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await chmod(target, 0o444);
  };

  return {
    path,
    place: async (files) => {
      const folder = randomBytes(16).toString('hex');
      const root = `${path}/${folder}`;
      const named = files.map(({ parameter, name }) => {
        const safe = safeName(name);
        return name.includes('/') ? ([parameter, safe, name] as const) : ([parameter, safe] as const);
      });
      const remove = () => rm(root, { recursive: true, force: true });
      try {
        await openFolder(root);
        for (const [i, file] of files.entries()) {
          await openFolder(`${root}/${i}`);
          await put(file.path, `${root}/${i}/${named[i]![1]}`);
        }
      } catch (error) {
        await remove();
        throw error;
      }
      return { listing: JSON.stringify({ folder, files: named }), remove };
    },
    close: () => {
      closing ??= chmod(path, 0o700).then(() => rm(path, { recursive: true, force: true }));
      return closing;
    },
  };
};

const openFolder = async (path: string): Promise<void> => {
  await mkdir(path);
  await chmod(path, 0o755); // whatever our umask is
};

/** The last segment of a name, as a file system takes it: no separators, no control characters, at most 255 bytes. */
const safeName = (name: string): string => {
  let safe = basename(name.replaceAll('\\', '/')).replace(/\p{Cc}/gu, '_');
  while (Buffer.byteLength(safe) > 255) safe = safe.slice(1); // the end has the suffix
  return safe === '' || safe === '.' || safe === '..' ? 'file' : safe;
};
