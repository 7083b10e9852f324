const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  ki: 2 ** 10,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mi: 2 ** 20,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gi: 2 ** 30,
  gib: 2 ** 30,
};

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, min: 60e3, h: 3_600e3 };

/** Bytes from `512Mi`, `8 MiB`, `1.5G` or `1024` (binary and decimal units of IEC 80000-13); undefined for anything else. */
export const parseBytes = (text: string): number | undefined => {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(text.trim());
  const unit = match === null ? undefined : BYTES[match[2]!.toLowerCase()];
  return unit === undefined ? undefined : Math.round(Number(match![1]) * unit);
};

/** Milliseconds from `10s`, `250ms`, `1m30s` or `1.5 h`; undefined for anything else, also for a number without a unit. */
export const parseDuration = (text: string): number | undefined => {
  const parts = text.trim().match(/^(?:\d{1,12}(?:\.\d{1,6})? ?(?:ms|s|min|m|h) ?){1,4}$/);
  if (parts === null) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?) ?(ms|s|min|m|h)/g))
    total += Number(amount) * MILLISECONDS[unit!]!;
  return Math.round(total);
};
