import { decodeBase64, encodeBase64 } from './base64.ts';
import { concat, equalBytes, hex, utf8 } from './bytes.ts';
import { sha256 } from './sha256.ts';

/** Signature types of the signed-note specification: plain Ed25519, and that of a witness (C2SP tlog-cosignature). */
export const KEY_TYPES = { ed25519: 0x01, cosignature: 0x04 } as const;
export type KeyType = (typeof KEY_TYPES)[keyof typeof KEY_TYPES];

const isKeyType = (type: number | undefined): type is KeyType =>
  type === KEY_TYPES.ed25519 || type === KEY_TYPES.cosignature;

/** A verifier key (C2SP signed-note, "Verifier keys"). */
export interface Vkey {
  /** Also the origin of the log that it signs for. */
  name: string;
  /** Key id: 4 bytes. */
  id: Uint8Array;
  /** Who it is of: a log (1), which signs statements and heads, or a witness (4), which cosigns heads. */
  type: KeyType;
  /** Ed25519 public key: 32 bytes. */
  publicKey: Uint8Array;
  /** The text it was read from. */
  text: string;
  /** Entries of the log that it may have signed, both inclusive: of a key that was handed over (`followHandovers`). */
  term?: { first: number; last: number };
}

/** The key handed to the verifier is not one: nothing was verified. */
export class VkeyError extends Error {
  override readonly name = 'VkeyError';
}

/** Key names: not empty, no Unicode space, no `+`, no control character. */
export const isKeyName = (name: string): boolean =>
  name.length > 0 && name.isWellFormed() && !/[\s\p{White_Space}\p{Cc}+]/u.test(name);

/** `NAME+HEXID`: how a receipt's envelope names the key that signed it. */
export const keyHint = (key: Pick<Vkey, 'name' | 'id'>): string => `${key.name}+${hex(key.id)}`;

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]. */
export const keyId = async (
  name: string,
  publicKey: Uint8Array,
  type: KeyType = KEY_TYPES.ed25519,
): Promise<Uint8Array> => (await sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey))).slice(0, 4);

/** `NAME+HEXID+BASE64(type ‖ public key)`. */
export const formatVkey = (key: Pick<Vkey, 'name' | 'id' | 'publicKey'> & { type?: KeyType }): string =>
  `${keyHint(key)}+${encodeBase64(concat(Uint8Array.of(key.type ?? KEY_TYPES.ed25519), key.publicKey))}`;

/**
 * Reads the verifier key of a log or a witness, such as `example.com/log+530d903a+AekyeRrm...`.
 *
 * @throws VkeyError that says what is wrong with the text
 */
export const parseVkey = async (text: string): Promise<Vkey> => {
  const bad = (why: string): VkeyError =>
    new VkeyError(`${JSON.stringify(text)} is no verifier key: ${why}. It has the form NAME+ID+KEY; see /log/vkey.`);
  const [name, id, data, ...rest] = text.split('+');
  // The base64 part may hold "+" itself.
  const key = decodeBase64([data, ...rest].join('+'));
  if (name === undefined || !isKeyName(name)) throw bad('the name is empty or holds a space');
  if (id === undefined || !/^[0-9a-f]{8}$/.test(id)) throw bad('the key id is not 8 lower-case hexadecimal digits');
  if (key === undefined || key.length === 0) throw bad('the key is not canonical base64');
  const type = key[0];
  if (!isKeyType(type)) throw bad(`signature type ${type} is neither Ed25519 (1) nor its cosignature (4)`);
  if (key.length !== 33) throw bad(`an Ed25519 key has 32 bytes, not ${key.length - 1}`);
  const publicKey = key.slice(1);
  const expected = await keyId(name, publicKey, type);
  if (hex(expected) !== id) throw bad(`the key id of this name and key is ${hex(expected)}; a part was mistyped`);
  return { name, id: expected, type, publicKey, text };
};

/** WebCrypto's form of a key; a receipt needs it twice. */
type Importing = ReturnType<typeof crypto.subtle.importKey>;
const imported = new WeakMap<Vkey, Importing>();

const importKey = (key: Vkey): Importing => {
  const known = imported.get(key);
  if (known !== undefined) return known;
  const bytes = key.publicKey as Uint8Array<ArrayBuffer>;
  const importing = crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, false, ['verify']);
  imported.set(key, importing);
  return importing;
};

/** Whether an Ed25519 signature (RFC 8032) by this key is over these bytes. */
export const verifySignature = async (key: Vkey, message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  signature.length === 64 &&
  crypto.subtle.verify(
    { name: 'Ed25519' },
    await importKey(key),
    signature as Uint8Array<ArrayBuffer>,
    message as Uint8Array<ArrayBuffer>,
  );

/** Whether a signature line names this key. */
export const isBy = (key: Vkey, signer: { name: string; id: Uint8Array }): boolean =>
  key.name === signer.name && equalBytes(key.id, signer.id);
