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

const SIZE = /^(\d{1,15})(?:(K|M|G|T)(?:i?B)?|B)?$/;

/** Bytes of a size such as `500M` or `5GiB` (units of 1024); undefined where it is none. */
export const parseSize = (text: string): number | undefined => {
  const [, count, unit] = SIZE.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * 1024 ** (unit === undefined ? 0 : ' KMGT'.indexOf(unit));
};
