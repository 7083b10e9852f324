import { defaultLimits } from '#src/core/service.ts';
import type { PolicyBundle } from './bundle.ts';
import { refused } from './opa-faults.ts';
import { createRunner, type RunnerOptions } from './policy-runner.ts';

/** A request as policies see it, with everything that any point has. */
const sample = (sensitivity: string): string =>
  JSON.stringify({
    point: 'output',
    time: '2026-01-01T12:00:00.000Z',
    action: 'service.call',
    principal: { id: 'key_0', name: 'sample', kind: 'user', account: 'sample', role: 'caller' },
    resource: { type: 'operation', account: 'sample', service: 'sample', version: 'sha256:0', operation: 'sample' },
    limits: defaultLimits,
    content: { sensitivity, text: 'ann@example.org' },
    output_fields: [
      { path: '/contact', value: 'ann@example.org' },
      { path: '/n', value: 3 },
      { path: '/ok', value: true },
    ],
  });

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
  const runner = await createRunner([bundle], options);
  try {
    await runner.start().catch((error: Error) => refuse(bundle.name, error.message));
    for (const input of [sample('public'), sample('confidential')]) {
      for (const entrypoint of bundle.entrypoints) {
        const [evaluation] = await runner.ask({ input, asks: [{ bundle: 0, entrypoint }] });
        if (evaluation?.ok !== true) refuse(entrypoint, evaluation?.error ?? 'no answer');
      }
    }
  } finally {
    await runner.retire();
  }
};
