import { fisherWorse } from '#src/core/fisher.ts';

/** Calls of the canary between two looks at it. */
export const LOOK_EVERY = 16;
/** How probable it is at most that a canary which fails no more often than the latest version is ever held to be worse. */
const FALSE_ALARM = 0.001;

export interface Comparison {
  statistic: string;
  /** Probability of so many failures of the canary, or more, were both equally good; null before both had calls. */
  p: number | null;
  /** What `p` must be below for the canary to count as worse: less with every look, so that all looks together hold. */
  level: number | null;
  worse: boolean;
}

interface Counted {
  calls: number;
  failures: number;
}

/**
 * Whether a canary fails more often: Fisher's exact test, one-sided, after every 16 calls of the canary; look k is held to
 * 0.001 · 6 / (π² k²), which adds up to 0.001 over all looks (Bonferroni).
 */
export const compare = (canary: Counted, latest: Counted): Comparison => {
  const look = Math.floor(canary.calls / LOOK_EVERY);
  const p = canary.calls === 0 || latest.calls === 0 ? null : fisherWorse(canary, latest);
  const level = look === 0 ? null : (FALSE_ALARM * 6) / (Math.PI ** 2 * look ** 2);
  return { statistic: 'Fisher, one-sided', p, level, worse: p !== null && level !== null && p < level };
};
