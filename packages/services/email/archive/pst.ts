import { BadArchive, type Format, problemOf } from './found.ts';
import { Heap } from './outlook/heap.ts';
import { type Node, NodeDatabase } from './outlook/node-database.ts';
import { type Item, type Properties, tags } from './outlook/properties.ts';
import { toRfc5322 } from './outlook/to-rfc5322.ts';

/** Kinds of nodes, by the lowest five bits of their numbers (MS-PST §2.2.2.1). */
const MESSAGE = 0x04;
const ATTACHMENT = 0x05;
const RECIPIENTS = 0x12;
const ROOT_FOLDER = 0x122;
const kindOfNode = (id: number): number => id & 0x1f;

/**
 * Outlook's store (MS-PST). Messages are found by the table of nodes rather than by folders, so that those are there which a
 * damaged folder has lost. Items that are no mail (appointments, contacts, tasks) are left out.
 */
export const pst: Format = {
  *read(path, from) {
    const database = new NodeDatabase(path);
    try {
      const folders = folderNames(database);
      let number = 0;
      for (const node of database.nodes()) {
        if (kindOfNode(node.id) !== MESSAGE) continue;
        number++;
        if (number <= from) continue;
        try {
          const item = itemOf(database, node, 0);
          if (item === undefined || !isMail(item)) continue;
          const read = item.properties.get(tags.messageFlags);
          yield {
            bytes: toRfc5322(item),
            place: String(node.id),
            next: number,
            folder: folders(node.parent),
            ...(typeof read === 'number' && (read & 1) !== 0 && { flags: ['seen'] }),
          };
        } catch (error) {
          yield { problem: `message ${node.id}: ${problemOf(error)}`, next: number };
        }
      }
    } finally {
      database.close();
    }
  },
  readAt(path, place) {
    const database = new NodeDatabase(path);
    try {
      const node = database.node(Number(place));
      const item = node && itemOf(database, node, 0);
      if (item === undefined) throw new BadArchive('the message is not there any more');
      return toRfc5322(item);
    } finally {
      database.close();
    }
  },
};

const isMail = ({ properties }: Item): boolean => {
  const name = properties.get(tags.messageClass);
  const text = Buffer.isBuffer(name) ? name.toString('latin1') : typeof name === 'string' ? name : '';
  return text === '' || /^(?:IPM\.(?:Note|Schedule|Post|Recall|Outlook\.Recall)|REPORT)/i.test(text);
};

const itemOf = (database: NodeDatabase, node: Node, depth: number): Item | undefined => {
  if (node.data === 0n) return undefined;
  const heap = new Heap(database, node);
  const item: Item = { properties: heap.properties(), recipients: [], attachments: [] };
  for (const sub of heap.subnodes.values()) {
    if (kindOfNode(sub.id) === RECIPIENTS) item.recipients = new Heap(database, sub).rows();
    else if (kindOfNode(sub.id) === ATTACHMENT) item.attachments.push(attachmentOf(database, sub, depth));
  }
  return item;
};

const attachmentOf = (database: NodeDatabase, node: Node, depth: number): Item['attachments'][number] => {
  const heap = new Heap(database, node);
  const properties = heap.properties();
  const data = properties.get(tags.attachedData);
  // An embedded message: the number of the node that holds it, and its size (§2.3.3.5).
  if (properties.get(tags.attachedMethod) !== 5 || !Buffer.isBuffer(data) || data.length < 4 || depth >= 10)
    return { properties };
  const inner = heap.subnodes.get(data.readUInt32LE(0));
  const embedded = inner && itemOf(database, inner, depth + 1);
  return { properties, ...(embedded && { embedded }) };
};

/** Paths of folders by their numbers, read as they are asked for. */
const folderNames = (database: NodeDatabase) => {
  const known = new Map<number, string>();
  const nameOf = (id: number): { name: string; parent: number } | undefined => {
    const node = database.node(id);
    if (node === undefined || node.data === 0n) return undefined;
    const properties: Properties = new Heap(database, node).properties();
    const name = properties.get(tags.displayName);
    return {
      name: Buffer.isBuffer(name) ? name.toString('latin1') : typeof name === 'string' ? name : '',
      parent: node.parent,
    };
  };
  const path = (id: number, depth = 0): string => {
    if (id === ROOT_FOLDER || id === 0 || depth > 50) return '';
    const before = known.get(id);
    if (before !== undefined) return before;
    const folder = nameOf(id);
    const above = folder === undefined ? '' : path(folder.parent, depth + 1);
    const whole =
      folder === undefined ? '' : [above, folder.name.replaceAll('/', '_')].filter((part) => part !== '').join('/');
    known.set(id, whole);
    return whole;
  };
  return path;
};
