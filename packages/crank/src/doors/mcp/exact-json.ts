/** What `JSON.parse` tells a reviver of a primitive, and `JSON.rawJSON` (ECMAScript's "JSON.parse source text access"). */
interface Source {
  source?: string;
}
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: Source) => unknown): unknown;
  rawJSON(text: string): object;
};

/** Parses JSON so that `JSON.stringify` writes its numbers with the digits that they had: 10^30, 2^53 + 1 and 1.0 among them. */
export const parseExactly = (text: string): unknown =>
  parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  );
