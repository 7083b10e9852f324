/** Beyond this a number is not exact. */
const MOST = Number.MAX_SAFE_INTEGER;

/**
 * What an answer says of a number: a whole one at a JSON Pointer (RFC 6901), or how many a list there has.
 *
 * @returns 0 where there is neither: what nobody can read off the answer is not charged
 */
export const countIn = (value: unknown, pointer: string): number => {
  let at = value;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = /^(?:0|[1-9]\d{0,9})$/.test(name) ? at[Number(name)] : undefined;
    else at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as never)[name] : undefined;
  }
  if (Array.isArray(at)) return at.length;
  return typeof at === 'number' && Number.isInteger(at) && at >= 0 && at <= MOST ? at : 0;
};
