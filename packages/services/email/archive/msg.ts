import { BadArchive, type Format } from './found.ts';
import { CompoundFile, type Entry } from './outlook/compound-file.ts';
import { type Item, type Properties, readValue, tags, type Value } from './outlook/properties.ts';
import { toRfc5322 } from './outlook/to-rfc5322.ts';

/** A message that Outlook saved as a file (MS-OXMSG). */
export const msg: Format = {
  *read(path, from) {
    if (from === 0) yield { bytes: message(path), place: '', next: 1 };
  },
  readAt: message,
};

function message(path: string): Buffer {
  const file = new CompoundFile(path);
  if (!file.root.children.some(({ name }) => name === '__properties_version1.0'))
    throw new BadArchive('it is a compound file, but no message of Outlook');
  return toRfc5322(readItem(file, file.root, 32, 0));
}

/** @param header bytes before the list of properties: 32 of the topmost, 24 of an embedded one, 8 of recipients and attachments (§2.4) */
const readItem = (file: CompoundFile, entry: Entry, header: number, depth: number): Item => {
  const below = (prefix: string): Entry[] =>
    entry.children.filter(({ name, isStorage }) => isStorage && name.startsWith(prefix));
  return {
    properties: readProperties(file, entry, header),
    recipients: below('__recip_version1.0_').map((one) => readProperties(file, one, 8)),
    attachments: below('__attach_version1.0_').map((one) => {
      const properties = readProperties(file, one, 8);
      const inner = one.children.find(({ name, isStorage }) => isStorage && name === '__substg1.0_3701000D');
      const embedded =
        inner !== undefined && depth < 10 && properties.get(tags.attachedMethod) === 5
          ? readItem(file, inner, 24, depth + 1)
          : undefined;
      return { properties, ...(embedded && { embedded }) };
    }),
  };
};

const STREAM = /^__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})$/;

const readProperties = (file: CompoundFile, entry: Entry, header: number): Properties => {
  const found = new Map<number, Value>();
  for (const child of entry.children) {
    const match = STREAM.exec(child.name);
    if (match !== null && !child.isStorage) {
      const value = readValue(Number.parseInt(match[2]!, 16), file.read(child));
      if (value !== undefined) found.set(Number.parseInt(match[1]!, 16), value);
    } else if (child.name === '__properties_version1.0') {
      const list = file.read(child);
      // Entries of 16 bytes: type, number, flags, and the value where it is of fixed size.
      for (let at = header; at + 16 <= list.length; at += 16) {
        const type = list.readUInt16LE(at);
        if (type === 0x1e || type === 0x1f || type === 0x102 || type === 0xd) continue;
        const value = readValue(type, list.subarray(at + 8, at + 16));
        if (value !== undefined) found.set(list.readUInt16LE(at + 2), value);
      }
    }
  }
  return found;
};
