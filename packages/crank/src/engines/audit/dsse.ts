import { IN_TOTO } from 'crank-verify';
import type { Signer } from './keys.ts';

/**
 * Signs an in-toto statement.
 *
 * @param statement JSON text
 * @returns the envelope's bytes: canonical JSON, members in the order that RFC 8785 wants
 */
export const signEnvelope = (signer: Signer, statement: string): Buffer => {
  // What is signed (DSSE v1.0.2, "pre-authentication encoding"): `DSSEv1 LEN(type) type LEN(payload) payload`.
  const head = `DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${Buffer.byteLength(statement)} `;
  const encoded = Buffer.from(head + statement);
  const payload = encoded.toString('base64', head.length);
  const sig = Buffer.from(signer.sign(encoded)).toString('base64');
  return Buffer.from(
    `{"payload":"${payload}","payloadType":"${IN_TOTO}","signatures":[{"keyid":${JSON.stringify(signer.hint)},"sig":"${sig}"}]}`,
  );
};
