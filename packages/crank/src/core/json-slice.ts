import { walkJson } from './walk-json.ts';

/**
 * The text of one value within a JSON text, as it was written; undefined where there is none. Of members with the same name
 * it is the last, as for `JSON.parse`.
 *
 * @param pointer RFC 6901
 * @throws as `walkJson`
 */
export const sliceJson = (text: string, pointer: string): string | undefined => {
  let found: string | undefined;
  walkJson(text, (at, start, end) => {
    if (at === pointer) found = text.slice(start, end);
    return true;
  });
  return found;
};
