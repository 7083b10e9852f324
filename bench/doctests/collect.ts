import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StatedException } from './compare.ts';

/** One worked example with literal arguments: it states a value or an exception. JSON texts keep their digits. */
export interface Example {
  line: number;
  source: string;
  operation: string;
  /** JSON text of the arguments by name. */
  input: string;
  /** JSON text of the value stated, and the docstring's own words for it. */
  value?: string;
  text?: string;
  exception?: StatedException;
}

/** One Python file of a collection. */
export interface Collected {
  entry: string;
  /** Whether it is Python at all, for the Python that read it. */
  parsed: boolean;
  counts: Record<string, number>;
  examples: Example[];
  /** Paths of what goes with it: itself, the files of the collection that it imports, data beside it. */
  files: string[];
  /** Top names of the modules that it imports from elsewhere. */
  imports: string[];
}

const EXAMPLES = fileURLToPath(new URL('examples.py', import.meta.url));

/** Reads the examples of a folder; nothing of it is run. @param python the interpreter whose syntax counts */
export const collect = (folder: string, python: string): Collected[] =>
  execFileSync(python, [EXAMPLES, folder], { encoding: 'utf8', maxBuffer: 1 << 28 })
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Collected);
