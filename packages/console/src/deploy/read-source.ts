/** What is to be deployed. */
export interface Source {
  files: { path: string; file: File }[];
  /** Its name, where a folder was given. */
  folder: string | undefined;
}

/** No source, and often large. */
const LEFT_OUT = /^(?:\..*|__pycache__|node_modules|venv|.*\.pyc)$/;

/** Files that were dropped or chosen, with their paths: a folder is read with all that is in it, but for what tools leave there. */
export const readSource = async (files: readonly File[], entries: readonly FileSystemEntry[]): Promise<Source> => {
  const folders = entries.filter((one): one is FileSystemDirectoryEntry => one.isDirectory);
  if (folders.length === 1 && entries.length === 1)
    return { files: await filesIn(folders[0]!, ''), folder: folders[0]!.name };
  if (folders.length > 0) {
    const all = await Promise.all(entries.map((one) => read(one, one.name)));
    return { files: all.flat(), folder: undefined };
  }
  const paths = files.map((file) => ({ file, parts: (file.webkitRelativePath || file.name).split('/') }));
  const folder = paths[0] !== undefined && paths[0].parts.length > 1 ? paths[0].parts[0] : undefined;
  return {
    folder,
    files: paths.flatMap(({ file, parts }) => {
      const path = folder === undefined ? parts : parts.slice(1);
      return path.some((part) => LEFT_OUT.test(part)) ? [] : [{ file, path: path.join('/') }];
    }),
  };
};

const read = async (entry: FileSystemEntry, path: string): Promise<Source['files']> => {
  if (LEFT_OUT.test(entry.name)) return [];
  if (entry.isDirectory) return filesIn(entry as FileSystemDirectoryEntry, `${path}/`);
  const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
  return [{ path, file }];
};

const filesIn = async (folder: FileSystemDirectoryEntry, prefix: string): Promise<Source['files']> => {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  // It gives a hundred at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map((one) => read(one, prefix + one.name)))).flat();
};
