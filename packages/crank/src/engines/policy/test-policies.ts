import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { runOpa } from './opa-run.ts';

/** Of a single test: opa's own 5 s are short on a busy machine. All together are bounded by `runOpa`. */
const PATIENCE = '60s';

export interface PolicyTests {
  passed: boolean;
  /** What `opa test` wrote, for people. */
  output: string;
}

/**
 * Runs the Rego tests (`test_...` rules) of a file or folder with `opa test`, as Rego v1 or else v0. No tests is no pass.
 *
 * @throws CrankError `not-deployable` where they take longer than two minutes, `unavailable` where opa does not start
 */
export const testPolicies = async (path: string, { opaPath }: { opaPath: string }): Promise<PolicyTests> => {
  const folder = (await stat(path)).isDirectory();
  const cwd = folder ? path : dirname(path);
  const what = folder ? ['-b', '.'] : [`./${basename(path)}`];
  const run = (flags: string[]) => runOpa(opaPath, [...flags, ...what], { cwd });
  const v1 = await run(['check']);
  const version = v1.code !== 0 && (await run(['check', '--v0-compatible'])).code === 0 ? ['--v0-compatible'] : [];
  const { code, stdout, stderr } = await run(['test', '-v', `--timeout=${PATIENCE}`, ...version]);
  const output = `${stdout}${stderr}`.trim();
  const some = /^(?:PASS|FAIL|ERROR|SKIPPED): [0-9]+\/[0-9]+$/m.test(output);
  return { passed: code === 0 && some, output: some || output !== '' ? output : 'no tests: name a rule test_...' };
};
