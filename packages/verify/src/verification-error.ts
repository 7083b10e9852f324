/**
 * The part of a receipt that does not hold:
 * `file` (bytes, JSON, canonical form), `envelope` (DSSE form), `signature` (of the envelope), `statement` (in-toto and
 * predicate), `proof` (form of the tlog-proof), `checkpoint` (form, origin, signature of the log's head), `inclusion`
 * (the Merkle path), `openings` (salts and the bytes behind the commitments); of an export also `archive` (its form),
 * `consistency` (that its head extends an earlier one) and `export` (that its receipts are those that the node named); of
 * a change of keys `handover`.
 */
export type ReceiptPart =
  | 'file'
  | 'envelope'
  | 'signature'
  | 'statement'
  | 'proof'
  | 'checkpoint'
  | 'inclusion'
  | 'openings'
  | 'archive'
  | 'consistency'
  | 'export'
  | 'handover';

/** Something that was to be verified does not hold. `message` says what is wrong and what that means. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
  readonly part: ReceiptPart;

  constructor(part: ReceiptPart, message: string) {
    super(message);
    this.part = part;
  }
}
