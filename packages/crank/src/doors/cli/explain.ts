import type { Finding, InputError, ScriptException } from '#src/core/error.ts';
import type { Problem } from '#src/core/problem.ts';

/** A problem for people: what happened, where, and what to do. */
export const explain = (problem: Problem): string => {
  const lines = [`crank: ${problem.detail}`];
  const { findings, errors, exception, call } = problem as {
    findings?: Finding[];
    errors?: InputError[];
    exception?: ScriptException;
    call?: string;
  };
  for (const finding of findings ?? []) {
    lines.push(`  ${finding.file}${finding.line ? `:${finding.line}` : ''}: ${finding.message}`, `    ${finding.fix}`);
  }
  if ((errors?.length ?? 0) > 1) for (const error of errors!) lines.push(`  ${error.pointer || '/'}: ${error.message}`);
  if (exception) lines.push(exception.traceback?.trimEnd() ?? `  ${exception.type}: ${exception.message}`);
  if (call) lines.push(`  call ${call}`);
  return lines.join('\n');
};
