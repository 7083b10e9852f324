/** What mailers put before a subject when they answer or pass on, in the languages that they speak; and names of lists. */
const PREFIX =
  /^\s*(?:(?:re|aw|antw|sv|vs|ref|rif|r|odp|ynt|fw|fwd|wg|tr|rv|enc|vl|vb|doorst|i|回复|转发|答复|返信)\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}|\^\d{1,3})?\s*[::]|\[[^\]]{1,40}\])\s*/i;

/** The subject without what came with answers (RFC 5256 §2.1, and beyond), in lower case. */
export const baseSubject = (subject: string): string => {
  let base = subject;
  for (let round = 0; round < 20; round++) {
    const shorter = base.replace(PREFIX, '').replace(/\s*\(fwd\)\s*$/i, '');
    if (shorter === base || shorter === '') break;
    base = shorter;
  }
  return base.replace(/\s+/g, ' ').trim().toLowerCase();
};
