import type { Given } from './make-pst.ts';

const SECTOR = 512;

interface Stream {
  name: string;
  bytes: Buffer;
}
interface Storage {
  name: string;
  children: (Stream | Storage)[];
}

const streamsOf = (given: Given, header: number): Stream[] => {
  const fixed: Buffer[] = [];
  const streams: Stream[] = [];
  for (const [tag, value] of Object.entries(given)) {
    const entry = Buffer.alloc(16);
    entry.writeUInt16LE(Number(tag), 2);
    const code = Number(tag).toString(16).toUpperCase().padStart(4, '0');
    if (typeof value === 'number') {
      entry.writeUInt16LE(3, 0);
      entry.writeInt32LE(value, 8);
      fixed.push(entry);
    } else if (value instanceof Date) {
      entry.writeUInt16LE(0x40, 0);
      entry.writeBigUInt64LE((BigInt(value.getTime()) + 11_644_473_600_000n) * 10_000n, 8);
      fixed.push(entry);
    } else if (typeof value === 'string')
      streams.push({ name: `__substg1.0_${code}001F`, bytes: Buffer.from(value, 'utf16le') });
    else streams.push({ name: `__substg1.0_${code}0102`, bytes: value });
  }
  return [...streams, { name: '__properties_version1.0', bytes: Buffer.concat([Buffer.alloc(header), ...fixed]) }];
};

/** A message as Outlook saves it (MS-OXMSG), every stream padded so that none needs the short sectors of MS-CFB. */
export const makeMsg = (properties: Given, recipients: readonly Given[], attachments: readonly Given[]): Buffer => {
  const root: Storage = {
    name: 'Root Entry',
    children: [
      ...streamsOf(properties, 32),
      ...recipients.map((one, at) => ({
        name: `__recip_version1.0_#${String(at).padStart(8, '0')}`,
        children: streamsOf(one, 8),
      })),
      ...attachments.map((one, at) => ({
        name: `__attach_version1.0_#${String(at).padStart(8, '0')}`,
        children: streamsOf(one, 8),
      })),
    ],
  };
  const entries: Buffer[] = [];
  const content: Buffer[] = [];
  const fat: number[] = [];
  const store = (bytes: Buffer): number => {
    const start = fat.length;
    const sectors = Math.max(1, Math.ceil(bytes.length / SECTOR));
    for (let at = 0; at < sectors; at++) fat.push(at === sectors - 1 ? 0xfffffffe : start + at + 1);
    content.push(Buffer.concat([bytes, Buffer.alloc(sectors * SECTOR - bytes.length)]));
    return start;
  };
  const enter = (one: Stream | Storage, kind: number): number => {
    const entry = Buffer.alloc(128);
    const index = entries.push(entry) - 1;
    entry.write(one.name, 'utf16le');
    entry.writeUInt16LE((one.name.length + 1) * 2, 64);
    entry[66] = kind;
    for (const at of [68, 72, 76]) entry.writeUInt32LE(0xffffffff, at);
    if ('bytes' in one) {
      entry.writeUInt32LE(store(one.bytes), 116);
      entry.writeUInt32LE(one.bytes.length, 120);
    } else {
      let before = -1;
      for (const child of one.children) {
        const number = enter(child, 'bytes' in child ? 2 : 1);
        if (before < 0) entry.writeUInt32LE(number, 76);
        else entries[before]!.writeUInt32LE(number, 72);
        before = number;
      }
      entry.writeUInt32LE(0xfffffffe, 116);
    }
    return index;
  };
  enter(root, 5);
  const directory = store(Buffer.concat(entries));
  const tables = Math.ceil((fat.length + 10) / 128);
  const first = fat.length;
  for (let at = 0; at < tables; at++) fat.push(0xfffffffd);
  const table = Buffer.alloc(tables * SECTOR, 0xff);
  for (const [at, next] of fat.entries()) table.writeUInt32LE(next, at * 4);
  const header = Buffer.alloc(SECTOR, 0xff);
  header.fill(0, 0, 76);
  header.write('d0cf11e0a1b11ae1', 'hex');
  header.writeUInt16LE(9, 30);
  header.writeUInt32LE(directory, 48);
  header.writeUInt32LE(0, 56); // no stream is short
  header.writeUInt32LE(0xfffffffe, 60);
  header.writeUInt32LE(0xfffffffe, 68);
  for (let at = 0; at < tables; at++) header.writeUInt32LE(first + at, 76 + at * 4);
  return Buffer.concat([header, ...content, table]);
};
