import { decodeBase64 } from './base64.ts';
import { concat, utf8 } from './bytes.ts';
import { isObject, type Json, wrongMembers } from './canonical-json.ts';
import { VerificationError } from './verification-error.ts';
import { keyHint, type Vkey, verifySignature } from './vkey.ts';

/** Payload type of an in-toto statement. */
export const IN_TOTO = 'application/vnd.in-toto+json';

/** A signed envelope (DSSE v1.0.2, JSON form) with exactly one signature. */
export interface Envelope {
  payloadType: string;
  payload: Uint8Array;
  /** `NAME+HEXID` of the key that is said to have signed. */
  keyid: string;
  signature: Uint8Array;
}

/** What is signed (DSSE, "pre-authentication encoding"): `DSSEv1 LEN(type) type LEN(payload) payload`. */
export const pae = (payloadType: string, payload: Uint8Array): Uint8Array =>
  concat(utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `), payload);

/**
 * Reads the JSON form of an envelope. The signature is not verified.
 *
 * @throws VerificationError (part `envelope`)
 */
export const parseEnvelope = (json: Json | undefined): Envelope => {
  const wrong = (why: string): VerificationError =>
    new VerificationError('envelope', `The envelope is not in DSSE form: ${why}.`);
  if (!isObject(json)) throw wrong('it is no object');
  const members = wrongMembers(json, ['payload', 'payloadType', 'signatures']);
  if (members !== undefined) throw wrong(members);
  const { payload, payloadType, signatures } = json;
  if (payloadType !== IN_TOTO) throw wrong(`the payload type is not ${IN_TOTO}`);
  const bytes = typeof payload === 'string' ? decodeBase64(payload) : undefined;
  if (bytes === undefined) throw wrong('the payload is not canonical base64');
  if (!Array.isArray(signatures) || signatures.length !== 1) throw wrong('it does not have exactly one signature');
  const one = signatures[0] as Json;
  if (!isObject(one)) throw wrong('the signature is no object');
  const inner = wrongMembers(one, ['keyid', 'sig']);
  if (inner !== undefined) throw wrong(`in the signature, ${inner}`);
  const { keyid, sig } = one;
  if (typeof keyid !== 'string') throw wrong('the key id is no text');
  const signature = typeof sig === 'string' ? decodeBase64(sig) : undefined;
  if (signature?.length !== 64) throw wrong('the signature is not the canonical base64 of 64 bytes');
  return { payloadType, payload: bytes, keyid, signature };
};

/**
 * Verifies an envelope's signature against trusted keys and gives the key that signed.
 *
 * @throws VerificationError (part `signature`)
 */
export const verifyEnvelope = async (envelope: Envelope, keys: readonly Vkey[]): Promise<Vkey> => {
  const key = keys.find((candidate) => keyHint(candidate) === envelope.keyid);
  if (key === undefined) {
    throw new VerificationError(
      'signature',
      `The envelope names ${JSON.stringify(envelope.keyid)} as its signer; you trust ${keys.map(keyHint).join(', ')}. Either it was changed or another node made it.`,
    );
  }
  if (!(await verifySignature(key, pae(envelope.payloadType, envelope.payload), envelope.signature))) {
    throw new VerificationError(
      'signature',
      `The signature of ${key.name} does not match the statement: statement or signature was changed after signing.`,
    );
  }
  return key;
};
