import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { BadArchive } from '../found.ts';

/** What a page, a reference and a block look like in one of the three forms of the file (MS-PST §2.2; the third is of Outlook 2013). */
interface Form {
  wide: boolean;
  pageSize: number;
  /** In a page: number of entries, their size, and the level. */
  count: (page: Buffer) => number;
  entrySize: number;
  level: number;
  /** In the header. */
  roots: { nodes: number; blocks: number };
  method: number;
}

const ANSI: Form = {
  wide: false,
  pageSize: 512,
  count: (page) => page[496]!,
  entrySize: 498,
  level: 499,
  roots: { nodes: 0xb8, blocks: 0xc0 },
  method: 0x1cd,
};
const UNICODE: Form = {
  wide: true,
  pageSize: 512,
  count: (page) => page[488]!,
  entrySize: 490,
  level: 491,
  roots: { nodes: 0xd8, blocks: 0xe8 },
  method: 0x201,
};
const LARGE: Form = {
  wide: true,
  pageSize: 4096,
  count: (page) => page.readUInt16LE(4056),
  entrySize: 4060,
  level: 4061,
  roots: { nodes: 0xd8, blocks: 0xe8 },
  method: 0x201,
};

/** What "compressible encryption" turns each byte back into (§5.1). */
const PERMUTED = Buffer.from(
  '47f1b4e60b6a7248854e9eebe2f89453e0bba002e85a09abdbe3bac67cc310dd39059630f53760828cc9134a6b1df3fb8f2697ca911701c4322d6e3195ffd923' +
    'd1005e79dc443b1a28c5615720903d83b943be67d2464276c06d5b7eb20f16293ca903540dda5ddff6b7c762cd8d06d3695c86d614f7a56675acb1e94521700c' +
    '879f74a4224c6fbf1f56aa2eb3783350b0a392bccf191ca763cb1e4d3e4b1b9b4fe7f0eead3ab55904ea40552551e57a893868527bfc27aed7bdfa07f4cc8e5f' +
    'ef359c842b15d5773449b6120a7f7188fd9d18417d93d8582ccefe24afdeb836c8a180a69998a82f0e816573e4c2a28ad4e111d0088b2af2ed9a643fc16cf9ec',
  'hex',
);

export interface Node {
  id: number;
  data: bigint;
  subnodes: bigint;
  parent: number;
}

const MOST_BYTES = 256 * 2 ** 20;
const MOST_PAGES = 2_000;
/** Levels of a tree. */
const MOST_DEEP = 12;

/** The lower two layers of a PST or OST file: nodes with their data (MS-PST §1.3.1). @throws BadArchive */
export class NodeDatabase {
  readonly #fd: number;
  readonly #size: number;
  readonly #form: Form;
  readonly #permuted: boolean;
  readonly #pages = new Map<number, Buffer>();
  readonly #roots: { nodes: number; blocks: number };

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    try {
      this.#size = fstatSync(this.#fd).size;
      const header = this.#at(0, 564);
      const version = header.readUInt16LE(10);
      this.#form = version >= 36 ? LARGE : version >= 23 ? UNICODE : ANSI;
      const method = header[this.#form.method]!;
      if (method > 1)
        throw new BadArchive('it is encrypted in a way that is not supported (only "none" and "compressible" are)');
      this.#permuted = method === 1;
      const { nodes, blocks } = this.#form.roots;
      this.#roots = { nodes: this.#reference(header, nodes).offset, blocks: this.#reference(header, blocks).offset };
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** 4 KiB pages: numbers of places within heaps have other widths there. */
  get large(): boolean {
    return this.#form === LARGE;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** All nodes in order of their numbers. */
  *nodes(): Generator<Node> {
    yield* this.#nodesBelow(this.#roots.nodes, 0);
  }

  /** One node by its number. */
  node(id: number): Node | undefined {
    const entry = this.#find(this.#roots.nodes, BigInt(id));
    return entry === undefined ? undefined : this.#readNode(entry);
  }

  /** Blocks of data (§2.2.2.8), decoded, in order. */
  blocks(id: bigint): Buffer[] {
    if (id === 0n) return [];
    const found: Buffer[] = [];
    this.#gather(id, found, { bytes: 0 }, 0);
    return found;
  }

  /** A node's own nodes by their numbers (§2.2.2.8.3.3). */
  subnodes(id: bigint, found = new Map<number, Node>(), depth = 0): Map<number, Node> {
    if (id === 0n || depth > MOST_DEEP) return found;
    const block = this.#block(id);
    if (block[0] !== 2) throw new BadArchive('a block of subnodes is damaged');
    const { wide } = this.#form;
    const count = block.readUInt16LE(2);
    const leaf = block[1] === 0;
    const word = wide ? 8 : 4;
    const size = word * (leaf ? 3 : 2);
    for (let index = 0, at = wide ? 8 : 4; index < count && at + size <= block.length; index++, at += size) {
      if (!leaf) this.subnodes(this.#word(block, at + word), found, depth + 1);
      else {
        const number = block.readUInt32LE(at);
        found.set(number, {
          id: number,
          data: this.#word(block, at + word),
          subnodes: this.#word(block, at + 2 * word),
          parent: 0,
        });
      }
    }
    return found;
  }

  *#nodesBelow(offset: number, depth: number): Generator<Node> {
    const page = this.#page(offset);
    for (const entry of this.#entries(page)) {
      if (page[this.#form.level] === 0) yield this.#readNode(entry);
      else if (depth < MOST_DEEP)
        yield* this.#nodesBelow(this.#reference(entry, this.#form.wide ? 8 : 4).offset, depth + 1);
    }
  }

  #readNode(entry: Buffer): Node {
    const { wide } = this.#form;
    const word = wide ? 8 : 4;
    return {
      id: entry.readUInt32LE(0),
      data: this.#word(entry, word),
      subnodes: this.#word(entry, 2 * word),
      parent: entry.readUInt32LE(3 * word),
    };
  }

  /** The entry of a tree that has a key: on each level that with the greatest key that is not above it (§2.2.2.7.7). */
  #find(root: number, key: bigint): Buffer | undefined {
    let offset = root;
    for (let depth = 0; depth < MOST_DEEP; depth++) {
      const page = this.#page(offset);
      const leaf = page[this.#form.level] === 0;
      let best: Buffer | undefined;
      for (const entry of this.#entries(page)) {
        const own = this.#word(entry, 0);
        if (leaf ? own === key : own <= key) best = entry;
        if (own > key) break;
      }
      if (best === undefined || leaf) return best;
      offset = this.#reference(best, this.#form.wide ? 8 : 4).offset;
    }
    return undefined;
  }

  #entries(page: Buffer): Buffer[] {
    const { count, entrySize, pageSize } = this.#form;
    const size = page[entrySize]!;
    const number = count(page);
    if (size === 0 || number * size > pageSize) throw new BadArchive('a page of its tables is damaged');
    return Array.from({ length: number }, (_, index) => page.subarray(index * size, index * size + size));
  }

  #gather(id: bigint, into: Buffer[], total: { bytes: number }, depth: number): void {
    const block = this.#block(id);
    if ((id & 2n) === 0n) {
      total.bytes += block.length;
      if (total.bytes > MOST_BYTES) throw new BadArchive(`an item has more than ${MOST_BYTES} bytes`);
      into.push(block);
      return;
    }
    // A block of blocks, or of such (§2.2.2.8.3.2).
    if (block[0] !== 1 || depth > 2) throw new BadArchive('a block of blocks is damaged');
    const word = this.#form.wide ? 8 : 4;
    const count = block.readUInt16LE(2);
    for (let index = 0; index < count; index++)
      this.#gather(this.#word(block, 8 + index * word), into, total, depth + 1);
  }

  #block(id: bigint): Buffer {
    const entry = this.#find(this.#roots.blocks, id & ~1n) ?? this.#find(this.#roots.blocks, id | 1n);
    if (entry === undefined) throw new BadArchive('a block that it names is not there');
    const word = this.#form.wide ? 8 : 4;
    const { offset } = this.#reference(entry, 0);
    const size = entry.readUInt16LE(2 * word);
    let bytes = this.#at(offset, size);
    if (this.large) {
      const inflated = entry.readUInt16LE(2 * word + 2);
      if (inflated !== 0 && inflated !== size) bytes = inflateSync(bytes, { maxOutputLength: 65_536 });
    }
    if (!this.#permuted || (id & 2n) !== 0n) return bytes;
    const plain = Buffer.allocUnsafe(bytes.length);
    for (let at = 0; at < bytes.length; at++) plain[at] = PERMUTED[bytes[at]!]!;
    return plain;
  }

  #page(offset: number): Buffer {
    let page = this.#pages.get(offset);
    if (page === undefined) {
      page = this.#at(offset, this.#form.pageSize);
      if (this.#pages.size >= MOST_PAGES) this.#pages.clear();
      this.#pages.set(offset, page);
    }
    return page;
  }

  #word(bytes: Buffer, at: number): bigint {
    return this.#form.wide ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUInt32LE(at));
  }

  #reference(bytes: Buffer, at: number): { id: bigint; offset: number } {
    const word = this.#form.wide ? 8 : 4;
    return { id: this.#word(bytes, at), offset: Number(this.#word(bytes, at + word)) };
  }

  #at(offset: number, size: number): Buffer {
    if (offset < 0 || offset + size > this.#size) throw new BadArchive('it is cut off, or damaged');
    const bytes = Buffer.allocUnsafe(size);
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, size, offset));
  }
}
