import type { PolicyBundle } from './bundle.ts';
import { refused } from './opa-faults.ts';
import { createRunner, type RunnerOptions } from './policy-runner.ts';
import { sampleRequest } from './sample-request.ts';

/**
 * Loads a bundle as the engine would and asks each of its rules about sample requests, to find before it is in force
 * what fails on every call.
 *
 * @throws CrankError `not-deployable` naming the rule: it does not load, runs away, conflicts, needs more memory
 */
export const tryBundle = async (bundle: PolicyBundle, options: RunnerOptions): Promise<void> => {
  const refuse = (what: string, why: string): never => {
    const place = /^(?<file>[^\s:]+\.rego):(?<line>[0-9]+):[0-9]+: /.exec(why)?.groups;
    throw refused([
      {
        level: 'error',
        file: place?.['file'] ?? '',
        ...(place !== undefined && { line: Number(place['line']) }),
        message: `${what} failed when it was tried: ${why}`,
        fix: 'Mend the rule so that it gives one answer, soon, for every input',
      },
    ]);
  };
  const runner = await createRunner([bundle], { ...options, untried: true });
  try {
    await runner.start().catch((error: Error) => refuse(bundle.name, error.message));
    for (const input of [sampleRequest('public'), sampleRequest('confidential')]) {
      for (const entrypoint of bundle.entrypoints) {
        const [evaluation] = await runner.ask({ input, asks: [{ bundle: 0, entrypoint }] });
        if (evaluation?.ok !== true) refuse(entrypoint, evaluation?.error ?? 'no answer');
      }
    }
  } finally {
    await runner.retire();
  }
};
