import type { RedactRule } from '#src/core/personal-data.ts';
import { isNameType } from './name.ts';
import { type Counts, count, editsOf, rulesForText, type TokensOf, wantedBy, withEdits } from './redact-text.ts';

/** Of what was let go, so much is looked at again for words that tell what follows. */
const LOOK_BACK = 256;
/** More is not held back: longer things are found up to here only. UTF-16 code units. */
const MOST_HELD = 8 * 1024;

/** Behind a line's end, or behind two plain words, nothing goes on that began before. */
const CALM = /\n|\p{L}{2,}[ ,.;:!?]{1,3}\p{L}{2,}[ ,.;:!?]{1,3}(?=[^@])/gu;
/** The same where names are looked for, which have several words: behind three that are written small. */
const CALM_NAMES = /\n|(?:(?<![\p{L}\p{N}])\p{Ll}{2,}[ ,.;:!?]{1,3}){3}(?=[^@])/gu;
const PEM = '-----BEGIN';

/** Up to where a text cannot be the beginning of something that is still to come. */
const calmUpTo = (text: string, calmPlace: RegExp): number => {
  let calm = 0;
  for (const { index, 0: found } of text.matchAll(calmPlace)) calm = index + found.length;
  const pem = text.lastIndexOf(PEM);
  return pem >= 0 && !text.includes('-----END', pem) ? Math.min(calm, pem) : calm;
};

/** A text that comes in pieces, and leaves in as many. */
export interface TextStream {
  /** @returns pieces that may go out now, in order; what could be the beginning of something stays until more has come */
  push(piece: string): string[];
  /** The rest: nothing more will come. */
  end(): string[];
}

/** Takes out what the rules name, also where it lies across pieces: its stand-in is in the piece where it began. */
export const createTextStream = (rules: readonly RedactRule[], tokensOf: TokensOf, counts: Counts): TextStream => {
  const wanted = wantedBy(rulesForText(rules));
  const calmPlace = [...wanted.keys()].some(isNameType) ? CALM_NAMES : CALM;
  let before = '';
  let held: string[] = [];

  /** Lets pieces go that end at or before a place in what is held. */
  const release = (upTo: number): string[] => {
    const text = before + held.join('');
    const edits = editsOf(text, wanted, tokensOf).filter(({ end }) => end > before.length);
    const ends: number[] = [];
    for (const piece of held) ends.push((ends.at(-1) ?? before.length) + piece.length);
    // Nothing that was found is cut in two by what stays.
    const cuts = (end: number): boolean => edits.some((edit) => edit.start < end && edit.end > end);
    while (ends.length > 0 && (ends.at(-1)! > upTo + before.length || cuts(ends.at(-1)!))) ends.pop();
    let at = before.length;
    const out = ends.map((end, index) => {
      const from = at;
      at = end;
      const inside = edits
        .filter((edit) => edit.start < end && edit.end > from)
        .map((edit) => ({
          ...edit,
          start: Math.max(0, edit.start - from),
          end: Math.min(end, edit.end) - from,
          // In the piece where it began; what began before all of them is new to us.
          text: edit.start >= from || index === 0 ? edit.text : '',
        }));
      return withEdits(held[index]!, inside);
    });
    held = held.slice(out.length);
    count(
      counts,
      edits.filter((edit) => edit.start < at),
    );
    before = text.slice(Math.max(0, at - LOOK_BACK), at);
    return out;
  };

  return {
    push: (piece) => {
      held.push(piece);
      const text = held.join('');
      if (text.length > MOST_HELD) return release(text.length);
      const calm = calmUpTo(text, calmPlace);
      return calm >= held[0]!.length ? release(calm) : [];
    },
    end: () => release(held.join('').length),
  };
};
