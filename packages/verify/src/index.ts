export { decodeBase64, encodeBase64 } from './base64.ts';
export { canonicalJson, type Json, type JsonObject, parseCanonicalJson } from './canonical-json.ts';
export {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
export { cosignatureMessage, cosignatureOf, readCosignature } from './cosignature.ts';
export { type Envelope, IN_TOTO, pae, parseEnvelope, verifyEnvelope } from './dsse.ts';
export { type Explanation, explainReceipt } from './explain.ts';
export { ACCEPTANCE, acceptanceMessage, followHandovers } from './handover.ts';
export { leafHash, nodeHash, verifyConsistency, verifyInclusion } from './merkle.ts';
export { formatNote, type Note, type NoteSignature, parseNote, type VerifiedNote, verifyNote } from './note.ts';
export { commitmentOf, type Opened, SALT_BYTES, saltDigest } from './openings.ts';
export { PolicyError, parsePolicy, quorumMet, type TrustPolicy } from './policy.ts';
export { ACT_PREDICATE, CALL_PREDICATE, parseStatement, type ReceiptStatement, STATEMENT } from './statement.ts';
export { parseTilePath, TILE_WIDTH, type TileId, tilePath } from './tile-path.ts';
export { formatProof, parseProof, type TlogProof } from './tlog-proof.ts';
export { type ReceiptPart, VerificationError } from './verification-error.ts';
export { type ExportReport, isExport, verifyExport } from './verify-export.ts';
export {
  type ReceiptVerifier,
  receiptVerifier,
  type VerifiedReceipt,
  type VerifyOptions,
  verifyReceipt,
} from './verify-receipt.ts';
export {
  formatVkey,
  isKeyName,
  KEY_TYPES,
  type KeyType,
  keyHint,
  keyId,
  parseVkey,
  type Vkey,
  VkeyError,
} from './vkey.ts';
