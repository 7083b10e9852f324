export interface Burst {
  from: string;
  to: string;
  messages: number;
  /** How many were to be expected in that time. */
  expected: number;
}

export interface Silence {
  from: string;
  to: string;
  days: number;
}

const DAY = 86_400_000;
const dayOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

/** Weeks on either side that say what is usual. */
const AROUND = 28;

/**
 * Days on which far more came than in the four weeks around them: above the mean by five times what chance does to counts
 * (the square root of the mean). Neighbouring days are one burst.
 */
export const bursts = (days: ReadonlyMap<number, number>): Burst[] => {
  const found: (Burst & { last: number })[] = [];
  const numbers = [...days.keys()].sort((a, b) => a - b);
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first === undefined || last === undefined) return [];
  for (const day of numbers) {
    const count = days.get(day)!;
    let sum = 0;
    let seen = 0;
    for (let other = Math.max(first, day - AROUND); other <= Math.min(last, day + AROUND); other++) {
      if (Math.abs(other - day) <= 1) continue;
      sum += days.get(other) ?? 0;
      seen++;
    }
    if (seen < 7) continue;
    const mean = sum / seen;
    if (count < 5 || count <= mean + 5 * Math.sqrt(Math.max(mean, 1))) continue;
    const before = found.at(-1);
    if (before !== undefined && before.last === day - 1) {
      before.to = dayOf(day);
      before.last = day;
      before.messages += count;
      before.expected += mean;
    } else found.push({ from: dayOf(day), to: dayOf(day), messages: count, expected: mean, last: day });
  }
  return found
    .map(({ from, to, messages, expected }) => ({ from, to, messages, expected: Math.round(expected * 10) / 10 }))
    .sort((a, b) => b.messages / (b.expected + 1) - a.messages / (a.expected + 1))
    .slice(0, 20);
};

/** The longest times without a message that are longer than what is usual between two days with mail. */
export const silences = (days: ReadonlyMap<number, number>): Silence[] => {
  const numbers = [...days.keys()].sort((a, b) => a - b);
  const gaps = numbers.slice(1).map((day, index) => ({ from: numbers[index]! + 1, days: day - numbers[index]! - 1 }));
  const lengths = gaps.map((gap) => gap.days).sort((a, b) => a - b);
  const usual = lengths[Math.floor(lengths.length * 0.95)] ?? 0;
  return gaps
    .filter((gap) => gap.days >= 3 && gap.days > usual)
    .sort((a, b) => b.days - a.days)
    .slice(0, 10)
    .map((gap) => ({ from: dayOf(gap.from), to: dayOf(gap.from + gap.days - 1), days: gap.days }));
};
