import { rm } from 'node:fs/promises';

/** Deletes files that may already be gone. */
export const removeFiles = async (paths: readonly string[]): Promise<void> => {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
};
