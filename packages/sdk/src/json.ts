// JSON whose whole numbers keep their digits, by ECMAScript's "JSON.parse source text access", which TypeScript does not know yet.
const { rawJSON } = JSON as unknown as { rawJSON?: (text: string) => unknown };
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/** The text of a value; `bigint`s are numbers. @throws TypeError for one where the runtime cannot write it */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== 'bigint') return each;
    if (rawJSON === undefined)
      throw new TypeError('This runtime has no JSON.rawJSON: send a number instead of a bigint.');
    return rawJSON(String(each));
  }) ?? 'null';

/** @param digits whole numbers beyond 2^53 become `bigint`s, where they would lose digits */
export const fromJson = (text: string, digits: boolean): unknown => {
  // Most texts have no such number, and parse three times faster without a look at each value.
  if (!digits || !/\d{16}/.test(text)) return JSON.parse(text);
  const keep: Reviver = (_, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    if (context?.source === undefined)
      throw new TypeError('This runtime parses JSON without the digits: use callText.');
    return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
  };
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
};
