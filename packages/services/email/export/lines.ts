/** One line of CSV (RFC 4180). A cell that a spreadsheet would compute is text there: it gets an apostrophe in front. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => `"${(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`).join(',')}\r\n`;

/** One line of a Concordance load file: fields in U+00FE with U+0014 between them, line breaks within as U+00AE. */
export const datLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => `\u00fe${cell.replaceAll('\u00fe', '').replaceAll('\u0014', ' ').replace(/\r?\n/g, '\u00ae')}\u00fe`).join('\u0014')}\r\n`;
