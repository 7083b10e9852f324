/** Digits zero of the scripts of Unicode whose ten digits follow one another and that people type. */
const ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];

const foldOne = (unit: string): string => {
  const code = unit.charCodeAt(0);
  const zero = ZEROS.find((first) => code >= first && code < first + 10);
  if (zero !== undefined) return String(code - zero);
  // Full-width forms stand 0xfee0 above ASCII.
  if (code > 0xff00 && code < 0xff5f) return String.fromCharCode(code - 0xfee0);
  if (/[\p{Zs}\t]/u.test(unit)) return ' ';
  if (/[\p{Pd}\u2212]/u.test(unit)) return '-';
  return unit;
};

/** A text of the same length in which digits, spaces, dashes and full-width letters are ASCII, so that offsets stay. */
export const fold = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII
  /^[\x00-\x08\x0a-\x7f]*$/.test(text) ? text : text.replace(/[\t\x80-\uffff]/g, foldOne);
