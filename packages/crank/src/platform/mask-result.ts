import { CrankError, type ErrorExtras } from '#src/core/error.ts';
import type { SandboxOutcome, SandboxResult } from '#src/engines/sandbox/sandbox.ts';
import { removeFiles } from './scratch.ts';
import type { Mask } from './secret-mask.ts';

/**
 * A call's result without the secrets that it was given: masked in what it printed, said and answered. A file that has one
 * is not handed out. Everything behind this (validation, policy, records, answers) sees the masked form only.
 */
export const maskResult = async (result: SandboxResult, mask: Mask): Promise<SandboxResult> => {
  const cut = result.truncatedBytes > 0;
  return {
    ...result,
    stdout: mask.text(result.stdout, cut),
    stderr: mask.text(result.stderr, cut),
    outcome: await maskOutcome(result.outcome, mask),
  };
};

const maskOutcome = async (outcome: SandboxOutcome, mask: Mask): Promise<SandboxOutcome> => {
  switch (outcome.type) {
    case 'value':
      return { type: 'value', json: mask.json(outcome.json) };
    case 'stream':
      return outcome;
    case 'file': {
      if (!(await mask.isIn(outcome.path))) return { ...outcome, name: mask.text(outcome.name) };
      await removeFiles([outcome.path]);
      const detail =
        'The file has a secret in it that the call was given, so it is not handed out: write it without the secret.';
      return { type: 'failed', code: 'invalid-output', detail };
    }
    case 'failed': {
      // Long texts were cut inside.
      const text = (one: string): string => mask.text(one, true);
      const { detail, exception, errors } = outcome;
      return {
        ...outcome,
        detail: text(detail),
        ...(exception && {
          exception: {
            type: text(exception.type),
            message: text(exception.message),
            ...(exception.traceback !== undefined && { traceback: text(exception.traceback) }),
          },
        }),
        ...(errors && {
          errors: errors.map(({ pointer, message }) => ({ pointer: text(pointer), message: text(message) })),
        }),
      };
    }
  }
};

/** The same for what is thrown instead. */
export const maskError = (error: unknown, mask: Mask): unknown => {
  if (!(error instanceof CrankError)) return error;
  const { cause: _, ...told } = error.extras;
  const extras = JSON.parse(Buffer.from(mask.json(Buffer.from(JSON.stringify(told)))).toString()) as ErrorExtras;
  return new CrankError(error.code, mask.text(error.message), extras);
};
