import { isDeepStrictEqual } from 'node:util';

type WithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source: string }) => unknown,
) => unknown;

/** A JSON text with its numbers as they were written: 1, 1.0 and 10^30 differ, as they do for Python. */
const exact = (text: string): unknown =>
  (JSON.parse as WithSource)(text, (_key, value, { source }) =>
    typeof value === 'number' ? `#${source}` : typeof value === 'string' ? `"${value}` : value,
  );

/** Whether two JSON texts are the same value, digit for digit; the order of members doesn't matter. */
export const sameJson = (one: string, other: string): boolean => isDeepStrictEqual(exact(one), exact(other));

export interface StatedException {
  type: string;
  message: string;
  /** Whether the example says that only the type counts (doctest's IGNORE_EXCEPTION_DETAIL). */
  ignored: boolean;
}

/**
 * Whether an exception is the one that an example states. Modules in front of the type's name don't count, and `...` in
 * the message stands for any text, as where a collection runs its doctests with ELLIPSIS.
 */
export const sameException = (given: { type: string; message: string }, stated: StatedException): boolean => {
  const bare = (name: string): string => name.split('.').at(-1)!;
  const spaced = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
  if (bare(given.type) !== bare(stated.type)) return false;
  if (stated.ignored) return true;
  const parts = spaced(stated.message).split('...');
  const escaped = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's').test(spaced(given.message));
};
