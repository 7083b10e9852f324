import { CrankError, type Finding } from '#src/core/error.ts';
import type { OpaRun } from './opa-run.ts';

/** Something that `opa` found in a source. */
export interface OpaFault {
  /** `rego_parse_error`, `rego_type_error`, `rego_compile_error`, `` where opa gave no code */
  code: string;
  message: string;
  file: string;
  line?: number;
}

interface JsonFault {
  message: string;
  code?: string;
  location?: { file?: string; row?: number };
}

const parseJson = (text: string): JsonFault[] | undefined => {
  try {
    return (JSON.parse(text) as { errors?: JsonFault[] }).errors;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // opa writes some errors as plain text
    throw error;
  }
};

/** The faults that a run of `opa` reported, as JSON or as lines `file:line: code: message`; none where it succeeded. */
export const readFaults = ({ code, stdout, stderr }: OpaRun): OpaFault[] => {
  if (code === 0) return [];
  const json = parseJson(stdout) ?? parseJson(stderr);
  if (json !== undefined && json.length > 0) {
    return json.map(({ message, code: kind = '', location }) => ({
      code: kind,
      message,
      file: location?.file ?? '',
      ...(location?.row !== undefined && location.row > 0 && { line: location.row }),
    }));
  }
  const text = `${stderr}${stdout}`.trim();
  const placed = [...text.matchAll(/(?:^|\s)([^\s:]+):([0-9]+): (?:([a-z_]+): )?(.+)/g)];
  if (placed.length === 0) return [{ code: '', message: text.slice(0, 1000) || `opa ended with ${code}`, file: '' }];
  return placed.map(([, file, line, kind = '', message]) => ({
    code: kind,
    message: message!,
    file: file!,
    line: Number(line),
  }));
};

const fixFor = ({ code, message }: OpaFault): string => {
  if (message.includes('undefined function')) return 'Check the name of the function.';
  if (code === 'rego_parse_error') return 'Mend the syntax there (crank policy test runs the same compiler).';
  if (code === 'rego_type_error') return 'Mend the types or names there.';
  return 'Mend it and apply again.';
};

/** Faults as findings. `note` stands before each message. */
export const toFindings = (faults: readonly OpaFault[], note = ''): Finding[] =>
  faults.slice(0, 20).map((fault) => ({
    level: 'error',
    file: fault.file,
    ...(fault.line !== undefined && { line: fault.line }),
    message: `${note}${fault.message}`,
    fix: fixFor(fault),
  }));

/** The error for a policy that is refused; its detail repeats the first finding with its place. */
export const refused = (findings: readonly Finding[]): CrankError => {
  const [first] = findings;
  const place = first === undefined || first.file === '' ? '' : `${first.file}${first.line ? `:${first.line}` : ''}: `;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  const detail = `The policy is refused: ${place}${first?.message ?? 'it is empty'}. ${first?.fix ?? ''}${more}`;
  return new CrankError('not-deployable', detail, { findings: [...findings] });
};
