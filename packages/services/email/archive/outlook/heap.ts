import { BadArchive } from '../found.ts';
import type { Node, NodeDatabase } from './node-database.ts';
import { type Properties, readValue, type Value } from './properties.ts';

/** The heap in a node, and what is stored in it: lists and tables of properties (MS-PST §2.3). */
export class Heap {
  readonly #database: NodeDatabase;
  readonly #blocks: Buffer[];
  readonly subnodes: Map<number, Node>;
  readonly #root: number;

  constructor(database: NodeDatabase, { data, subnodes }: Node) {
    this.#database = database;
    this.#blocks = database.blocks(data);
    this.subnodes = database.subnodes(subnodes);
    const [first] = this.#blocks;
    if (first === undefined || first[2] !== 0xec) throw new BadArchive('a heap is damaged');
    this.#root = first.readUInt32LE(4);
  }

  /** A list of properties (§2.3.3). */
  properties(): Properties {
    const found = new Map<number, Value>();
    for (const record of this.#records(this.#root)) {
      const type = record.readUInt16LE(2);
      const bytes =
        type === 0x0002 || type === 0x0003 || type === 0x000b
          ? record.subarray(4, 8)
          : this.#stored(record.readUInt32LE(4));
      const value = readValue(type, bytes);
      if (value !== undefined) found.set(record.readUInt16LE(0), value);
    }
    return found;
  }

  /** The rows of a table (§2.3.4). */
  rows(): Properties[] {
    const info = this.#item(this.#root);
    if (info[0] !== 0x7c) throw new BadArchive('a table is damaged');
    const columns = Array.from({ length: info[1]! }, (_, index) => info.subarray(22 + index * 8, 30 + index * 8));
    const rowSize = info.readUInt16LE(8);
    const present = info.readUInt16LE(6);
    const place = info.readUInt32LE(14);
    if (place === 0 || rowSize === 0) return [];
    const node = isHeap(place) ? undefined : this.subnodes.get(place);
    const blocks = isHeap(place) ? [this.#item(place)] : node === undefined ? [] : this.#database.blocks(node.data);
    const rows: Properties[] = [];
    // No row goes over the end of a block.
    for (const block of blocks)
      for (let at = 0; at + rowSize <= block.length; at += rowSize) {
        const row = block.subarray(at, at + rowSize);
        rows.push(this.#row(row, columns, present));
      }
    return rows;
  }

  #row(row: Buffer, columns: readonly Buffer[], present: number): Properties {
    const found = new Map<number, Value>();
    for (const column of columns) {
      const [type, tag, at, size, bit] = [
        column.readUInt16LE(0),
        column.readUInt16LE(2),
        column.readUInt16LE(4),
        column[6]!,
        column[7]!,
      ];
      if (((row[present + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) === 0) continue;
      const cell = row.subarray(at, at + size);
      const inline = type === 0x0002 || type === 0x0003 || type === 0x000b || type === 0x0040;
      const value = readValue(type, inline ? cell : this.#stored(cell.length === 4 ? cell.readUInt32LE(0) : 0));
      if (value !== undefined) found.set(tag, value);
    }
    return found;
  }

  /** What is in the heap, or in a node of this node's own. */
  #stored(place: number): Buffer {
    if (place === 0) return Buffer.alloc(0);
    if (isHeap(place)) return this.#item(place);
    const node = this.subnodes.get(place);
    return node === undefined ? Buffer.alloc(0) : Buffer.concat(this.#database.blocks(node.data));
  }

  /** An item of the heap by its number: 11 bits of index, 16 of block; with large pages 14 and 13 (§2.3.1.1). */
  #item(place: number): Buffer {
    const bits = this.#database.large ? 14 : 11;
    const index = (place >>> 5) & ((1 << bits) - 1);
    const block = this.#blocks[place >>> (5 + bits)];
    if (block === undefined || index === 0) return Buffer.alloc(0);
    const map = block.readUInt16LE(0);
    if (index > block.readUInt16LE(map)) return Buffer.alloc(0);
    const at = map + 4 + (index - 1) * 2;
    return block.subarray(block.readUInt16LE(at), block.readUInt16LE(at + 2));
  }

  /** Records of a tree on the heap (§2.3.2), keys in front. */
  #records(root: number): Buffer[] {
    const header = this.#item(root);
    if (header[0] !== 0xb5) throw new BadArchive('a list of properties is damaged');
    const [key, data, levels] = [header[1]!, header[2]!, header[3]!];
    const found: Buffer[] = [];
    const below = (place: number, level: number): void => {
      const list = this.#item(place);
      const size = level === 0 ? key + data : key + 4;
      for (let at = 0; at + size <= list.length; at += size) {
        if (level === 0) found.push(list.subarray(at, at + size));
        else below(list.readUInt32LE(at + key), level - 1);
      }
    };
    if (levels < 8) below(header.readUInt32LE(4), levels);
    return found;
  }
}

/** A place in the heap; others are numbers of nodes (§2.3.3.2). */
const isHeap = (place: number): boolean => (place & 0x1f) === 0;
