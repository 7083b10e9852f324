/** A whole number of the smallest part as decimal text, with all digits that matter and no exponent. @param digits behind the point */
export const formatDecimal = (value: bigint, digits: number): string => {
  if (digits === 0) return value.toString();
  const sign = value < 0n ? '-' : '';
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  return `${sign}${text.slice(0, -digits)}${fraction === '' ? '' : `.${fraction}`}`;
};
