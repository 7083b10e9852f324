import { STATEMENT } from 'crank-verify';
import { canonicalJson, orderedJson } from '#src/core/canonical-json.ts';
import { sha256 } from '#src/core/digest.ts';
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
}

export interface SignedReceipt {
  /** DSSE envelope, canonical JSON. */
  envelope: Uint8Array;
  /** What is logged: SHA-256 of the envelope, 32 bytes. */
  entry: Uint8Array;
}

/**
 * The statement of a receipt: canonical JSON of an in-toto Statement v1 whose subject goes by the receipt's id. A call's
 * predicate has its members in canonical order, except for the names of bundles, which are not ours.
 *
 * @throws TypeError where the commitment is not in its form, or the predicate has no JSON form
 */
export const receiptStatement = ({ id, predicate, subject }: ReceiptDraft): string => {
  if (!/^sha256:[0-9a-f]{64}$/.test(subject)) throw new TypeError(`${JSON.stringify(subject)} is no commitment`);
  const act = 'act' in predicate;
  const statement = {
    _type: STATEMENT,
    predicate,
    predicateType: act ? ACT_PREDICATE : CALL_PREDICATE,
    subject: [{ digest: { sha256: subject.slice('sha256:'.length) }, name: id }],
  };
  return act || predicate.decisions.some(({ bundles }) => Object.keys(bundles).length > 1)
    ? canonicalJson(statement)
    : orderedJson(statement);
};

/** Signs a receipt's statement. */
export const signReceipt = (signer: Signer, statement: string): SignedReceipt => {
  const envelope = signEnvelope(signer, statement);
  return { envelope, entry: sha256(envelope) };
};
