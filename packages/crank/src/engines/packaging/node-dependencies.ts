import type { Finding } from '#src/core/error.ts';
import type { Settled, Settling } from './dependencies.ts';
import { notDeployable, problem } from './findings.ts';
import { chooseInterpreter, type Interpreter } from './interpreters.ts';
import { nothingScanned } from './scan.ts';

/**
 * What a module for Node runs with.
 *
 * @throws CrankError `not-deployable` with findings, `unavailable` where the registry is out of reach
 */
export const settleNode = async (
  { source, manifest, python }: Settling,
  { interpreters }: { interpreters: readonly Interpreter[]; envsDir: string },
  findings: Finding[],
): Promise<Settled> => {
  if (manifest.isolation === 'warm') {
    const message = 'A module for Node runs in a new process for each call, and the manifest says "isolation": "warm".';
    throw notDeployable([
      ...findings,
      problem('manifest', message, 'Take "isolation" out: starting Node is not part of the time of a call.'),
    ]);
  }
  const chosen = await chooseInterpreter(interpreters, python, undefined);
  if ('finding' in chosen) throw notDeployable([...findings, chosen.finding]);
  void source;
  return { interpreter: chosen.interpreter, lock: null, requirements: [], scan: nothingScanned };
};
