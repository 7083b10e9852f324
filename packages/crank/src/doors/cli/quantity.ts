/** A share of a whole: 0.105 is `10.5%`. */
export const percent = (share: number): string => `${Math.round(share * 1e4) / 100}%`;

/** Bytes in the largest unit that leaves a whole part. */
export const size = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};
