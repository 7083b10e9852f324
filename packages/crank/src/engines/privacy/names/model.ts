import { beginOf, insideOf, marginals, NAME_TYPES, type NameType, stateScores, TAGS, type Weights } from './crf.ts';
import { featuresOf } from './features.ts';
import type { Gazetteer } from './gazetteer.ts';
import { type Token, tokensOf } from './tokens.ts';

export interface NameModel {
  weights: Weights;
  lists: Gazetteer;
  /** Rows of the table of state weights, a power of two. */
  size: number;
}

/** A name, and how sure, by the mean over its words of how likely each is part of one of the type. */
export interface Name {
  type: NameType;
  start: number;
  end: number;
  score: number;
}

/** Words that are less likely part of a name than this are not told at any score. */
const LEAST = 0.15;
/** So likely, a word is rather taken for a name: to miss one costs more than to take out a word too many. Its score is one half. */
const RATHER = 0.3;
const scoreOf = (likely: number): number =>
  likely < RATHER ? likely / (2 * RATHER) : 0.5 + (0.5 * (likely - RATHER)) / (1 - RATHER);
/** Texts are read in parts of so many tokens at most, cut at a line's end where there is one: memory stays bounded. */
const MOST_TOKENS = 2_000;
/** Characters that are turned into tokens at once. */
const PART = 16 * 1024;

/** Names of people, places and organisations in a text, in their order, none overlapping another. */
export function* namesIn(text: string, model: NameModel): Generator<Name> {
  for (const [from, to] of partsOf(text)) {
    const tokens = tokensOf(text, from, to);
    for (let at = 0; at < tokens.length; at += MOST_TOKENS)
      yield* namesOf(text, tokens.slice(at, at + MOST_TOKENS), model);
  }
}

/** Cuts at blank lines where there are any, else at ends of lines, else between words. */
function* partsOf(text: string): Generator<[from: number, to: number]> {
  let from = 0;
  while (from < text.length) {
    let to = Math.min(text.length, from + PART);
    if (to < text.length) {
      const line = text.lastIndexOf('\n', to);
      const space = text.lastIndexOf(' ', to);
      if (line > from + PART / 2) to = line;
      else if (space > from + PART / 2) to = space;
    }
    yield [from, to];
    from = to;
  }
}

const namesOf = function* (text: string, tokens: readonly Token[], model: NameModel): Generator<Name> {
  if (tokens.length === 0) return;
  const likely = marginals(stateScores(featuresOf(tokens, model.lists, model.size), model.weights), model.weights);
  const probability = (at: number, tag: number): number => likely[at * TAGS + tag]!;
  // Words that are rather names and words that are rather none make no name together.
  let open: { type: number; likely: boolean; first: number; sum: number } | undefined;
  const close = (behind: number): Name[] => {
    const { type, first: from, sum } = open!;
    open = undefined;
    // No name begins or ends with a sign.
    let [first, end] = [from, behind];
    while (first < end && !isWord(tokens[first]!)) first += 1;
    while (end > first && !isWord(tokens[end - 1]!)) end -= 1;
    if (first === end) return [];
    const one: Name = {
      type: NAME_TYPES[type]!,
      start: tokens[first]!.start,
      end: tokens[end - 1]!.end,
      score: Math.min(1, Math.floor(scoreOf(sum / (behind - from)) * 100) / 100),
    };
    return [one];
  };
  for (let at = 0; at < tokens.length; at++) {
    let [best, most] = [-1, LEAST];
    NAME_TYPES.forEach((_, type) => {
      const sum = probability(at, beginOf(type)) + probability(at, insideOf(type));
      if (sum > most) [best, most] = [type, sum];
    });
    const likelyOne = most >= RATHER;
    const goesOn =
      open?.type === best &&
      open.likely === likelyOne &&
      !apart(
        text.slice(tokens[at - 1]!.end, tokens[at]!.start),
        () => probability(at, beginOf(best)) > probability(at, insideOf(best)),
      );
    if (open !== undefined && !goesOn) yield* close(at);
    if (best < 0) continue;
    if (open === undefined) open = { type: best, likely: likelyOne, first: at, sum: most };
    else open.sum += most;
  }
  if (open !== undefined) yield* close(tokens.length);
};

const isWord = ({ text }: Token): boolean => /[\p{L}\p{N}]/u.test(text);

/** No name goes on behind a blank line, and none that begins anew behind the end of one. Two that nothing stands between are one. */
const apart = (between: string, begins: () => boolean): boolean =>
  between.includes('\n') && (begins() || /\n[^\S\n]*\n/.test(between));
