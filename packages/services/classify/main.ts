/** CrankClassify: texts told apart by small models that come along. docs/classify.md */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, answerOf, type Reason, reasonsFor } from './serving/answer.ts';
import { type Drift, driftOf, type Looks } from './serving/drift.ts';
import { refused } from './serving/refused.ts';
import type { Student } from './serving/student.ts';
import { readStudent } from './serving/student-file.ts';

/** `spam`: ham or spam. `language`: ISO 639-1, and the script of Chinese. */
export type Model = 'spam' | 'language';

interface Ready {
  student: Student;
  card: { threshold: number; looks: Looks };
}

const ready = new Map<Model, Ready>();
for (const model of ['spam', 'language'] as const) {
  const folder = join(import.meta.dirname, 'models', model);
  ready.set(model, {
    student: readStudent(readFileSync(join(folder, 'student.bin'))),
    card: JSON.parse(readFileSync(join(folder, 'card.json'), 'utf8')) as Ready['card'],
  });
}

/**
 * The label of a text; null where no label is likely enough.
 * @param threshold how likely a label has to be, 0 to 1; that of the model's card otherwise
 */
export const classify = (text: string, model: Model = 'spam', threshold?: number): Answer => {
  const { student, card } = ready.get(model)!;
  return answerOf(student, text, threshold ?? card.threshold);
};

/**
 * The labels of many texts, in their order.
 * @param threshold how likely a label has to be, 0 to 1; that of the model's card otherwise
 */
export const classify_batch = (texts: string[], model: Model = 'spam', threshold?: number): Answer[] =>
  texts.map((text) => classify(text, model, threshold));

/**
 * The label of a text, and what spoke for it and against it: words, or pieces of words behind `#`.
 * @param label which one is explained; the likeliest otherwise
 * @param most reasons that are named
 */
export const explain = (
  text: string,
  model: Model = 'spam',
  label?: string,
  most = 10,
): Answer & { of: string; reasons: Reason[] } => {
  const { student } = ready.get(model)!;
  const answer = classify(text, model);
  const of = label ?? Object.entries(answer.scores).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  if (!student.labels.includes(of)) throw refused(`there is no label ${of}: ${student.labels.join(', ')}`, 'label');
  return { ...answer, of, reasons: reasonsFor(student, text, of, most) };
};

/**
 * Whether texts of now look like those that the model was chosen by: where they do not, what the card says of accuracy need not
 * hold. Some hundred texts tell.
 */
export const drift = (texts: string[], model: Model = 'spam'): Drift => {
  const { student, card } = ready.get(model)!;
  return driftOf(student, card.looks, texts);
};

/** What each model learnt from, under which licence, and how good it is on what. */
export const cards = (): Record<string, unknown> =>
  Object.fromEntries([...ready].map(([model, { card }]) => [model, card]));
