import type * as TS from 'typescript-api';
import type { Schema } from './forms.ts';

const numbers = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
const counts = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'];
const texts = ['format'];

/** What the comment of a member says of its values: its description, and tags named like JSON Schema's keywords. */
export const tagsOf = (ts: typeof TS, checker: TS.TypeChecker, symbol: TS.Symbol): Schema => {
  const about = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const said: Schema = about === '' ? {} : { description: about };
  for (const { name, text } of symbol.getJsDocTags(checker)) {
    const value = ts.displayPartsToString(text).trim();
    if (
      (numbers.includes(name) && Number.isFinite(Number(value)) && value !== '') ||
      (counts.includes(name) && /^\d+$/.test(value))
    )
      said[name] = Number(value);
    else if (texts.includes(name) && value !== '') said[name] = value;
    else if (name === 'deprecated') said['deprecated'] = true;
    else if (name === 'asType' && value === 'integer') said['type'] = 'integer';
  }
  return said;
};
