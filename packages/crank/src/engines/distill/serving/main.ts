/** A student: tells what a text is, how sure it is, and why. `card` says what it learnt from and how good it is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, answerOf, type Reason, reasonsFor } from './answer.ts';
import { type Drift, driftOf, type Looks } from './drift.ts';
import { refused } from './refused.ts';
import { readStudent } from './student-file.ts';

const here = import.meta.dirname;
const student = readStudent(readFileSync(join(here, 'student.bin')));
const facts = JSON.parse(readFileSync(join(here, 'card.json'), 'utf8')) as {
  threshold: number;
  looks: Looks;
};

/**
 * The label of a text; null where no label is likely enough.
 * @param threshold how likely a label has to be, 0 to 1; that of the card otherwise
 */
export const classify = (text: string, threshold: number = facts.threshold): Answer =>
  answerOf(student, text, threshold);

/**
 * The labels of many texts, in their order.
 * @param threshold how likely a label has to be, 0 to 1; that of the card otherwise
 */
export const classify_batch = (texts: string[], threshold: number = facts.threshold): Answer[] =>
  texts.map((text) => answerOf(student, text, threshold));

/**
 * The label of a text, and which words spoke for it and against it.
 * @param label which one is explained; the likeliest otherwise
 * @param most words that are named
 */
export const explain = (text: string, label?: string, most = 10): Answer & { of: string; reasons: Reason[] } => {
  const answer = answerOf(student, text, facts.threshold);
  const of = label ?? Object.entries(answer.scores).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  if (!student.labels.includes(of)) throw refused(`there is no label ${of}: ${student.labels.join(', ')}`, 'label');
  return { ...answer, of, reasons: reasonsFor(student, text, of, most) };
};

/**
 * Whether texts of now look like those that the student was chosen by: where they do not, what the card says of accuracy need not
 * hold any more. Some hundred texts tell; look at them as they come, such as by a schedule.
 */
export const drift = (texts: string[]): Drift => driftOf(student, facts.looks, texts);

/** What it learnt from, by whom, and how good it is on what. */
export const card = (): unknown => facts;
