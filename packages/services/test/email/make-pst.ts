/** What a PST file is made of here: property number and value of each message, its recipients and attachments. */
export type Given = Record<number, string | number | Date | Buffer>;
export interface GivenMessage {
  properties: Given;
  recipients: Given[];
  attachments: Given[];
}

const word = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const short = (...values: number[]): Buffer =>
  Buffer.concat(values.map((value) => Buffer.from([value & 255, value >> 8])));
const long = (value: number): Buffer =>
  Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255]);

const typed = (value: Given[number]): { type: number; bytes: Buffer } => {
  if (typeof value === 'number') return { type: 3, bytes: long(value) };
  if (typeof value === 'string') return { type: 0x1f, bytes: Buffer.from(value, 'utf16le') };
  if (value instanceof Date)
    return { type: 0x40, bytes: word((BigInt(value.getTime()) + 11_644_473_600_000n) * 10_000n) };
  return { type: 0x102, bytes: value };
};

/** A heap with its items (MS-PST §2.3.1); the first is its root. */
const heap = (kind: number, items: readonly Buffer[]): Buffer => {
  const offsets = [12];
  for (const item of items) offsets.push(offsets.at(-1)! + item.length);
  const end = offsets.at(-1)!;
  const pad = end % 2;
  return Buffer.concat([
    short(end + pad),
    Buffer.from([0xec, kind]),
    long(0x20),
    Buffer.alloc(4),
    ...items,
    Buffer.alloc(pad),
    short(items.length, 0, ...offsets),
  ]);
};
const place = (item: number): Buffer => long((item + 1) << 5);

/** A list of properties (§2.3.3). */
const list = (given: Given): Buffer => {
  const values: Buffer[] = [];
  const records = Object.entries(given).map(([tag, value]) => {
    const { type, bytes } = typed(value);
    if (type === 3) return Buffer.concat([short(Number(tag), type), bytes]);
    values.push(bytes);
    return Buffer.concat([short(Number(tag), type), place(values.length + 1)]);
  });
  return heap(0xbc, [Buffer.concat([Buffer.from([0xb5, 2, 6, 0]), place(1)]), Buffer.concat(records), ...values]);
};

/** A table whose rows all have the same columns (§2.3.4). */
const table = (rows: readonly Given[]): Buffer => {
  const tags = Object.keys(rows[0]!).map(Number);
  const size = 4 * tags.length + 1;
  const values: Buffer[] = [];
  const cells = rows.map((row) =>
    Buffer.concat([
      ...tags.map((tag) => {
        const { type, bytes } = typed(row[tag]!);
        if (type === 3) return bytes;
        values.push(bytes);
        return place(values.length + 1);
      }),
      Buffer.from([0xff]),
    ]),
  );
  const columns = tags.map((tag, at) =>
    Buffer.concat([short(typed(rows[0]![tag]!).type, tag, at * 4), Buffer.from([4, at])]),
  );
  const edges = short(size - 1, size - 1, size - 1, size);
  const info = Buffer.concat([Buffer.from([0x7c, tags.length]), edges, long(0), place(1), long(0), ...columns]);
  return heap(0x7c, [info, Buffer.concat(cells), ...values]);
};

/** A PST file of Unicode form, without encryption, with one folder. */
export const makePst = (folder: string, messages: readonly GivenMessage[]): Buffer => {
  const blocks: { id: number; bytes: Buffer }[] = [];
  const nodes: { id: number; data: number; sub: number; parent: number }[] = [];
  const block = (bytes: Buffer, inner = false): number => {
    const id = (blocks.length + 1) * 4 + (inner ? 2 : 0);
    blocks.push({ id, bytes });
    return id;
  };
  nodes.push({ id: 0x8022, data: block(list({ 12289: folder })), sub: 0, parent: 0x122 });
  for (const [at, { properties, recipients, attachments }] of messages.entries()) {
    const subs: Buffer[] = [];
    if (recipients.length > 0) subs.push(Buffer.concat([word(0x692), word(block(table(recipients))), word(0)]));
    for (const [number, attachment] of attachments.entries())
      subs.push(Buffer.concat([word(0x8005 + number * 32), word(block(list(attachment))), word(0)]));
    const sub =
      subs.length === 0 ? 0 : block(Buffer.concat([Buffer.from([2, 0]), short(subs.length), long(0), ...subs]), true);
    nodes.push({ id: 0x200004 + at * 32, data: block(list(properties)), sub, parent: 0x8022 });
  }
  let offset = 0x4600;
  const placed = blocks.map(({ id, bytes }) => {
    const start = offset;
    offset += Math.ceil((bytes.length + 16) / 64) * 64;
    return { id, bytes, start };
  });
  const page = (entries: readonly Buffer[], size: number): Buffer => {
    const bytes = Buffer.alloc(512);
    Buffer.concat(entries).copy(bytes);
    bytes.set([entries.length, Math.floor(488 / size), size, 0], 488);
    return bytes;
  };
  const file = Buffer.alloc(offset);
  file.write('!BDN', 'latin1');
  file.writeUInt16LE(23, 10);
  word(0x4200).copy(file, 0xe0);
  word(0x4400).copy(file, 0xf0);
  page(
    nodes.map(({ id, data, sub, parent }) => Buffer.concat([word(id), word(data), word(sub), long(parent), long(0)])),
    32,
  ).copy(file, 0x4200);
  page(
    placed.map(({ id, bytes, start }) => Buffer.concat([word(id), word(start), short(bytes.length, 2), long(0)])),
    24,
  ).copy(file, 0x4400);
  for (const { bytes, start } of placed) bytes.copy(file, start);
  return file;
};
