import type { Detector } from './finding.ts';
import { withAddresses } from './names/addresses.ts';
import { NAME_TYPES } from './names/crf.ts';
import { namesIn } from './names/model.ts';
import { nameModel } from './names/read-model.ts';

/** Whether a type is one of these: texts have them without a digit or a sign that would tell. */
export const isNameType = (type: string): boolean => (NAME_TYPES as readonly string[]).includes(type);

/** Names of people, places and organisations, by a model: it is wrong more often than what has a form, and only asked where it is wanted. */
export const name: Detector = {
  types: NAME_TYPES,
  needs: /\p{L}\p{L}/u,
  *find({ text, context }) {
    // Names of fields say what a value is, as a form does.
    const before = context === '' ? '' : `${context}: `;
    const whole = before + text;
    for (const { type, start, end, score } of withAddresses(whole, namesIn(whole, nameModel())))
      if (start >= before.length) yield { type, start: start - before.length, end: end - before.length, score };
  },
};
