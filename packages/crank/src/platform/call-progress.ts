import type { Progress } from '#src/core/progress.ts';
import type { CallRequest } from './call.ts';
import type { CallState } from './call-state.ts';
import type { Platform } from './platform.ts';

/**
 * What becomes of what the script says of its progress; undefined where nobody hears it. Secrets are masked. Where policy
 * decides on outputs, or has them searched, messages go nowhere: they would be a way around it.
 */
export const tellProgress = (
  platform: Platform,
  { target, principal, secrets, stream, redactor }: CallState,
  { onProgress }: CallRequest,
): ((progress: Progress) => void) | undefined => {
  if (onProgress === undefined && stream?.progress === undefined) return undefined;
  const fractionOnly =
    redactor !== undefined || platform.policy.decidesOutput(target.account, target.service, principal.account);
  return ({ fraction, message }) => {
    const told = { fraction, message: fractionOnly ? '' : (secrets?.mask.text(message, true) ?? message) };
    onProgress?.(told);
    stream?.progress?.(told);
  };
};
