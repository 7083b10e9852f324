import { CrankError } from '#src/core/error.ts';
import { walkJson } from '#src/core/walk-json.ts';

/** Stands where a value was taken out. */
const REDACTED = '"[redacted]"';

/** A string, number or boolean in an output. */
export interface OutputField {
  /** JSON Pointer (RFC 6901); '' is the whole output. */
  path: string;
  value: string | number | boolean;
  /** The value as JSON text, digit for digit. */
  source: string;
}

export interface OutputFields {
  fields: readonly OutputField[];
  /** Why this is not all of them: policy that has to see all must then deny. */
  incomplete?: string;
}

/** Every string, number and boolean of an output, in its order; null, arrays and objects are not fields. @throws SyntaxError where it is not JSON */
export const outputFields = (json: string, most = 10_000): OutputFields => {
  const fields: OutputField[] = [];
  let incomplete: string | undefined;
  try {
    walkJson(json, (path, start, end, type) => {
      if (type === 'null' || type === 'array' || type === 'object') return true;
      if (fields.length === most) {
        incomplete = `it has more than ${most} fields`;
        return false;
      }
      const source = json.slice(start, end);
      fields.push({ path, value: JSON.parse(source) as OutputField['value'], source });
      return true;
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    incomplete = error.message;
  }
  return incomplete === undefined ? { fields } : { fields, incomplete };
};

/**
 * A JSON text with the values at some JSON Pointers replaced by the string "[redacted]"; everything else stays byte for
 * byte. Pointers to nothing are passed over.
 *
 * @throws CrankError `invalid-output` where the text nests too deep to be walked
 * @throws SyntaxError where it is not JSON
 */
export const redact = (json: string, pointers: readonly string[]): string => {
  const wanted = new Set(pointers);
  // Inner values end first: one that holds others found before takes their place.
  const found: { start: number; end: number }[] = [];
  try {
    walkJson(json, (pointer, start, end) => {
      if (!wanted.has(pointer)) return true;
      while (found.length > 0 && found.at(-1)!.start >= start) found.pop();
      found.push({ start, end });
      return true;
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CrankError('invalid-output', `The result cannot be redacted: ${error.message}.`, { cause: error });
  }
  let out = '';
  let at = 0;
  for (const { start, end } of found) {
    out += json.slice(at, start) + REDACTED;
    at = end;
  }
  return out + json.slice(at);
};
