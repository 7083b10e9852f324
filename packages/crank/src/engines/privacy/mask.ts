const stars = (text: string): string => text.replace(/[\p{L}\p{N}]/gu, '*');

/** All but the last few letters and digits. */
const starsBefore = (text: string, kept: number): string => {
  let left = (text.match(/[\p{L}\p{N}]/gu) ?? []).length - kept;
  return text.replace(/[\p{L}\p{N}]/gu, (char) => (left-- > 0 ? '*' : char));
};

const email = (text: string): string => {
  const at = text.lastIndexOf('@');
  const labels = text.slice(at + 1).split('.');
  const host = labels.length > 1 ? `${labels[0]![0]}***.${labels.at(-1)}` : '***';
  return `${[...text][0]}***@${host}`;
};

/** A secret's, or a field's, length is nobody's business. */
const HIDDEN = '***';

/**
 * A value in its shape, without what it says: `j***@e***.org`, `**** **** **** 1111` (PCI DSS allows the last four),
 * `+** ** *****67`. Of numbers of persons, which have few digits that are not guessed, nothing stays but the separators.
 */
export const mask = (type: string, text: string): string => {
  switch (type) {
    case 'email':
      return text.includes('[') ? '***@***' : email(text);
    case 'card':
      return starsBefore(text, 4);
    case 'iban':
      return text.slice(0, 2) + starsBefore(text.slice(2), 4);
    case 'phone':
      return starsBefore(text, 2);
    case 'secret':
    case 'url':
    case 'crypto-address':
    case 'person':
    case 'location':
    case 'organisation':
    case 'field':
      return HIDDEN;
    default:
      return stars(text);
  }
};
