import { createHash } from 'node:crypto';
import type { Report } from './loop/distil.ts';
import { studentToOnnx } from './onnx-student.ts';
import type { Looks } from './serving/drift.ts';
import type { Student } from './serving/student.ts';
import { writeStudent } from './serving/student-file.ts';

/** Where a student comes from. */
export interface Lineage {
  /** SHA-256 of the texts as they were handed in. */
  texts: string;
  /** Service and version that trained it. */
  trainedBy: string;
  /** Absent where persons labelled. */
  teacher?: { url: string; model: string } | undefined;
  seed: number;
}

export interface Card {
  labels: readonly string[];
  about?: string | undefined;
  threshold: number;
  /** Of the texts that it was chosen by, for `drift`. */
  looks: Looks;
  lineage: Lineage;
  report: Report;
  files: { 'student.bin': string; 'model.onnx': string };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a student's version consists of beside the files that serve: the student, as ONNX too, and what is known of it. */
export const studentFiles = (
  student: Student,
  facts: Pick<Card, 'about' | 'threshold' | 'looks' | 'lineage' | 'report'>,
): Record<string, Uint8Array> => {
  const bytes = writeStudent(student);
  const onnx = studentToOnnx(student);
  const card: Card = {
    labels: student.labels,
    ...facts,
    files: { 'student.bin': sha256(bytes), 'model.onnx': sha256(onnx) },
  };
  // What is for programs alone stands in one line.
  const { looks, ...rest } = card;
  const text = `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "looks": ${JSON.stringify(looks)}\n}`;
  return {
    'student.bin': bytes,
    'model.onnx': onnx,
    'card.json': Buffer.from(`${text}\n`),
    'CARD.md': Buffer.from(cardText(card)),
  };
};

/** The card for people. */
const cardText = ({ labels, about, threshold, lineage, report, files }: Card): string => {
  const { texts, labels: counts, test, baselines, abstain, person, cost } = report;
  const who =
    counts.source === 'teacher' ? `the teacher ${lineage.teacher?.model} (${lineage.teacher?.url})` : 'persons';
  const rows = test.classes.map(
    ({ label, precision, recall, f1, support }) =>
      `| ${label} | ${percent(precision)} | ${percent(recall)} | ${f1.toFixed(3)} | ${support} |`,
  );
  const lines = [
    `# Tells ${labels.join(', ')}`,
    '',
    ...(about ? [about, ''] : []),
    `Learnt from ${counts.train} labels by ${who}, chosen by ${counts.validation}, measured on ${counts.test}, from ${texts.distinct} texts without near-duplicates (${texts.read} were handed in).`,
    ...(counts.source === 'teacher'
      ? [
          `The labels cost $${(cost.microUsd / 1e6).toFixed(4)} in ${cost.questions} questions${cost.isExhausted ? ', all that the budget had' : ''}. ${counts.suspects} labels were doubted, ${counts.corrected} corrected, ${counts.dropped} dropped.`,
        ]
      : []),
    '',
    `On the ${texts.split} split, against labels by ${who}: accuracy ${percent(test.accuracy)} (95%: ${percent(test.intervals.accuracy[0])} to ${percent(test.intervals.accuracy[1])}), macro-F1 ${test.macroF1.toFixed(3)}, calibration error ${test.calibrationError.toFixed(3)}. Naive Bayes ${percent(baselines.naiveBayes)}, the most frequent label ${percent(baselines.majority)}.`,
    person
      ? `On ${person.texts} texts that a person labelled, and nothing was trained on: accuracy ${percent(person.student.accuracy)}, the teacher ${person.teacher === undefined ? 'not asked' : percent(person.teacher)}.`
      : counts.source === 'teacher'
        ? 'No person checked any label: how good the teacher is stays unknown.'
        : '',
    `Below a confidence of ${threshold.toFixed(3)} it gives no label. That was chosen for ${percent(abstain.target)} right answers on validation; on the test it answered ${percent(abstain.onTest.coverage)}, and ${percent(abstain.onTest.accuracy)} of that rightly.`,
    '',
    '| label | precision | recall | F1 | texts |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `Student: ${report.student.kind}, trained by ${lineage.trainedBy}, seed ${lineage.seed}.`,
    `SHA-256: texts ${lineage.texts}, student.bin ${files['student.bin']}, model.onnx ${files['model.onnx']}.`,
  ];
  return `${lines.join('\n')}\n`;
};
