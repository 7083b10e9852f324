import { crc32, deflateRawSync } from 'node:zlib';
import { WrongInput } from '../wrong-input.ts';

/** 1980-01-01, so that the same members make the same archive. */
const DATE = 0x0021;
const MOST = 65_535;

/** Writes a ZIP archive (APPNOTE 6.3) member by member; up to 65,535 of them and 4 GiB, which no export is above. */
export const zipFile = () => {
  const directory: Buffer[] = [];
  let offset = 0;
  return {
    *add(name: string, content: Buffer): Generator<Buffer> {
      if (directory.length >= MOST)
        throw new WrongInput(`An archive holds at most ${MOST} messages: export them in parts.`);
      const packed = deflateRawSync(content, { level: 6 });
      const path = Buffer.from(name, 'utf8');
      const common = Buffer.alloc(26);
      common.writeUInt16LE(20, 0); // version needed
      common.writeUInt16LE(0x800, 2); // names are UTF-8
      common.writeUInt16LE(8, 4); // deflate
      common.writeUInt16LE(DATE, 8);
      common.writeUInt32LE(crc32(content), 10);
      common.writeUInt32LE(packed.length, 14);
      common.writeUInt32LE(content.length, 18);
      common.writeUInt16LE(path.length, 22);
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, path, packed]);
      const tail = Buffer.alloc(14);
      tail.writeUInt32LE(offset, 10);
      directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, path]));
      offset += local.length;
      yield local;
    },
    *end(): Generator<Buffer> {
      const list = Buffer.concat(directory);
      const end = Buffer.alloc(22);
      end.write('PK\x05\x06', 'latin1');
      end.writeUInt16LE(directory.length, 8);
      end.writeUInt16LE(directory.length, 10);
      end.writeUInt32LE(list.length, 12);
      end.writeUInt32LE(offset, 16);
      yield list;
      yield end;
    },
  };
};
