import { describe, expect, it } from 'vitest';
import { majority, naiveBayes } from '#src/engines/distill/baselines.ts';
import { calibrationError, lossOf, temperatureOf, thresholdFor } from '#src/engines/distill/calibrate.ts';
import { clustersOf } from '#src/engines/distill/duplicates.ts';
import { evaluate } from '#src/engines/distill/evaluate.ts';
import { suspectsOf } from '#src/engines/distill/noise.ts';
import { drawFrom } from '#src/engines/distill/random.ts';
import { chooseFirst, chooseNext } from '#src/engines/distill/select.ts';
import { answerOf, reasonsFor } from '#src/engines/distill/serving/answer.ts';
import { kolmogorovSmirnov } from '#src/engines/distill/serving/drift.ts';
import { featuresOf, hashOf, tokensOf } from '#src/engines/distill/serving/features.ts';
import { type Student, scoresOf, softmax } from '#src/engines/distill/serving/student.ts';
import { readStudent, writeStudent } from '#src/engines/distill/serving/student-file.ts';
import { groupSplit, randomSplit, timeSplit } from '#src/engines/distill/split.ts';
import { scoreAll, train } from '#src/engines/distill/train.ts';
import { linearSpec, trainOn } from '#src/engines/distill/train-linear.ts';
import { TICKET_LABELS, tickets } from '../support/tickets.ts';

const spec = linearSpec(3);
const wrongly = <T extends { label: number }>(items: readonly T[], share: number): T[] => {
  const draw = drawFrom(9);
  return items.map((one) => (draw() < share ? { ...one, label: (one.label + 1 + Math.floor(draw() * 2)) % 3 } : one));
};

describe('texts become numbers', () => {
  it('by rules that do not change under a version', () => {
    expect(tokensOf('Straße №5: It’s 12,345 €!', 100)).toEqual(['straße', 'no', '0', "it's", '00', '000', '€', '!']);
    expect([hashOf(''), hashOf('spam'), hashOf('naïve')]).toEqual([2872998923, 3392988608, 1531839163]);
    const { ids, values } = featuresOf({ ...spec, buckets: 2 ** 10 }, 'to be or not to be');
    expect([...ids]).toEqual([...ids].sort((a, b) => a - b));
    expect(values.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 6);
  });
});

describe('near-duplicates', () => {
  const long =
    'the quarterly report of the northern office is late again and nobody knows when it will be there '.repeat(3);
  it('are one cluster, whatever differs in a word', () => {
    expect([...clustersOf([long, 'something else', `${long} indeed`, long.toUpperCase(), 'something more'])]).toEqual([
      0, 1, 0, 0, 4,
    ]);
  });

  it('never lie on both sides of a split', () => {
    const clusters = Array.from({ length: 300 }, (_, i) => Math.floor(i / 3) * 3);
    const times = clusters.map((_, i) => (i * 7919) % 300);
    const groups = clusters.map((_, i) => ['a', 'b', 'c'][(i * 31) % 3 === 0 ? 0 : i % 3]);
    for (const split of [
      randomSplit(300, { clusters, seed: 1 }),
      timeSplit(times, { clusters, seed: 1 }),
      groupSplit(groups, new Set(['c']), { clusters, seed: 1 }),
    ]) {
      const sides = [split.train, split.validation, split.test].map((side) => new Set(side.map((i) => clusters[i]!)));
      for (const [i, side] of sides.entries())
        for (const other of sides.slice(i + 1)) expect([...side].filter((one) => other.has(one))).toEqual([]);
      expect(split.train.length).toBeGreaterThan(100);
    }
    const { train: old, test } = timeSplit(times, { clusters: times.map((_, i) => i), seed: 1 });
    expect(Math.min(...test.map((i) => times[i]!))).toBeGreaterThan(Math.max(...old.map((i) => times[i]!)));
  });
});

describe('students', () => {
  const all = tickets(360, 1);
  const test = tickets(300, 2);
  const { student, candidates } = train(all.slice(0, 280), all.slice(280), TICKET_LABELS, { seed: 3 });

  it('are better than the baselines, small, and the same for the same seed', () => {
    const of = (scores: (text: string) => Float64Array): number =>
      evaluate(scoreAll(scores, test), TICKET_LABELS, { temperature: 1, seed: 1 }).accuracy;
    const accuracy = of((text) => scoresOf(student, text));
    expect(accuracy).toBeGreaterThan(0.97);
    expect(accuracy).toBeGreaterThan(of(majority(all, 3).scores) + 0.5);
    expect(of(naiveBayes(all, 3, spec).scores)).toBeGreaterThan(0.9);
    expect(candidates.map(({ name }) => name).sort()).toEqual(['cnn', 'linear']);
    for (const { bytes, flips } of candidates) expect([bytes < 300_000, flips <= 1]).toEqual([true, true]);
    const again = train(all.slice(0, 280), all.slice(280), TICKET_LABELS, { seed: 3, kinds: [student.kind] });
    expect(Buffer.from(writeStudent(again.student)).equals(writeStudent(student))).toBe(true);
  });

  it('of both kinds come back from their files, and say why', () => {
    for (const kind of ['linear', 'cnn'] as const) {
      const one = train(all.slice(0, 120), all.slice(300), TICKET_LABELS, { seed: 3, kinds: [kind] }).student;
      const bytes = writeStudent(one);
      const read: Student = readStudent(Buffer.from(bytes)); // as a file comes
      const text = 'Hello, I was charged twice for the laptop, I want my money back.';
      expect(scoresOf(read, text)).toEqual(scoresOf(one, text));
      expect(answerOf(read, text, 0.5).label).toBe('billing');
      expect(answerOf(read, text, 1.1).label).toBeNull();
      expect(
        reasonsFor(read, text, 'billing', 5).some(
          ({ feature, weight }) => /charged|money|twice/.test(feature) && weight > 0,
        ),
      ).toBe(true);
      expect(() => readStudent(bytes.subarray(0, bytes.length - 1))).toThrow('too early');
    }
    expect(() => readStudent(new Uint8Array(20))).toThrow('no student');
  });
});

describe('likelihoods', () => {
  it('become true by a temperature that is found again', () => {
    const draw = drawFrom(4);
    // Scores three times as sure as they may be.
    const scored = Array.from({ length: 1_000 }, () => {
      const true_ = Float64Array.from([draw() * 3, draw() * 3]);
      return { scores: true_.map((one) => one * 3), label: draw() < softmax(true_)[0]! ? 0 : 1 };
    });
    const temperature = temperatureOf(scored);
    expect(temperature).toBeGreaterThan(2.5);
    expect(temperature).toBeLessThan(3.6);
    expect(lossOf(scored, temperature)).toBeLessThan(lossOf(scored, 1));
    expect(calibrationError(scored, temperature)).toBeLessThan(calibrationError(scored, 1) / 3);
    const found = thresholdFor(scored, temperature, 0.85)!;
    expect(found.coverage).toBeLessThan(1);
    expect(thresholdFor(scored, temperature, 1.01)).toBeUndefined();
  });

  it('never become certain by a few texts without a mistake', () => {
    const scored = Array.from({ length: 15 }, (_, i) => ({
      scores: Float64Array.from([i % 2 ? 3 : -3, 0]),
      label: i % 2 ? 0 : 1,
    }));
    const [sure] = softmax(Float64Array.from([3, 0]), temperatureOf(scored));
    expect(sure).toBeCloseTo(16 / 17, 3);
  });

  it('are reported with what they were measured on', () => {
    const scored = [0, 0, 1, 1].map((label, i) => ({
      label,
      scores: Float64Array.from(i === 3 ? [1, 0] : [1 - label, label]),
    }));
    const { accuracy, macroF1, confusion, intervals } = evaluate(scored, ['a', 'b'], { temperature: 1, seed: 1 });
    expect([accuracy, confusion]).toEqual([0.75, [[2, 0], [1, 1]]]); // biome-ignore format: a matrix
    expect(macroF1).toBeCloseTo((0.8 + 2 / 3) / 2, 9);
    expect(intervals.accuracy[0]).toBeLessThan(accuracy);
  });
});

describe('labels', () => {
  const all = tickets(400, 5);
  it('that are wrong are found by models that did not see them', () => {
    const noisy = wrongly(all, 0.1);
    const wrong = new Set(noisy.flatMap(({ label }, i) => (label === all[i]!.label ? [] : [i])));
    const suspects = suspectsOf(noisy, 3, spec, 1);
    const found = suspects.filter(({ index }) => wrong.has(index));
    expect(found.length).toBeGreaterThan(wrong.size * 0.8);
    expect(found.length).toBeGreaterThan(suspects.length * 0.7);
    expect(found.filter(({ index, likely }) => likely === all[index]!.label).length).toBe(found.length);
  });

  it('are asked for where they tell most', () => {
    const features = all.map(({ text }) => featuresOf(spec, text));
    const first = chooseFirst(features, 12, 1);
    expect(new Set(first).size).toBe(12);
    const model = trainOn(
      first.map((i) => ({ ...features[i]!, label: all[i]!.label })),
      3,
      spec,
      { seed: 1 },
    );
    const next = chooseNext(model, features, new Set(first), 12);
    expect(next.filter((i) => first.includes(i))).toEqual([]);
    expect(chooseNext(model, features, new Set(all.keys()), 12)).toEqual([]);
  });
});

describe('drift', () => {
  it('is told by a test that knows how often chance looks like it', () => {
    const draw = drawFrom(8);
    const sample = (count: number, most = 1): number[] =>
      Array.from({ length: count }, () => most * draw()).sort((a, b) => a - b);
    const chances = Array.from({ length: 300 }, () => kolmogorovSmirnov(sample(300), sample(100)));
    expect(chances.filter((p) => p < 0.05).length).toBeGreaterThan(3);
    expect(chances.filter((p) => p < 0.05).length).toBeLessThan(30);
    expect(kolmogorovSmirnov(sample(300), sample(100, 0.7))).toBeLessThan(0.001);
    expect(kolmogorovSmirnov([], [1])).toBe(1);
  });
});
