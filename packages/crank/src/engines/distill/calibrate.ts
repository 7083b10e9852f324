import { softmax } from './serving/student.ts';

/** What a model said of a text, and what it is. */
export interface Scored {
  scores: Float64Array;
  label: number;
}

const BINS = 15;

/**
 * Mean negative log-likelihood, in nats.
 *
 * @param doubt share of each text that is taken to be of the other labels, evenly
 */
export const lossOf = (scored: readonly Scored[], temperature: number, doubt = 0): number => {
  let sum = 0;
  for (const { scores, label } of scored)
    for (const [c, likely] of softmax(scores, temperature).entries()) {
      const share = c === label ? 1 - doubt : doubt / (scores.length - 1);
      if (share > 0) sum -= share * Math.log(Math.max(1e-12, likely));
    }
  return sum / scored.length;
};

/**
 * The temperature that makes likelihoods true (Guo et al. 2017), by golden-section search over its logarithm. It never changes
 * which label is the likeliest. As
 * in Platt's scaling (1999), so many texts without a mistake do not make anything certain: each is doubted by 1 / (texts + 2).
 */
export const temperatureOf = (scored: readonly Scored[]): number => {
  if (scored.length === 0) return 1;
  const doubt = 1 / (scored.length + 2);
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.05), Math.log(20)];
  for (let i = 0; i < 40; i++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (lossOf(scored, Math.exp(left), doubt) < lossOf(scored, Math.exp(right), doubt)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
};

/** Expected calibration error: how far confidence and accuracy lie apart, in 15 bins of equal width. */
export const calibrationError = (scored: readonly Scored[], temperature: number): number => {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, sure: 0, right: 0 }));
  for (const { scores, label } of scored) {
    const likely = softmax(scores, temperature);
    const best = bestOf(likely);
    const bin = bins[Math.min(BINS - 1, Math.floor(likely[best]! * BINS))]!;
    bin.count += 1;
    bin.sure += likely[best]!;
    if (best === label) bin.right += 1;
  }
  return bins.reduce((sum, { sure, right }) => sum + Math.abs(sure - right), 0) / Math.max(1, scored.length);
};

/** Index of the largest; the first of equals. */
export const bestOf = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
};

/**
 * The confidence from which answers are right as often as is asked for, on these texts; undefined where none is. The bound is
 * the lower end of the interval, so that a threshold is not what luck made it.
 *
 * @param target share of right answers, 0 to 1
 */
export const thresholdFor = (
  scored: readonly Scored[],
  temperature: number,
  target: number,
): { threshold: number; coverage: number } | undefined => {
  const sure = scored
    .map(({ scores, label }) => {
      const likely = softmax(scores, temperature);
      const best = bestOf(likely);
      return { confidence: likely[best]!, right: best === label };
    })
    .sort((a, b) => b.confidence - a.confidence);
  let right = 0;
  let found: { threshold: number; coverage: number } | undefined;
  for (const [i, one] of sure.entries()) {
    if (one.right) right += 1;
    if (sure[i + 1]?.confidence === one.confidence) continue;
    if (right / (i + 1) >= target) found = { threshold: one.confidence, coverage: (i + 1) / sure.length };
  }
  return found;
};
