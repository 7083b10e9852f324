/** One entry of examples/index.json. */
export interface Example {
  name: string;
  path: string;
  operation: string;
  input: Record<string, unknown>;
  files: Record<string, string>;
  /** A part of the result (of a stream, of the array of its items); null where the result is a file. */
  expect: unknown;
  needsNetwork: boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value has all that is expected: of objects the keys named, of arrays every item in order, else the value itself. */
export const isPartOf = (expected: unknown, value: unknown): boolean => {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(value) &&
      value.length === expected.length &&
      expected.every((item, at) => isPartOf(item, value[at]))
    );
  }
  if (isObject(expected)) {
    return (
      isObject(value) &&
      Object.entries(expected).every(([key, member]) => Object.hasOwn(value, key) && isPartOf(member, value[key]))
    );
  }
  return expected === value;
};
