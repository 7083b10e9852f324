import { decodeBase64 } from './base64.ts';
import { concat, hex, utf8 } from './bytes.ts';
import { isObject, type Json, wrongMembers } from './canonical-json.ts';
import { sha256 } from './sha256.ts';
import type { Digest, ReceiptStatement } from './statement.ts';
import { VerificationError } from './verification-error.ts';

/**
 * A receipt holds no payloads and no plain hashes of them, since a hash of something guessable gives it away. It holds
 * commitments, `SHA-256(salt ‖ bytes)` with 32 random bytes of salt. Who has salt and bytes can check them; where the
 * salt is destroyed nobody can, and the receipt still verifies.
 *
 * A salt alone could not be checked, and a damaged one would be noticed only on the day when it is needed. So the
 * signed predicate also names `SHA-256("crank-salt-v1" ‖ 0x00 ‖ salt)` of each salt. That gives nothing away: 256 random
 * bits cannot be guessed, and because of the prefix this hash is no beginning of the commitment's (SHA-256 of the bare
 * salt could be extended to SHA-256(salt ‖ padding ‖ guess) without knowing the salt).
 */
export const SALT_BYTES = 32;
const SALT_PREFIX = utf8('crank-salt-v1\0');

const digest = async (bytes: Uint8Array): Promise<Digest> => `sha256:${hex(await sha256(bytes))}`;

/** `SHA-256(salt ‖ bytes)` as `sha256:...`. */
export const commitmentOf = (salt: Uint8Array, bytes: Uint8Array): Promise<Digest> => digest(concat(salt, bytes));

/** `SHA-256("crank-salt-v1" ‖ 0x00 ‖ salt)` as `sha256:...`. */
export const saltDigest = (salt: Uint8Array): Promise<Digest> => digest(concat(SALT_PREFIX, salt));

/**
 * How far a commitment was checked: `absent`: the receipt has no salt for it; `salt`: the salt is the one that was
 * signed; `bytes`: the bytes given are the ones that were committed to.
 */
export type Opened = 'absent' | 'salt' | 'bytes';

/**
 * Checks the salts of a receipt and, where bytes are given, the commitments.
 *
 * @param bytes what was answered (`subject`) and the input, where they are at hand
 * @throws VerificationError (part `openings`)
 */
export const verifyOpenings = async (
  json: Json | undefined,
  statement: Pick<ReceiptStatement, 'subject' | 'input' | 'salts'>,
  bytes: { subject?: Uint8Array | undefined; input?: Uint8Array | undefined },
): Promise<{ subject: Opened; input: Opened }> => {
  const wrong = (why: string): VerificationError => new VerificationError('openings', why);
  if (!isObject(json)) throw wrong('The openings are no object.');
  const members = wrongMembers(json, [], ['subject', 'input']);
  if (members !== undefined) throw wrong(`The openings are malformed: ${members}.`);
  const open = async (name: 'subject' | 'input', what: string): Promise<Opened> => {
    const text = json[name];
    const given = bytes[name];
    const committed = statement[name];
    if (text === undefined) {
      if (given !== undefined) throw wrong(`The ${what} cannot be checked: the receipt has no salt for it.`);
      return 'absent';
    }
    const salt = typeof text === 'string' ? decodeBase64(text) : undefined;
    if (salt?.length !== SALT_BYTES) throw wrong(`The salt of the ${what} is not the canonical base64 of 32 bytes.`);
    if (committed === undefined || (await saltDigest(salt)) !== statement.salts[name]) {
      throw wrong(`The salt of the ${what} is not the one that was signed: it was changed, or is of another receipt.`);
    }
    if (given === undefined) return 'salt';
    if ((await commitmentOf(salt, given)) !== committed) {
      throw wrong(`The ${what} given is not what this receipt is about: its bytes differ.`);
    }
    return 'bytes';
  };
  return { subject: await open('subject', 'output'), input: await open('input', 'input') };
};
