import { IN_TOTO } from 'crank-verify';
import type { Signer } from './keys.ts';

/** What is signed (DSSE v1.0.2, "pre-authentication encoding"): `DSSEv1 LEN(type) type LEN(payload) payload`. */
const pae = (payloadType: string, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `), payload]);

/**
 * Signs an in-toto statement.
 *
 * @param statement JSON text
 * @returns the envelope's bytes: canonical JSON, members in the order that RFC 8785 wants
 */
export const signEnvelope = (signer: Signer, statement: string): Buffer => {
  const payload = Buffer.from(statement);
  const sig = Buffer.from(signer.sign(pae(IN_TOTO, payload)));
  return Buffer.from(
    `{"payload":"${payload.toString('base64')}","payloadType":"${IN_TOTO}","signatures":[{"keyid":${JSON.stringify(signer.hint)},"sig":"${sig.toString('base64')}"}]}`,
  );
};
