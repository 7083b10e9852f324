/** Types that begin with bytes of their own: [type, hex of the beginning, offset]. */
const MAGIC: readonly (readonly [type: string, hex: string, at?: number])[] = [
  ['application/pdf', '255044462d'],
  ['image/png', '89504e470d0a1a0a'],
  ['image/jpeg', 'ffd8ff'],
  ['image/gif', '47494638'],
  ['image/webp', '57454250', 8],
  ['image/bmp', '424d'],
  ['image/tiff', '49492a00'],
  ['image/tiff', '4d4d002a'],
  ['audio/wav', '57415645', 8],
  ['audio/mpeg', '494433'],
  ['audio/ogg', '4f676753'],
  ['audio/flac', '664c6143'],
  ['video/mp4', '66747970', 4],
  ['video/x-matroska', '1a45dfa3'],
  ['application/gzip', '1f8b'],
  ['application/x-bzip2', '425a68'],
  ['application/x-xz', 'fd377a585a00'],
  ['application/zstd', '28b52ffd'],
  ['application/x-7z-compressed', '377abcaf271c'],
  ['application/vnd.rar', '526172211a07'],
  ['application/x-ole-storage', 'd0cf11e0a1b11ae1'],
  ['application/vnd.ms-tnef', '789f3e22'],
  ['application/vnd.ms-outlook-pst', '2142444e'],
  ['application/rtf', '7b5c727466'],
  ['application/x-elf', '7f454c46'],
  ['application/vnd.microsoft.portable-executable', '4d5a'],
  ['application/postscript', '25215053'],
  ['text/calendar', '424547494e3a5643414c454e444152'],
  ['text/vcard', '424547494e3a5643415244'],
  ['application/x-sqlite3', '53514c69746520666f726d61742033'],
];

const beginnings = MAGIC.map(([type, hex, at = 0]) => ({ type, bytes: Buffer.from(hex, 'hex'), at }));

/** Members that tell what a ZIP archive is (ECMA-376, OpenDocument §3.3). */
const ZIPPED: readonly (readonly [string, string])[] = [
  ['word/', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xl/', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['ppt/', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['mimetypeapplication/epub+zip', 'application/epub+zip'],
  ['mimetypeapplication/vnd.oasis.opendocument.text', 'application/vnd.oasis.opendocument.text'],
  ['mimetypeapplication/vnd.oasis.opendocument.spreadsheet', 'application/vnd.oasis.opendocument.spreadsheet'],
];

/** The type of content by its bytes; undefined where they say nothing. */
export const sniff = (bytes: Buffer): string | undefined => {
  if (bytes.length < 2) return undefined;
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4) return zipped(bytes);
  for (const { type, bytes: beginning, at } of beginnings)
    if (bytes[at] === beginning[0] && bytes.subarray(at, at + beginning.length).equals(beginning)) return type;
  const head = bytes.toString('latin1', 0, 512).replace(/^\s+/, '').toLowerCase();
  if (/^<(?:!doctype html|html|head|body)/.test(head)) return 'text/html';
  if (head.startsWith('<?xml')) return head.includes('<svg') ? 'image/svg+xml' : 'application/xml';
  if (head.startsWith('<svg')) return 'image/svg+xml';
  return undefined;
};

const zipped = (bytes: Buffer): string => {
  const head = bytes.toString('latin1', 0, 4_096);
  const tail = bytes.toString('latin1', Math.max(0, bytes.length - 65_536));
  return ZIPPED.find(([member]) => head.includes(member) || tail.includes(member))?.[1] ?? 'application/zip';
};
