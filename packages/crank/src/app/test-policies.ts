import { ensureOpa } from '#src/engines/policy/opa.ts';
import { type PolicyTests, testPolicies as run } from '#src/engines/policy/test-policies.ts';
import { loadConfig } from './config.ts';

/** `crank policy test`: gets `opa` where it is not there yet, and runs the tests of a file or folder. */
export const testPolicies = async (
  env: Readonly<Record<string, string | undefined>>,
  path: string,
  progress: (text: string) => void,
): Promise<PolicyTests> => {
  const { tools } = loadConfig(env);
  return run(path, { opaPath: await ensureOpa({ toolsDir: tools, onProgress: progress }) });
};
