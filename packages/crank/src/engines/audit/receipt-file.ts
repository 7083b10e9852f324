import { canonicalJson, type Json } from '#src/core/canonical-json.ts';

/**
 * The bytes of a receipt file: canonical JSON (RFC 8785) of `envelope`, `openings`, `proof`, and a newline. The envelope
 * is put in as it was signed, so `jq -cj .envelope FILE | sha256sum` gives the log entry.
 *
 * @param envelope bytes as `signReceipt` made them
 * @param proof tlog-proof text, see `proof.ts`
 * @param openings the salts that this holder may have; none once they are erased
 */
export const receiptFile = (
  envelope: Uint8Array,
  proof: string,
  openings: { subject?: string; input?: string } | null,
): Buffer =>
  Buffer.concat([
    Buffer.from('{"envelope":'),
    envelope,
    Buffer.from(`,"openings":${canonicalJson((openings ?? {}) as Json)},"proof":${canonicalJson(proof)}}\n`),
  ]);
