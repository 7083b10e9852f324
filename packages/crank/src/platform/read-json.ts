import { isUtf8 } from 'node:buffer';
import { CrankError } from '#src/core/error.ts';
import { assertJsonDepth } from '#src/engines/packaging/json-depth.ts';

/** Deeper JSON is refused before anything recursive sees it. */
const DEPTH = 100;

/**
 * The value of a JSON text (RFC 8259: UTF-8, no byte order mark). The bytes themselves stay what is passed on, so that
 * numbers keep their digits.
 *
 * @param what names the text in errors, such as `The body`
 * @throws CrankError `malformed-request`
 */
export const readJson = (bytes: Buffer, what = 'The body'): unknown => {
  if (!isUtf8(bytes)) throw new CrankError('malformed-request', `${what} is not UTF-8: send JSON encoded as UTF-8.`);
  assertJsonDepth(bytes, DEPTH);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'it does not parse';
    throw new CrankError('malformed-request', `${what} is not JSON (${why}): send one JSON value, RFC 8259.`);
  }
};
