import { isObject, type Json, type JsonObject, parseCanonicalJson, wrongMembers } from './canonical-json.ts';
import { VerificationError } from './verification-error.ts';

/** Receipts have a few kilobytes. */
const MAX_BYTES = 1 << 20;

const fileError = (why: string): VerificationError =>
  new VerificationError(
    'file',
    `This is not a receipt as it was issued: ${why}. Any change counts, white space too; get the file again.`,
  );

/**
 * Reads a receipt file: canonical JSON (RFC 8785) of exactly `envelope`, `openings` and `proof`, and a newline.
 *
 * @throws VerificationError (part `file`)
 */
export const parseReceiptFile = (file: string | Uint8Array): JsonObject => {
  if (file.length > MAX_BYTES) throw fileError(`it is larger than ${MAX_BYTES} bytes`);
  let text: string;
  try {
    text = typeof file === 'string' ? file : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
  } catch {
    throw fileError('it is not UTF-8');
  }
  if (!text.endsWith('\n')) throw fileError('it does not end with a newline');
  let json: Json;
  try {
    json = parseCanonicalJson(text.slice(0, -1));
  } catch (error) {
    throw fileError((error as SyntaxError).message);
  }
  if (!isObject(json)) throw fileError('it is no object');
  const members = wrongMembers(json, ['envelope', 'openings', 'proof']);
  if (members !== undefined) throw fileError(members);
  return json;
};
