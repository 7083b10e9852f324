/** One line of CSV (RFC 4180, section 2), with its end; null is an empty field. */
export const csvLine = (fields: readonly (string | number | null)[]): string => `${fields.map(field).join(',')}\r\n`;

const field = (value: string | number | null): string => {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
