import type { Header } from './header.ts';

/** What a receiving server found out about where a message came from. It is its word: nothing is verified here. */
export interface Authentication {
  /** Results by method: `dkim`, `spf`, `dmarc`, `arc` (RFC 8601 §2.7). */
  results: { method: string; result: string; of?: string }[];
  /** Who says so (authserv-id). */
  by?: string;
  /** Domains that signed, by their signatures (RFC 6376 §3.5): without a result, this proves nothing. */
  signedBy?: string[];
}

const RESULT = /\b(dkim|spf|dmarc|arc|auth|iprev|dkim-adsp|bimi)\s*=\s*([a-z]+)([^;]*)/gi;
const PROPERTY = /\b(?:header\.(?:d|i|from)|smtp\.(?:mailfrom|helo))\s*=\s*"?@?([^\s;"]+)/i;

export const authenticationOf = (header: Header): Authentication | undefined => {
  const field =
    header.raw('authentication-results') || header.raw('arc-authentication-results').replace(/^\s*i=\d+;\s*/, '');
  const results = [...field.replace(/\([^)]*\)/g, ' ').matchAll(RESULT)].map(([, method, result, properties]) => {
    const of = PROPERTY.exec(properties!)?.[1];
    return { method: method!.toLowerCase(), result: result!.toLowerCase(), ...(of !== undefined && { of }) };
  });
  // RFC 7208 §9.1, of servers that write no Authentication-Results.
  const spf = /^\s*([a-z]+)/i.exec(header.raw('received-spf'))?.[1];
  if (spf !== undefined && !results.some(({ method }) => method === 'spf'))
    results.push({ method: 'spf', result: spf.toLowerCase() });
  const signedBy = header
    .all('dkim-signature')
    .flatMap((value) => /(?:^|;)\s*d\s*=\s*([^\s;]+)/.exec(value)?.[1] ?? []);
  if (results.length === 0 && signedBy.length === 0) return undefined;
  const by = /^\s*([^\s;=]+)\s*(?:\d+\s*)?;/.exec(field)?.[1];
  return { results, ...(by !== undefined && { by }), ...(signedBy.length > 0 && { signedBy: [...new Set(signedBy)] }) };
};
