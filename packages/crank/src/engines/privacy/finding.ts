import type { Subject } from './context.ts';

/** Personal data, or a secret, in a text. */
export interface Finding {
  /** `email`, `card`, `us-ssn`, ... */
  type: string;
  /** UTF-16 code units from the text's beginning. */
  start: number;
  end: number;
  /** How sure, 0 to 1: what a checksum, a distinctive form and the words around it add up to. */
  score: number;
}

/** Finds one type, or a family of types. Its time must grow with the text's length only. */
export interface Detector {
  types: readonly string[];
  /** What a text has where anything is found in it: others are not searched, which is most of the short ones. */
  needs: RegExp;
  find(subject: Subject): Iterable<Finding>;
}

/** Findings below it are not told unless asked for. */
export const SURE = 0.5;
