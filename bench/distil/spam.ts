import { majority, naiveBayes } from '../../packages/crank/src/engines/distill/baselines.ts';
import { type Evaluation, evaluate } from '../../packages/crank/src/engines/distill/evaluate.ts';
import { studentToOnnx } from '../../packages/crank/src/engines/distill/onnx-student.ts';
import { type Student, scoresOf, softmax } from '../../packages/crank/src/engines/distill/serving/student.ts';
import { writeStudent } from '../../packages/crank/src/engines/distill/serving/student-file.ts';
import { scoreAll, train } from '../../packages/crank/src/engines/distill/train.ts';
import { linearSpec } from '../../packages/crank/src/engines/distill/train-linear.ts';
import { markdown } from '../machine.ts';
import { percent, SEED, spamCorpus } from './corpus.ts';
import { LABELS } from './spam-data.ts';

const row = (split: string, model: string, { texts, accuracy, macroF1, intervals, confusion, ...rest }: Evaluation) => [
  split,
  model,
  String(texts),
  `${percent(accuracy)} (${percent(intervals.accuracy[0])} to ${percent(intervals.accuracy[1])})`,
  macroF1.toFixed(3),
  rest.calibrationError.toFixed(3),
  `${confusion[0]![1]} of ${confusion[0]![0]! + confusion[0]![1]!}`,
  `${confusion[1]![0]} of ${confusion[1]![0]! + confusion[1]![1]!}`,
];

/** Students on the SpamAssassin corpus, on three splits, beside the baselines; how large, how fast, how long to train. */
export const spam = (): void => {
  const { read, mails, splits } = spamCorpus();
  console.log(`${read} mails, ${mails.length} without near-duplicates; subject and body only; seed ${SEED}\n`);
  const rows: string[][] = [];
  const candidates: string[][] = [];
  let chosen: Student | undefined;
  for (const [split, indices] of Object.entries(splits)) {
    const side = (of: readonly number[]) => of.map((i) => mails[i]!);
    const [learn, choose, test] = [side(indices.train), side(indices.validation), side(indices.test)];
    const started = process.cpuUsage();
    const wall = performance.now();
    const trained = train(learn, choose, LABELS, { seed: SEED });
    const used = process.cpuUsage(started);
    const { student } = trained;
    if (split === 'random') chosen = student;
    for (const { name, accuracy, macroF1, bytes, flips } of trained.candidates)
      candidates.push([
        ...[split, name, String(learn.length), `${percent(accuracy)} / ${macroF1.toFixed(3)} of ${choose.length}`],
        ...[`${(bytes / 1000).toFixed(0)} kB`, String(flips)],
        `${((used.user + used.system) / 1e6).toFixed(0)} s CPU, ${((performance.now() - wall) / 1e3).toFixed(0)} s, both`,
      ]);
    const judge = (name: string, scores: (text: string) => Float64Array, temperature = 1): void => {
      rows.push(row(split, name, evaluate(scoreAll(scores, test), LABELS, { temperature, seed: SEED })));
    };
    judge(`student (${student.kind})`, (text) => scoresOf(student, text), student.temperature);
    judge('naive Bayes', naiveBayes(learn, 2, linearSpec(2)).scores);
    judge('majority', majority(learn, 2).scores);
  }
  console.log(
    markdown(
      ['split', 'model', 'texts', 'accuracy (95%)', 'macro-F1', 'ECE', 'ham called spam', 'spam called ham'],
      rows,
    ),
  );
  console.log(
    `\n${markdown(['split', 'student', 'trained on', 'validation: accuracy / macro-F1', 'size', 'flips by int8', 'training'], candidates)}`,
  );
  const test = splits.random.test.map((i) => mails[i]!.text);
  // The fastest of five of each text: what other programs on the machine take is not the student's.
  const once = (text: string): number => {
    const start = performance.now();
    softmax(scoresOf(chosen!, text), chosen!.temperature);
    return performance.now() - start;
  };
  const times = test.map((text) => Math.min(...Array.from({ length: 5 }, () => once(text)))).sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor(share * (times.length - 1))]!.toFixed(2);
  console.log(
    `\nA text in process, from its characters to likelihoods: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (the fastest of five of each). The file of the student has ${writeStudent(chosen!).length} bytes, as ONNX ${studentToOnnx(chosen!).length}.`,
  );
};
