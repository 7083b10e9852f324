import { sha256Hex } from '#src/core/digest.ts';
import type { Principal } from '#src/core/service.ts';
import type { TraceContext } from '#src/core/trace-context.ts';
import { call } from './call.ts';
import type { Platform } from './platform.ts';
import { readJson } from './read-json.ts';
import { removeFiles } from './scratch.ts';

/** A call that nobody waits for: of a schedule or a webhook. */
export interface Firing {
  /** Id that the call will have, so that it is known before it is made. */
  call: string;
  principal: Principal;
  service: string;
  version: string | undefined;
  operation: string;
  /** JSON text of the arguments. */
  input: Buffer;
  tags: string;
  /** Of whoever brought it about. */
  trace?: TraceContext | undefined;
  signal: AbortSignal;
}

/**
 * Makes the call. Its answer is for nobody: what there is to know of it stands in the history and the receipt.
 *
 * @returns the outcome: `ok`, an error code, or `waiting` where somebody has to approve the call first
 * @throws CrankError where there was no call
 */
export const fire = async (platform: Platform, firing: Firing): Promise<string> => {
  const { input } = firing;
  const { answer } = await call(platform, {
    authorization: undefined,
    as: { id: firing.call, principal: firing.principal },
    service: firing.service,
    version: firing.version,
    operation: firing.operation,
    tags: firing.tags,
    trace: firing.trace,
    signal: firing.signal,
    read: async () => ({ input, value: readJson(input, 'The input'), files: [], fingerprint: () => sha256Hex(input) }),
    open: () => ({ encode: (json) => json, write: async () => undefined }),
  });
  if (answer.type === 'file') await removeFiles([answer.path]);
  if (answer.type === 'job') return 'waiting';
  return answer.type === 'error' || answer.type === 'stream' ? (answer.error?.code ?? 'ok') : 'ok';
};
