import { STATEMENT } from 'crank-verify';
import { canonicalJson } from '#src/core/canonical-json.ts';
import { sha256 } from '#src/core/digest.ts';
import { saltDigest } from './commitment.ts';
import { signEnvelope } from './dsse.ts';
import type { Signer } from './keys.ts';
import { ACT_PREDICATE, type ActPredicate, CALL_PREDICATE, type CallPredicate, type Commitment } from './statement.ts';

/** What a receipt is made from. */
export interface ReceiptDraft {
  /** Id of the receipt. */
  id: string;
  predicate: CallPredicate | ActPredicate;
  /** Commitment to the bytes answered. */
  subject: Commitment;
  /** Salts of the commitments, base64. They do not become part of what is signed, only their digests do. */
  openings: { subject: string; input?: string };
}

export interface SignedReceipt {
  /** DSSE envelope, canonical JSON. */
  envelope: Uint8Array;
  /** What is logged: SHA-256 of the envelope, 32 bytes. */
  entry: Uint8Array;
}

/**
 * The statement of a receipt: canonical JSON of an in-toto Statement v1 whose subject goes by the receipt's id.
 *
 * @throws TypeError where a commitment or salt is not in its form, or the predicate has no JSON form
 */
export const receiptStatement = ({ id, predicate, subject, openings }: ReceiptDraft): string => {
  if (!/^sha256:[0-9a-f]{64}$/.test(subject)) throw new TypeError(`${JSON.stringify(subject)} is no commitment`);
  return canonicalJson({
    _type: STATEMENT,
    subject: [{ name: id, digest: { sha256: subject.slice('sha256:'.length) } }],
    predicateType: 'act' in predicate ? ACT_PREDICATE : CALL_PREDICATE,
    predicate: {
      ...predicate,
      salts: {
        subject: saltDigest(openings.subject),
        ...(openings.input === undefined ? {} : { input: saltDigest(openings.input) }),
      },
    },
  });
};

/** Builds and signs a receipt. */
export const signReceipt = (signer: Signer, draft: ReceiptDraft): SignedReceipt => {
  const envelope = signEnvelope(signer, receiptStatement(draft));
  return { envelope, entry: sha256(envelope) };
};
