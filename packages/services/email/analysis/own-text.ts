/** "Ana wrote:" and its kin, before what is quoted. */
const ATTRIBUTION =
  /^(?:on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb.{0,80}|le\b.{4,200}\ba écrit|el\b.{4,200}\bescribi[óo]|il\b.{4,200}\bha scritto|op\b.{4,200}\bschreef.{0,80}|.{2,120}\b(?:wrote|writes|said|schrieb))\s*:\s*$/i;
const FORWARDED =
  /^(?:-{2,}\s*(?:original message|forwarded message|begin forwarded message|ursprüngliche nachricht|message d'origine|mensaje original)\s*-{2,}|begin forwarded message:|_{20,}|>?from:\s.+)$/i;
const SIGNATURE = /^(?:-- ?|--\s*|_{3,}|={5,}|\*{5,})$/;
/** Lines of a signature that nothing marks. */
const CLOSING =
  /^(?:(?:kind|best|warm)?\s*regards|cheers|sincerely(?: yours)?|mit freundlichen grüßen|cordialement|saludos|sent from my \w+.*),?\.?$/i;
const MOST_CLOSING = 8;

/** What the sender wrote: without what is quoted, the lines that introduce it, and the signature. */
export const ownText = (text: string): string => {
  const kept: string[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const code = line.charCodeAt(0);
    if (code === 0x3e || (code === 0x7c && line.charCodeAt(1) === 0x20)) continue;
    const trimmed = line.trim();
    const last = trimmed.charCodeAt(trimmed.length - 1);
    if (last === 0x3a) {
      if (ATTRIBUTION.test(trimmed)) continue;
    } else if (trimmed.length < 100) {
      const next = lines[at + 1]?.trim() ?? '';
      // An attribution that was broken into two lines.
      if (
        next.endsWith(':') &&
        next.length < 60 &&
        /^(?:on|am|le|el)\b/i.test(trimmed) &&
        ATTRIBUTION.test(`${trimmed} ${next}`)
      ) {
        at++;
        continue;
      }
    }
    if (SIGNATURE.test(trimmed) && kept.length > 0) {
      // What is quoted below a signature is skipped as well: nothing below is the sender's, but for answers between quotes.
      if (line.startsWith('--')) break;
    }
    if (FORWARDED.test(trimmed) && (trimmed.startsWith('-') || trimmed.startsWith('_') || headerFollows(lines, at)))
      break;
    if (CLOSING.test(trimmed) && lines.length - at <= MOST_CLOSING) break;
    kept.push(line);
  }
  return kept.join('\n').trim();
};

/** `From:` begins a quoted header where others follow. */
const headerFollows = (lines: readonly string[], at: number): boolean =>
  lines.slice(at + 1, at + 5).filter((line) => /^(?:sent|to|cc|subject|date):\s/i.test(line.trim())).length >= 2;
