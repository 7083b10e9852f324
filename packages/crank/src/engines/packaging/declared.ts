import type { Finding } from '#src/core/error.ts';
import { problem, quote } from './findings.ts';
import { parseRequirement, type Requirement } from './pep508.ts';

/** What one file declares. */
export interface Declared {
  readonly requirements: readonly Requirement[];
  /** They bound versions without asking for a package. */
  readonly constraints: readonly Requirement[];
  /** Of extras and groups: asked for where the code imports what they bring. */
  readonly offered?: readonly Requirement[];
  /** Specifier for the interpreter (PEP 440). */
  readonly python?: string;
}

/** Reads PEP 508 lines; what is none is a finding. */
export const parseLines = (file: string, lines: readonly string[], findings: Finding[]): Requirement[] =>
  lines.flatMap((line) => {
    const requirement = parseRequirement(line);
    if (!('wrong' in requirement)) return [requirement];
    if (findings.length < 50) findings.push(problem(file, `${quote(line)} ${requirement.wrong}.`, requirement.fix));
    return [];
  });
