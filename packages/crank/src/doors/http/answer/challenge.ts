import type { CrankError } from '#src/core/error.ts';

export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** Within quotes of a header: RFC 6750 has neither `"` nor `\` in a description, and nothing but ASCII. */
const plain = (text: string): string => text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');

/**
 * `WWW-Authenticate` of an error about credentials: where tokens come from (RFC 9728), and what is wrong with the one that
 * was sent (RFC 6750); undefined for other errors.
 *
 * @param base of the node, as the client wrote it
 */
export const challengeOf = ({ code, message, extras }: CrankError, base: string): string | undefined => {
  const { challenge } = extras;
  if (code !== 'unauthenticated' && challenge === undefined) return undefined;
  const parts = [
    `resource_metadata="${base}${METADATA_PATH}"`,
    ...(challenge === undefined ? [] : [`error="${challenge}"`, `error_description="${plain(message)}"`]),
  ];
  return `Bearer ${parts.join(', ')}`;
};
