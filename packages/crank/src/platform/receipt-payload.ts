import type { ActPredicate, CallPredicate } from '#src/engines/audit/statement.ts';

/** The statement within one of this node's own envelopes. */
export interface Payload {
  predicate: CallPredicate | ActPredicate;
  subject: readonly { digest: { sha256: string }; name: string }[];
}

/** Reads an envelope that this node wrote; nothing is verified. @throws SyntaxError where the database was damaged */
export const payloadOf = (envelope: Uint8Array): Payload => {
  const { payload } = JSON.parse(Buffer.from(envelope).toString()) as { payload: string };
  return JSON.parse(Buffer.from(payload, 'base64').toString()) as Payload;
};
