import { readFileSync, statSync } from 'node:fs';
import { BadArchive } from '../found.ts';

export interface Entry {
  name: string;
  isStorage: boolean;
  size: number;
  start: number;
  children: Entry[];
}

const END = 0xfffffffa;
const MOST = 256 * 2 ** 20;

/** A compound file (MS-CFB): folders ("storages") and files ("streams") in one. @throws BadArchive */
export class CompoundFile {
  readonly #bytes: Buffer;
  readonly #shift: number;
  readonly #fat: number[] = [];
  readonly #mini: Buffer;
  readonly #miniFat: number[] = [];
  readonly #cutoff: number;
  readonly root: Entry;

  constructor(path: string) {
    if (statSync(path).size > MOST) throw new BadArchive(`it has more than ${MOST} bytes`);
    const bytes = readFileSync(path);
    if (bytes.length < 512 || bytes.readBigUInt64BE(0) !== 0xd0cf11e0a1b11ae1n)
      throw new BadArchive('it is no compound file');
    this.#bytes = bytes;
    this.#shift = bytes.readUInt16LE(30);
    if (this.#shift !== 9 && this.#shift !== 12) throw new BadArchive('its sectors are of no size that there is');
    this.#cutoff = bytes.readUInt32LE(56);
    // The first 109 sectors of the table are named in the header, others in a chain (§2.5).
    const sectors = Array.from({ length: 109 }, (_, index) => bytes.readUInt32LE(76 + index * 4));
    for (let next = bytes.readUInt32LE(68), left = 10_000; next < END && left > 0; left--) {
      const sector = this.#sector(next);
      for (let at = 0; at < sector.length - 4; at += 4) sectors.push(sector.readUInt32LE(at));
      next = sector.readUInt32LE(sector.length - 4);
    }
    for (const number of sectors) if (number < END) numbers(this.#sector(number), this.#fat);
    numbers(this.#chain(bytes.readUInt32LE(60)), this.#miniFat);
    const entries = this.#entries(this.#chain(bytes.readUInt32LE(48)));
    const [root] = entries;
    if (root === undefined) throw new BadArchive('it has no root');
    this.#mini = this.#chain(root.start).subarray(0, root.size);
    this.root = root;
  }

  /** A stream's bytes. */
  read({ start, size }: Entry): Buffer {
    if (size >= this.#cutoff) return this.#chain(start, size).subarray(0, size);
    const pieces: Buffer[] = [];
    for (let next = start, left = Math.ceil(size / 64); left > 0 && next < END; left--) {
      pieces.push(this.#mini.subarray(next * 64, next * 64 + 64));
      next = this.#miniFat[next] ?? END;
    }
    return Buffer.concat(pieces).subarray(0, size);
  }

  #sector(number: number): Buffer {
    const at = (number + 1) << this.#shift;
    const size = 1 << this.#shift;
    if (at < 0 || at >= this.#bytes.length) throw new BadArchive('it is cut off');
    const sector = this.#bytes.subarray(at, at + size);
    return sector.length === size ? sector : Buffer.concat([sector, Buffer.alloc(size - sector.length)]);
  }

  #chain(start: number, size = MOST): Buffer {
    const pieces: Buffer[] = [];
    let total = 0;
    // A chain that comes back to itself ends where the file would.
    for (let next = start; next < END && total < size && total <= this.#bytes.length; ) {
      const sector = this.#sector(next);
      pieces.push(sector);
      total += sector.length;
      next = this.#fat[next] ?? END;
    }
    return Buffer.concat(pieces);
  }

  /** The directory (§2.6): each storage's children are a tree of siblings. */
  #entries(directory: Buffer): Entry[] {
    const count = Math.floor(directory.length / 128);
    const entries = Array.from(
      { length: count },
      (_, index): Entry & { left: number; right: number; child: number } => {
        const at = directory.subarray(index * 128, index * 128 + 128);
        return {
          name: at.toString('utf16le', 0, Math.max(0, Math.min(64, at.readUInt16LE(64)) - 2)),
          isStorage: at[66] !== 2,
          left: at.readUInt32LE(68),
          right: at.readUInt32LE(72),
          child: at.readUInt32LE(76),
          start: at.readUInt32LE(116),
          size: at.readUInt32LE(120),
          children: [],
        };
      },
    );
    const seen = new Set<number>();
    for (const entry of entries) {
      const queue = [entry.child];
      for (let number = queue.pop(); number !== undefined; number = queue.pop()) {
        const child = entries[number];
        if (child === undefined || seen.has(number)) continue;
        seen.add(number);
        entry.children.push(child);
        queue.push(child.left, child.right);
      }
    }
    return entries;
  }
}

const numbers = (sector: Buffer, into: number[]): void => {
  for (let at = 0; at + 4 <= sector.length; at += 4) into.push(sector.readUInt32LE(at));
};
