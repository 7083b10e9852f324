import { IN_TOTO } from 'crank-verify';
import type { Signer } from './keys.ts';

/** What is signed (DSSE v1.0.2, "pre-authentication encoding"): `DSSEv1 LEN(type) type LEN(payload) payload`. */
export const encodeStatement = (statement: string): Buffer => Buffer.from(headOf(statement) + statement);

const headOf = (statement: string): string => `DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${Buffer.byteLength(statement)} `;

/**
 * The envelope of an in-toto statement (JSON text).
 *
 * @param encoded the statement as it was signed
 * @returns the envelope's bytes: canonical JSON, members in the order that RFC 8785 wants
 */
export const envelopeOf = (
  signer: Pick<Signer, 'hint'>,
  statement: string,
  encoded: Buffer,
  signature: Uint8Array,
): Buffer => {
  const payload = encoded.toString('base64', headOf(statement).length);
  const sig = Buffer.from(signature).toString('base64');
  return Buffer.from(
    `{"payload":"${payload}","payloadType":"${IN_TOTO}","signatures":[{"keyid":${JSON.stringify(signer.hint)},"sig":"${sig}"}]}`,
  );
};

/** Signs an in-toto statement (JSON text). */
export const signEnvelope = (signer: Signer, statement: string): Buffer => {
  const encoded = encodeStatement(statement);
  return envelopeOf(signer, statement, encoded, signer.sign(encoded));
};
