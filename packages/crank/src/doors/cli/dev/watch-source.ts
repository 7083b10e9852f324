import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isLeftOut } from '../read-tree.ts';

/** A change is taken up when nothing more came for so long: editors write in several steps. Milliseconds. */
const QUIET_MS = 25;
/** A burst is taken up after so long, however much is still to come. */
const MOST_MS = 250;

/**
 * Watches a file or a folder, and files beside it. A file is watched through its folder, so that an editor which puts
 * another file in its place is noticed.
 *
 * @param changed called after each burst of changes, with the time of its first, milliseconds since 1970
 * @returns what ends it
 */
export const watchSource = async (
  path: string,
  beside: readonly string[],
  changed: (since: number) => void,
): Promise<() => Promise<void>> => {
  const whole = resolve(path);
  const isFolder = (await stat(whole)).isDirectory();
  const files = new Set([...(isFolder ? [] : [whole]), ...beside.map((one) => resolve(one))]);
  const folders = new Set([...files].map((file) => dirname(file)).filter((folder) => !isWithin(whole, folder)));
  if (isFolder) folders.add(whole);
  const isSource = (file: string): boolean => isFolder && isWithin(whole, file);
  // Loaded here: no other command needs it.
  const { watch } = await import('chokidar');
  const watcher = watch([...folders], {
    ignoreInitial: true,
    // Nothing but what is deployed: other folders beside a file are not even looked into.
    ignored: (file) => {
      if (isSource(file)) return file !== whole && isLeftOut(basename(file));
      return !files.has(file) && !folders.has(file);
    },
  });
  let first: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const since = first!;
    first = undefined;
    changed(since);
  };
  watcher.on('all', (event, file) => {
    if (event === 'addDir' || event === 'unlinkDir' || (!isSource(resolve(file)) && !files.has(resolve(file)))) return;
    const now = Date.now();
    first ??= now;
    clearTimeout(timer);
    timer = setTimeout(tell, Math.min(QUIET_MS, Math.max(0, first + MOST_MS - now)));
  });
  await new Promise<void>((ready) => watcher.once('ready', () => ready()));
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
};

const isWithin = (folder: string, path: string): boolean => path === folder || path.startsWith(join(folder, '/'));
