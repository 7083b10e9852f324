import { authenticate } from '../admit.ts';
import type { Platform } from '../platform.ts';

/** Whether a caller may hand in code to be run, and may keep it as a service. @throws CrankError `unauthenticated` */
export const mayRun = async (
  platform: Platform,
  authorization: string | undefined,
): Promise<{ run: boolean; promote: boolean }> => {
  const principal = await authenticate(platform, authorization);
  const { account } = principal;
  const ask = (action: string, type: string) =>
    platform.policy.authorise({ action, principal, resource: { type, account } });
  return {
    run: (await ask('code.run', 'code')).allow,
    promote: (await ask('service.deploy', 'service')).allow,
  };
};
