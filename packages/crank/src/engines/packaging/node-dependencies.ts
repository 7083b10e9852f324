import type { Finding } from '#src/core/error.ts';
import type { Settled, Settling } from './dependencies.ts';
import { assertDeployable, notDeployable, problem } from './findings.ts';
import { environmentDir } from './install.ts';
import { chooseInterpreter, type Interpreter } from './interpreters.ts';
import { installPackages } from './npm-install.ts';
import { readNpmNeeds } from './npm-lock.ts';
import { npmRegistry } from './npm-registry.ts';
import { series } from './pep440.ts';
import { nothingScanned } from './scan.ts';

/**
 * Installs what a module for Node runs with: the packages that its package-lock.json pins. Its sandbox has an interpreter, as
 * all have.
 *
 * @throws CrankError `not-deployable` with findings, `unavailable` where the registry is out of reach
 */
export const settleNode = async (
  { source, manifest, python, progress }: Settling,
  { interpreters, envsDir }: { interpreters: readonly Interpreter[]; envsDir: string },
  findings: Finding[],
): Promise<Settled> => {
  if (manifest.isolation === 'warm') {
    const message = 'A module for Node has a new process for each call, and the manifest says "isolation": "warm".';
    const fix = 'Take "isolation" out: the start of Node and the import are no part of the time of a call.';
    throw notDeployable([...findings, problem('manifest', message, fix)]);
  }
  if (manifest.requirements !== undefined) {
    const message = 'The manifest has "requirements", which are packages for Python.';
    findings.push(problem('manifest', message, 'Take them out: package.json says what a module for Node needs.'));
  }
  const chosen = await chooseInterpreter(interpreters, python, undefined);
  if ('finding' in chosen) throw notDeployable([...findings, chosen.finding]);
  const { interpreter } = chosen;
  const { requirements, packages, lock, findings: inNeeds } = readNpmNeeds(source);
  findings.push(...inNeeds);
  assertDeployable(findings);
  if (lock !== null)
    await installPackages(
      packages,
      environmentDir(envsDir, lock.digest, series(interpreter.version)),
      npmRegistry(process.env),
      progress,
    );
  const named = requirements.map((text) => ({ name: text.slice(0, text.lastIndexOf('@')), text, hashes: [] }));
  return { interpreter, lock, requirements: named, scan: nothingScanned };
};
