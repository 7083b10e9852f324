import { fisherWorse } from '#src/core/fisher.ts';

/** How probable it is at most that a canary which fails no more often than the latest version is ever held to be worse. */
const FALSE_ALARM = 0.001;

export interface Comparison {
  statistic: string;
  /** Probability of so many failures of the canary, or more, were both equally good; null before both had calls. */
  p: number | null;
  /** What `p` must be below for the canary to count as worse at this look: less with every look, so that all together hold. */
  level: number;
  worse: boolean;
}

interface Counted {
  calls: number;
  failures: number;
}

/**
 * Whether a canary fails more often: Fisher's exact test, one-sided. Look k is held to 0.001 · 6 / (π² k²), which adds up to
 * 0.001 over all looks (Bonferroni), whenever they are taken.
 *
 * @param look its number, from 1
 */
export const compare = (canary: Counted, latest: Counted, look: number): Comparison => {
  const p = canary.calls === 0 || latest.calls === 0 ? null : fisherWorse(canary, latest);
  const level = (FALSE_ALARM * 6) / (Math.PI ** 2 * look ** 2);
  return { statistic: 'Fisher, one-sided', p, level, worse: p !== null && p < level };
};
