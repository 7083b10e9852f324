/** What a process did to its files, in the order in which it was done. */
export type FileOp =
  | { op: 'write'; path: string; at: number | undefined; bytes: Buffer }
  | { op: 'truncate'; path: string; size: number }
  /** `upTo`: how many operations had been done when it began; it covers those. */
  | { op: 'sync'; path: string; upTo: number }
  | { op: 'create' | 'unlink' | 'mkdir' | 'rmdir'; path: string }
  | { op: 'rename' | 'link'; path: string; to: string }
  | { op: 'acknowledge'; id: string };

/** Calls that `strace` has to record. */
export const CALLS = [
  ...['openat', 'write', 'pwrite64', 'writev', 'pwritev', 'ftruncate', 'fsync', 'fdatasync', 'rename', 'renameat2'],
  ...['unlink', 'unlinkat', 'link', 'mkdir', 'rmdir'],
].join(',');

const unhex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
const strings = (text: string): string[] =>
  [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?/g)].map(([, hex, cut]) => {
    if (cut !== undefined) throw new Error('strace cut a string: give it a larger -s');
    return hex!;
  });
const pathOf = (text: string): string => unhex(text).toString();

/**
 * Reads what `strace -f -y -xx -s 1000000 -e trace=CALLS` wrote. Calls that another thread interrupted are put together; a
 * write counts when it ended, a sync for what had been written when it began.
 *
 * @param folder only what is below it is kept
 */
export const readTrace = (text: string, folder: string): FileOp[] => {
  const ops: FileOp[] = [];
  const open = new Map<string, { text: string; begun: number }>();
  const add = (call: string, begun: number): void => {
    const match = /^(\w+)\((.*)\)\s+= (-?\d+)/s.exec(call);
    if (match === null || Number(match[3]) < 0) return;
    const [, name, args, result] = match as unknown as [string, string, string, string];
    // A descriptor with its path: 21</tmp/x/crank.db>
    const fd = /^(\d+)<([^>]*)>/.exec(args);
    const file = fd === null ? '' : fd[2]!.includes('\\x') ? pathOf(fd[2]!) : fd[2]!;
    const here = (path: string): boolean => path.startsWith(folder);
    switch (name) {
      case 'write':
      case 'pwrite64': {
        if (name === 'write' && fd?.[1] === '1') {
          const said = pathOf(strings(args)[0]!).trim();
          if (said.startsWith('e')) ops.push({ op: 'acknowledge', id: said });
        } else if (here(file)) {
          const bytes = unhex(strings(args)[0]!).subarray(0, Number(result));
          const at = name === 'write' ? undefined : Number(/, (\d+)$/.exec(args)![1]);
          ops.push({ op: 'write', path: file, at, bytes });
        }
        return;
      }
      case 'writev':
      case 'pwritev':
        if (here(file)) throw new Error(`${name} of a file is not understood`);
        return;
      case 'ftruncate':
        if (here(file)) ops.push({ op: 'truncate', path: file, size: Number(/, (\d+)$/.exec(args)![1]) });
        return;
      case 'fsync':
      case 'fdatasync':
        if (here(file)) ops.push({ op: 'sync', path: file, upTo: begun });
        return;
      case 'openat': {
        const path = pathOf(strings(args)[0]!);
        if (!here(path) || !args.includes('O_CREAT')) return;
        ops.push({ op: 'create', path });
        if (args.includes('O_TRUNC')) ops.push({ op: 'truncate', path, size: 0 });
        return;
      }
      default: {
        const [path, to] = strings(args).map(pathOf);
        if (path === undefined || !here(path)) return;
        if (name === 'link') ops.push({ op: 'link', path, to: to! });
        else if (name.startsWith('rename')) ops.push({ op: 'rename', path, to: to! });
        else if (name === 'unlinkat') ops.push({ op: args.includes('AT_REMOVEDIR') ? 'rmdir' : 'unlink', path });
        else ops.push({ op: name as 'unlink' | 'mkdir' | 'rmdir', path });
      }
    }
  };
  for (const line of text.split('\n')) {
    const match = /^(\d+)\s+(.*)$/s.exec(line);
    if (match === null) continue;
    const [, thread, rest] = match as unknown as [string, string, string];
    if (rest.endsWith('<unfinished ...>')) {
      open.set(thread, { text: rest.slice(0, -'<unfinished ...>'.length).trimEnd(), begun: ops.length });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(rest);
    if (resumed === null) {
      add(rest, ops.length);
      continue;
    }
    const begun = open.get(thread);
    open.delete(thread);
    if (begun !== undefined) add(begun.text + resumed[1], begun.begun);
  }
  return ops;
};
