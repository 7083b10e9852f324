/** A header value of the form `type; name=value; name="quoted"` (RFC 9110, 5.6.6). */
export interface Parametrised {
  /** Lower case. */
  value: string;
  /** By lower-case name. */
  parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const SPACE = /[ \t]*/y;

/**
 * Reads a media type or disposition. Strict: undefined for what RFC 9110 does not allow, or a parameter given twice.
 *
 * @param unquote what a quoted string stands for; else a backslash takes the character behind it as it is
 */
export const readParametrised = (
  text: string,
  unquote = (quoted: string): string => quoted.replace(/\\(.)/gs, '$1'),
): Parametrised | undefined => {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  take(SPACE);
  const first = take(/[^\s;,"]+/y);
  if (first === undefined) return undefined;
  const parameters = new Map<string, string>();
  for (;;) {
    take(SPACE);
    if (at === text.length) return { value: first.toLowerCase(), parameters };
    if (text[at++] !== ';') return undefined;
    take(SPACE);
    if (at === text.length) return { value: first.toLowerCase(), parameters };
    const name = take(TOKEN)?.toLowerCase();
    if (name === undefined || text[at++] !== '=' || parameters.has(name)) return undefined;
    const quoted = take(/"(?:[^"\\]|\\.)*"/sy);
    const value = quoted === undefined ? take(TOKEN) : unquote(quoted.slice(1, -1));
    if (value === undefined) return undefined;
    parameters.set(name, value);
  }
};

export type BodyKind =
  | { type: 'json' }
  | { type: 'multipart'; boundary: string }
  | { type: 'none' }
  | { type: 'other' };

/** What a content type says about a body: JSON (RFC 8259, or `+json`, RFC 6839), a form (RFC 7578), nothing, or what we do not take. */
export const bodyKind = (contentType: string | undefined): BodyKind => {
  if (contentType === undefined || contentType === '') return { type: 'none' };
  if (contentType === 'application/json') return { type: 'json' };
  const read = readParametrised(contentType);
  if (read === undefined) return { type: 'other' };
  const { value, parameters } = read;
  if (value === 'application/json' || /^[\w.!#$&^-]+\/[\w.!#$&^-]+\+json$/.test(value)) {
    return /^utf-?8$/i.test(parameters.get('charset') ?? 'utf-8') ? { type: 'json' } : { type: 'other' };
  }
  const boundary = parameters.get('boundary');
  if (value !== 'multipart/form-data' || boundary === undefined) return { type: 'other' };
  // RFC 2046, 5.1.1: 1 to 70 characters, the last of them no space.
  return /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/.test(boundary)
    ? { type: 'multipart', boundary }
    : { type: 'other' };
};
