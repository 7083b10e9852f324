import { CrankError, type Finding } from '#src/core/error.ts';

/** Something that stops the deployment. `file` is '' where no file of the source is to blame. */
export const problem = (file: string, message: string, fix: string, line?: number): Finding => ({
  level: 'error',
  file,
  ...(line === undefined ? {} : { line }),
  message,
  fix,
});

/** Something the author should know although the deployment goes on. */
export const remark = (file: string, message: string, fix: string, line?: number): Finding => ({
  ...problem(file, message, fix, line),
  level: 'warning',
});

/** The error for a source that cannot become a version; its detail repeats the first reason, since many read no further. */
export const notDeployable = (findings: readonly Finding[]): CrankError => {
  const errors = findings.filter((finding) => finding.level === 'error');
  const first = errors[0];
  if (first === undefined) throw new TypeError('notDeployable needs a finding of level error');
  const where = first.file === '' ? '' : `${first.file}${first.line === undefined ? '' : `:${first.line}`}: `;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new CrankError('not-deployable', `${where}${first.message} ${first.fix}${more}`, { findings: [...findings] });
};

/** Throws `not-deployable` where an error is among the findings. */
export const assertDeployable = (findings: readonly Finding[]): void => {
  if (findings.some((finding) => finding.level === 'error')) throw notDeployable(findings);
};

/** Text from elsewhere for use in a message: one line, no control characters, at most `max` UTF-16 code units. */
export const quote = (text: string, max = 80): string => {
  const clean = text.replace(/\p{Cc}/gu, '\ufffd').toWellFormed();
  return `"${clean.length > max ? `${clean.slice(0, max)}…` : clean}"`;
};
