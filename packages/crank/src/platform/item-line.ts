const FRAME = Buffer.from('{"$crank"');
const [NEWLINE, RETURN, SPACE] = [0x0a, 0x0d, 0x20];
const LINE_END = Buffer.from('\n');

/** An item of a stream on one line (a line break in JSON text is white space), with a space in front where it would read as the last frame. */
const oneLine = (json: Uint8Array): Buffer => {
  const line = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const broken = line.includes(NEWLINE) || line.includes(RETURN);
  const flat = broken ? Buffer.from(line.map((byte) => (byte === NEWLINE || byte === RETURN ? SPACE : byte))) : line;
  return flat.subarray(0, FRAME.length).equals(FRAME) ? Buffer.concat([Buffer.from(' '), flat]) : flat;
};

/** The same with its line's end: NDJSON. */
export const itemLine = (json: Uint8Array): Buffer => Buffer.concat([oneLine(json), LINE_END]);

const DATA = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');

/** The same as a server-sent event. */
export const itemEvent = (json: Uint8Array): Buffer => Buffer.concat([DATA, oneLine(json), EVENT_END]);
