import { spawnSync } from 'node:child_process';
import { CrankError } from '#src/core/error.ts';
import type { AppliedBundle, PolicyBundle, PolicyLayer } from '#src/engines/policy/bundle.ts';
import { compileBundle } from '#src/engines/policy/compile.ts';
import { ensureOpa } from '#src/engines/policy/opa.ts';

const find = async (): Promise<string | undefined> => {
  try {
    return await ensureOpa({ onProgress: (text) => process.stderr.write(`policy tests: ${text}\n`) });
  } catch (error) {
    if (!(error instanceof CrankError) || process.env['CI']) throw error;
    process.stderr.write(`policy tests that compile Rego are left out: ${error.message}\n`);
    return undefined;
  }
};

/** The `opa` program, installed once per machine where Go is there; undefined (and said) on a machine without both. */
export const opaPath = await find();

/** What `opa eval` says of built-ins with their arguments, in that order. */
export const opaSays = (cases: readonly (readonly [name: string, ...args: unknown[]])[]): unknown[] => {
  const terms = cases.map(([name, ...args]) => `${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
  const { stdout } = spawnSync(opaPath!, ['eval', '--format', 'json', `[${terms.join(', ')}]`], { encoding: 'utf8' });
  const { result } = JSON.parse(stdout) as { result: { expressions: { value: unknown[] }[] }[] };
  return result[0]!.expressions[0]!.value;
};

/** Compiles Rego under test. */
export const compile = (rego: string, data?: string, deadlineMs = 20_000): Promise<PolicyBundle> =>
  compileBundle(
    [{ path: 'policy.rego', text: rego }, ...(data === undefined ? [] : [{ path: 'data.json', text: data }])],
    {
      opaPath: opaPath!,
      deadlineMs,
    },
  );

/** A bundle in force for an account. */
export const apply = (bundle: PolicyBundle, account = 'acme', layer: PolicyLayer = 'account'): AppliedBundle => ({
  ...bundle,
  account,
  layer,
});
