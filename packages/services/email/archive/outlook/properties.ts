/** Properties of Outlook's items that mail is made of (MS-OXPROPS), by their numbers. */
export const tags = {
  messageClass: 0x001a,
  subject: 0x0037,
  submitted: 0x0039,
  delivered: 0x0e06,
  transportHeaders: 0x007d,
  senderName: 0x0c1a,
  senderAddress: 0x0c1f,
  senderSmtp: 0x5d01,
  representingName: 0x0042,
  representingAddress: 0x0065,
  recipientType: 0x0c15,
  messageFlags: 0x0e07,
  displayName: 0x3001,
  address: 0x3003,
  smtpAddress: 0x39fe,
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  messageId: 0x1035,
  references: 0x1039,
  inReplyTo: 0x1042,
  internetCodepage: 0x3fde,
  codepage: 0x3ffd,
  attachedData: 0x3701,
  attachedMethod: 0x3705,
  attachedShortName: 0x3704,
  attachedName: 0x3707,
  attachedType: 0x370e,
  attachedContentId: 0x3712,
} as const;

export type Value = string | number | Date | Buffer;

/** An item's properties by their numbers; strings of 8 bits are bytes until the item's code page is known. */
export type Properties = ReadonlyMap<number, Value>;

export interface Item {
  properties: Properties;
  recipients: Properties[];
  attachments: { properties: Properties; embedded?: Item }[];
}

/** A value of a type (MS-OXCDATA §2.11.1) by its bytes; undefined for types that mail has no use for. */
export const readValue = (type: number, bytes: Buffer): Value | undefined => {
  switch (type) {
    case 0x0002:
      return bytes.length >= 2 ? bytes.readInt16LE() : undefined;
    case 0x0003:
      return bytes.length >= 4 ? bytes.readInt32LE() : undefined;
    case 0x000b:
      return bytes[0] ?? 0;
    case 0x001f:
      return bytes.toString('utf16le').replace(/\0+$/, '').toWellFormed();
    case 0x0040:
      // 100 nanoseconds since 1601.
      return bytes.length >= 8 ? new Date(Number(bytes.readBigUInt64LE() / 10_000n) - 11_644_473_600_000) : undefined;
    case 0x001e:
    case 0x000d:
    case 0x0102:
      return bytes;
    default:
      return undefined;
  }
};
