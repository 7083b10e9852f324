import { gramsOf, hashOf, tokensOf } from './features.ts';
import { type Student, scoresOf, softmax } from './student.ts';

/** What a text is. */
export interface Answer {
  /** The likeliest label; null where it is not likely enough. */
  label: string | null;
  /** Likelihood of the likeliest label, 0 to 1. */
  confidence: number;
  /** Likelihoods by label. */
  scores: Record<string, number>;
}

/** What spoke for a label, and how much: its share of the score, before likelihoods are made of it. */
export interface Reason {
  feature: string;
  weight: number;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** @param threshold a label that is less likely is not given */
export const answerOf = (student: Student, text: string, threshold: number): Answer => {
  const likely = softmax(scoresOf(student, text), student.temperature);
  let best = 0;
  for (let i = 1; i < likely.length; i++) if (likely[i]! > likely[best]!) best = i;
  const confidence = rounded(likely[best]!);
  return {
    label: likely[best]! >= threshold ? student.labels[best]! : null,
    confidence,
    scores: Object.fromEntries(student.labels.map((label, i) => [label, rounded(likely[i]!)])),
  };
};

/**
 * What decided for a label, the strongest first. Of a linear student it is exact: words and pairs of them with their share.
 * Of a network, what the score loses when a word is not there.
 */
export const reasonsFor = (student: Student, text: string, label: string, most: number): Reason[] => {
  const index = student.labels.indexOf(label);
  const shares = student.kind === 'linear' ? linearShares(student, text, index) : lostWithout(student, text, index);
  return [...shares]
    .sort(([a, x], [b, y]) => Math.abs(y) - Math.abs(x) || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([feature, weight]) => ({ feature, weight: rounded(weight) }));
};

/** Against the mean of the others: what speaks for all labels alike speaks for none. */
const linearShares = (student: Student & { kind: 'linear' }, text: string, index: number): Map<string, number> => {
  const { features, weights, scales, labels } = student;
  const counts = new Map<string, number>();
  for (const gram of gramsOf(features, text)) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  const byPlace = new Map<number, { count: number; grams: string[] }>();
  for (const [gram, count] of counts) {
    const place = hashOf(gram) & (features.buckets - 1);
    const there = byPlace.get(place) ?? { count: 0, grams: [] };
    there.count += count;
    there.grams.push(gram);
    byPlace.set(place, there);
  }
  let squares = 0;
  for (const { count } of byPlace.values()) squares += (1 + Math.log(count)) ** 2;
  const length = Math.sqrt(squares);
  const shares = new Map<string, number>();
  for (const [place, { count, grams }] of byPlace) {
    const row = place * labels.length;
    const weight = (label: number): number => weights[row + label]! * scales[label]!;
    let others = 0;
    for (let label = 0; label < labels.length; label++) if (label !== index) others += weight(label);
    const share = weight(index) - others / Math.max(1, labels.length - 1);
    if (share !== 0) shares.set(grams.join(' | '), (share * (1 + Math.log(count))) / length);
  }
  return shares;
};

/** Words that are tried one by one. */
const TRIED = 64;

const lostWithout = (student: Student & { kind: 'cnn' }, text: string, index: number): Map<string, number> => {
  const tokens = tokensOf(text, student.features.most).slice(0, student.features.length);
  const marginOf = (words: readonly string[]): number => {
    const scores = scoresOf(student, words.join(' '));
    const others = scores.reduce((sum, score) => sum + score, 0) - scores[index]!;
    return scores[index]! - others / Math.max(1, scores.length - 1);
  };
  const whole = marginOf(tokens);
  const shares = new Map<string, number>();
  for (const word of [...new Set(tokens)].slice(0, TRIED)) {
    const lost = whole - marginOf(tokens.filter((token) => token !== word));
    if (lost !== 0) shares.set(word, lost);
  }
  return shares;
};
