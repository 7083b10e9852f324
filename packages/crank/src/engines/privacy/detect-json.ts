import { walkJson } from '#src/core/walk-json.ts';
import { pointerWords } from './context.ts';
import { detect } from './detect.ts';

/**
 * How often each of some types stands in the strings, numbers and names of a JSON text.
 *
 * @throws SyntaxError where it is not JSON
 * @throws RangeError where it nests too deep
 */
export const detectInJson = (json: string, types: readonly string[]): [type: string, count: number][] => {
  const counts = new Map<string, number>();
  const look = (text: string, context: string): void => {
    for (const { type } of detect(text, { types, context })) counts.set(type, (counts.get(type) ?? 0) + 1);
  };
  walkJson(
    json,
    (pointer, start, end, type) => {
      if (type === 'string') look(JSON.parse(json.slice(start, end)) as string, pointerWords(pointer));
      else if (type === 'number') look(json.slice(start, end), pointerWords(pointer));
      return true;
    },
    (_, start, end) => look(JSON.parse(json.slice(start, end)) as string, ''),
  );
  return [...counts];
};
