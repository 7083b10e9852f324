import { concat, utf8 } from './bytes.ts';

/** What a witness signs (C2SP tlog-cosignature, Ed25519): two lines and the text of the checkpoint. */
export const cosignatureMessage = (text: string, time: number): Uint8Array =>
  utf8(`cosignature/v1\ntime ${time}\n${text}`);

/** The bytes behind the key id in a witness' signature line: time, big-endian, and 64 bytes of Ed25519 signature. */
export const cosignatureOf = (time: number, signature: Uint8Array): Uint8Array => {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(time));
  return concat(head, signature);
};

/**
 * Reads what {@link cosignatureOf} makes.
 *
 * @param text of the checkpoint
 * @returns when it was made (seconds since 1970), what is signed and the signature; undefined where it is not in its form
 */
export const readCosignature = (
  text: string,
  bytes: Uint8Array,
): { time: number; message: Uint8Array; signature: Uint8Array } | undefined => {
  if (bytes.length !== 72) return undefined;
  const time = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
  if (!Number.isSafeInteger(time)) return undefined;
  return { time, message: cosignatureMessage(text, time), signature: bytes.slice(8) };
};
