import { bestOf, type Scored, temperatureOf } from './calibrate.ts';
import { evaluate } from './evaluate.ts';
import type { Example } from './examples.ts';
import { quantise } from './quantise.ts';
import { featuresOf } from './serving/features.ts';
import { type Student, scoresOf } from './serving/student.ts';
import { writeStudent } from './serving/student-file.ts';
import { cnnScores, cnnSpec, trainCnn } from './train-cnn.ts';
import { linearScores, linearSpec, trainLinear } from './train-linear.ts';

/** One that was trained, and how it did on the texts that choose. */
export interface Candidate {
  name: string;
  accuracy: number;
  macroF1: number;
  bytes: number;
  /** Texts of which the quantised model says another label than the one it was made of. */
  flips: number;
}

export interface Trained {
  student: Student;
  /** Every candidate, the chosen one first. */
  candidates: Candidate[];
}

export interface TrainOptions {
  seed: number;
  /** Which students are tried. */
  kinds?: readonly ('linear' | 'cnn')[];
  /** Orders of n-grams of characters, for what words do not tell. */
  characters?: readonly number[];
}

/**
 * Trains students, calibrates and quantises them, and chooses by what they do on validation: macro-F1, then accuracy, then
 * size. What is measured is the quantised one, since that is what answers.
 */
export const train = (
  examples: readonly Example[],
  validation: readonly Example[],
  labels: readonly string[],
  { seed, kinds = ['linear', 'cnn'], characters = [] }: TrainOptions,
): Trained => {
  const made = kinds.map((kind) => {
    const trained =
      kind === 'linear'
        ? trainLinear(examples, labels.length, linearSpec(labels.length, characters), { seed })
        : trainCnn(examples, labels.length, cnnSpec, { seed });
    const exact = (text: string): Float64Array =>
      trained.kind === 'linear' ? linearScores(trained, featuresOf(trained.features, text)) : cnnScores(trained, text);
    const draft = quantise(trained, labels, 1);
    const scored = scoreAll((text) => scoresOf(draft, text), validation);
    const student = { ...draft, temperature: temperatureOf(scored) };
    const flips = validation.filter(({ text }, i) => bestOf(exact(text)) !== bestOf(scored[i]!.scores)).length;
    const { accuracy, macroF1 } = evaluate(scored, labels, { temperature: student.temperature, seed });
    return { student, candidate: { name: kind, accuracy, macroF1, bytes: writeStudent(student).length, flips } };
  });
  made.sort(
    ({ candidate: a }, { candidate: b }) => b.macroF1 - a.macroF1 || b.accuracy - a.accuracy || a.bytes - b.bytes,
  );
  return { student: made[0]!.student, candidates: made.map(({ candidate }) => candidate) };
};

/** What a model says of texts, beside what they are. */
export const scoreAll = (scores: (text: string) => Float64Array, examples: readonly Example[]): Scored[] =>
  examples.map(({ text, label }) => ({ scores: scores(text), label }));
