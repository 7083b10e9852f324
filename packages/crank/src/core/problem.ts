import { type CrankError, catalogue } from './error.ts';

/** An error as it leaves: `application/problem+json` (RFC 9457) with CONTRACT.md's members. */
export interface Problem {
  type: string;
  code: string;
  title: string;
  status: number;
  detail: string;
  retry: 'never' | 'after' | 'same-key';
  [member: string]: unknown;
}

/** @param traceback whether the reader may see the script's traceback: the owner of the service only */
export const problemOf = (error: CrankError, traceback: boolean): Problem => {
  const { status, title, retry } = catalogue[error.code];
  const { reasons, errors, findings, exception, call, retryAfter } = error.extras;
  return {
    type: `urn:crank:error:${error.code}`,
    code: error.code,
    title,
    status,
    detail: error.message,
    retry,
    ...(call && { call }),
    ...(retryAfter && { retryAfter }),
    ...(reasons && { reasons }),
    ...(errors && { errors }),
    ...(findings && { findings }),
    ...(exception && {
      exception: {
        type: exception.type,
        message: exception.message,
        ...(traceback && exception.traceback && { traceback: exception.traceback }),
      },
    }),
  };
};
