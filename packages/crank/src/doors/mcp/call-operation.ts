import type { Operation, Principal } from '#src/core/service.ts';
import { type CallRequest, call } from '#src/platform/call.ts';
import type { Platform } from '#src/platform/platform.ts';
import { type Asked, bodyOf, callTool, type ToolOutcome } from './call-tool.ts';

/** Operations whose calls may take longer than this go on as tasks, where the client takes those. Milliseconds. */
const LONG_MS = 60_000;

/**
 * Calls an operation.
 *
 * @param input JSON text of the arguments, as it was sent
 */
export const callOperation = (
  platform: Platform,
  asked: Asked,
  at: { principal: Principal; service: string; operation: string },
  input: string | undefined,
): Promise<ToolOutcome> => {
  const { service, operation, principal } = at;
  const body = Buffer.from(input ?? '{}');
  return callTool(
    platform,
    asked,
    (begun) => call(platform, { ...begun, service, operation, read: bodyOf(body) } satisfies CallRequest),
    // The version that answered may be a canary's.
    async ({ version }) =>
      (await platform.catalog.resolve(principal.account, service, version)).operation(operation).operation,
  );
};

/** Whether an operation says of itself that it takes long: by its limit of time, or by what is to be done when it fails. */
export const takesLong = (wallMs: number, { retry }: Operation): boolean => wallMs > LONG_MS || retry !== undefined;
