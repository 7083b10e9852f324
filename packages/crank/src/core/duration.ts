const FORM = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as `500ms`, `5s`, `2m`, `1h`, `7d`; undefined where it is none. */
export const parseDuration = (text: string): number | undefined => {
  const match = FORM.exec(text);
  return match === null ? undefined : Math.ceil(Number(match[1]) * UNITS[match[2]!]!);
};

/** The same the other way, in the largest unit that leaves no fraction. */
export const formatDuration = (ms: number): string => {
  const unit = ['d', 'h', 'm', 's'].find((one) => ms > 0 && ms % UNITS[one]! === 0) ?? (ms === 0 ? 's' : 'ms');
  return `${ms / UNITS[unit]!}${unit}`;
};
