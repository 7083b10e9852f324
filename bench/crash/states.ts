import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../http-fuzz/random.ts';
import type { FileOp } from './trace.ts';

/** Disks write whole sectors; what is torn is torn between them. */
const SECTOR = 512;

export interface CrashState {
  /** Ids acknowledged before the power went. */
  acknowledged: string[];
  /** Writes that had not been synced, and how many of them were lost or torn. */
  unsynced: number;
  lost: number;
}

interface Inode {
  bytes: Buffer;
  /** Changes since the last sync, by number of operation. */
  pending: { n: number; op: Extract<FileOp, { op: 'write' | 'truncate' }>; at: number }[];
  size: number;
}

const apply = (bytes: Buffer, op: { at: number; bytes: Uint8Array } | { size: number }): Buffer => {
  if ('size' in op) {
    const cut = Buffer.alloc(op.size);
    bytes.copy(cut, 0, 0, Math.min(op.size, bytes.length));
    return cut;
  }
  const end = op.at + op.bytes.length;
  const grown = end > bytes.length ? Buffer.concat([bytes, Buffer.alloc(end - bytes.length)]) : Buffer.from(bytes);
  grown.set(op.bytes, op.at);
  return grown;
};

/**
 * What a disk may hold where the power fails behind the first `count` operations: what was synced; of what was not,
 * each write by itself whole, torn or lost. Names (new, renamed, removed) that no sync of their folder made durable are
 * lost from some point on, for file systems keep their order.
 *
 * @param folder where the operations were done
 * @param to where the state is made, an empty folder
 */
export const makeState = (
  ops: readonly FileOp[],
  count: number,
  folder: string,
  to: string,
  random: Random,
): CrashState => {
  const state: CrashState = { acknowledged: [], unsynced: 0, lost: 0 };
  // Names: how far they are durable is known before anything is done.
  const isName = (op: FileOp): boolean => ['create', 'unlink', 'rename', 'link'].includes(op.op);
  const synced = new Map<string, number>();
  for (const op of ops.slice(0, count))
    if (op.op === 'sync') synced.set(op.path, Math.max(synced.get(op.path) ?? 0, op.upTo));
  const isDurable = (op: FileOp, n: number): boolean =>
    'path' in op && n < (synced.get(dirname('to' in op ? op.to : op.path)) ?? 0);
  const names = ops.slice(0, count).filter((op, n) => isName(op) && !isDurable(op, n)).length;
  let keptNames = random.below(names + 1);

  const live = new Map<string, Inode>();
  const onDisk = new Map<string, Inode>();
  const newInode = (): Inode => ({ bytes: Buffer.alloc(0), pending: [], size: 0 });
  for (const [n, op] of ops.slice(0, count).entries()) {
    if (op.op === 'acknowledge') {
      state.acknowledged.push(op.id);
      continue;
    }
    if (isName(op)) {
      const survives = isDurable(op, n) || keptNames-- > 0;
      for (const [tree, does] of [
        [live, true],
        [onDisk, survives],
      ] as const) {
        if (!does) continue;
        if (op.op === 'create' && !tree.has(op.path)) tree.set(op.path, live.get(op.path) ?? newInode());
        if (op.op === 'unlink') tree.delete(op.path);
        if (op.op === 'link') {
          const inode = tree.get(op.path) ?? live.get(op.path);
          if (inode !== undefined) tree.set(op.to, inode);
        }
        if (op.op === 'rename') {
          // The new name is durable: so is what it stands for, under whatever name it was made.
          const inode = tree.get(op.path) ?? (tree === onDisk ? live.get(op.to) : undefined);
          if (inode !== undefined) tree.set(op.to, inode);
          tree.delete(op.path);
        }
      }
      continue;
    }
    const inode = 'path' in op ? live.get(op.path) : undefined;
    if (inode === undefined) continue;
    if (op.op === 'write') {
      const at = op.at ?? inode.size;
      inode.pending.push({ n, op, at });
      inode.size = Math.max(inode.size, at + op.bytes.length);
    } else if (op.op === 'truncate') {
      inode.pending.push({ n, op, at: 0 });
      inode.size = op.size;
    } else if (op.op === 'sync') {
      for (const { op: change, at } of inode.pending.filter((pending) => pending.n < op.upTo))
        inode.bytes = apply(inode.bytes, change.op === 'write' ? { at, bytes: change.bytes } : change);
      inode.pending = inode.pending.filter((pending) => pending.n >= op.upTo);
    }
  }
  for (const [path, inode] of onDisk) {
    let { bytes } = inode;
    for (const { op, at } of inode.pending) {
      state.unsynced++;
      const fate = random.pick(['lost', 'whole', 'torn'] as const);
      if (fate === 'lost') {
        state.lost++;
        continue;
      }
      if (op.op === 'truncate') bytes = apply(bytes, op);
      else if (fate === 'whole') bytes = apply(bytes, { at, bytes: op.bytes });
      else {
        state.lost++;
        // Sectors of one write reach the disk in any order.
        for (let from = 0; from < op.bytes.length; from += SECTOR)
          if (random.below(2) === 0)
            bytes = apply(bytes, { at: at + from, bytes: op.bytes.subarray(from, from + SECTOR) });
      }
    }
    const target = join(to, path.slice(folder.length));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes, { mode: 0o600 });
  }
  return state;
};
