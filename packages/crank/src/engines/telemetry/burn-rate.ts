/** Calls that count for an objective, and those of them that missed it. */
export interface Tally {
  valid: number;
  bad: number;
}

export type Severity = 'page' | 'ticket';

/** When an error budget burns so fast that somebody is told. */
export interface BurnRule {
  severity: Severity;
  /** Minutes. The short window ends the alert soon after the trouble has. */
  long: number;
  short: number;
  /** So many times as fast as the budget lasts a month. */
  rate: number;
}

/** "Multiwindow, Multi-Burn-Rate Alerts" of Google's SRE Workbook, chapter 5, table 5-8: 2% of a month's budget in an hour, 5% in six, 10% in three days. */
export const burnRules: readonly BurnRule[] = [
  { severity: 'page', long: 60, short: 5, rate: 14.4 },
  { severity: 'page', long: 6 * 60, short: 30, rate: 6 },
  { severity: 'ticket', long: 3 * 24 * 60, short: 6 * 60, rate: 1 },
];

/** With fewer bad calls in the long window nobody is told: one slow call of a few is no trend. */
const LEAST_BAD = 5;

/** How many times faster than allowed the error budget is used up. */
export const burnRate = ({ valid, bad }: Tally, target: number): number =>
  valid === 0 ? 0 : bad / valid / (1 - target);

/** The first rule that holds; undefined where none does. @param tally of so many minutes up to now */
export const burning = (tally: (minutes: number) => Tally, target: number): BurnRule | undefined =>
  burnRules.find(({ long, short, rate }) => {
    const whole = tally(long);
    if (whole.bad < LEAST_BAD || burnRate(whole, target) < rate) return false;
    return burnRate(tally(short), target) >= rate;
  });
