import { CrankError, type Finding } from '#src/core/error.ts';
import type { Builds } from './builds.ts';
import { runtimeOf } from './entry.ts';
import { assertDeployable, notDeployable, problem, remark } from './findings.ts';
import { environmentDir, installLock } from './install.ts';
import { chooseInterpreter, type Interpreter } from './interpreters.ts';
import { type Lock, lockRequirements } from './lock.ts';
import type { DeclaredManifest } from './manifest-file.ts';
import { series } from './pep440.ts';
import { normaliseName, parseRequirement, type Requirement } from './pep508.ts';
import { hasModule, providesModule } from './provided.ts';
import { type Needs, readNeeds } from './requirements.ts';
import { type ImportedModule, nothingScanned, type Scan, scanSource } from './scan.ts';
import type { Source } from './source.ts';
import type { Uv } from './uv.ts';
import type { Workshop } from './workshop.ts';

/** What a source runs with. */
export interface Settled {
  readonly interpreter: Interpreter;
  readonly lock: Lock | null;
  readonly requirements: readonly Requirement[];
  readonly scan: Scan;
}

export interface Settling {
  readonly source: Source;
  readonly entry: string;
  readonly manifest: DeclaredManifest;
  /** `--python`. */
  readonly python: string | undefined;
  readonly refresh: boolean;
  readonly account: string;
  readonly another?: boolean | undefined;
  readonly progress: (message: string) => void;
}

export interface Means {
  readonly interpreters: readonly Interpreter[];
  readonly workshop: Workshop;
  readonly uv: Uv;
  readonly builds: Builds;
  readonly envsDir: string;
  readonly locksDir: string;
}

/** A requirement that nobody declared, for the sake of an import. */
interface Addition {
  readonly module: ImportedModule;
  readonly requirement: Requirement;
  /** `offered`: an extra or group of the project names it. `known`: the table does. `guessed`: nobody does. */
  readonly from: 'offered' | 'known' | 'guessed';
}

/** More packages than this may not be left out one after the other. */
const MOST_DROPPED = 10;

/**
 * Chooses the interpreter, and locks and installs what the source declares and what it imports beyond that: third-party
 * modules that no installed package brings are asked for by the distribution that is known for them, or as a guess by
 * their own name. What was added is said in findings, and kept only where it brings the module.
 *
 * @throws CrankError `not-deployable` with findings, `unavailable`
 */
export const settleDependencies = async (given: Settling, means: Means, findings: Finding[]): Promise<Settled> => {
  const { source, entry, manifest, account, another, progress } = given;
  const choose = async (needs: Needs): Promise<Interpreter> => {
    const chosen = await chooseInterpreter(means.interpreters, given.python, needs.python);
    if ('interpreter' in chosen) return chosen.interpreter;
    throw notDeployable([...findings, chosen.finding]);
  };
  const first = readNeeds(source, entry, manifest);
  assertDeployable([...findings, ...first.findings]);
  let interpreter = await choose(first.needs);
  const scanWith = () =>
    runtimeOf(entry) === 'python'
      ? scanSource(source, entry, means.workshop, { account, another, interpreter: interpreter.path })
      : Promise.resolve({ scan: nothingScanned, findings: [] });
  let scanned = await scanWith();
  const { needs, findings: inNeeds } = readNeeds(source, entry, manifest, scanned.scan.setup);
  findings.push(...inNeeds);
  assertDeployable(findings);
  const better = await choose(needs);
  if (better.path !== interpreter.path) {
    interpreter = better;
    scanned = await scanWith();
  }
  findings.push(...scanned.findings);

  const install = async (wanted: Needs): Promise<Lock | null> => {
    const lock = await lockRequirements(wanted, { ...means, interpreter, account, refresh: given.refresh, progress });
    if (lock !== null) await installLock(lock, { ...means, interpreter, account, file: wanted.file, progress });
    return lock;
  };
  const folderOf = (lock: Lock): string => environmentDir(means.envsDir, lock.digest, series(interpreter.version));

  const declared = await install(needs);
  const missing = await without(declared && folderOf(declared), scanned.scan.modules);
  let additions = missing.flatMap((module) => additionFor(module, needs, findings));
  let lock = declared;
  for (let round = 0; additions.length > 0; round++) {
    const wanted = [...needs.requirements, ...additions.map(({ requirement }) => requirement)];
    const bad = await attempt(async () => {
      lock = await install({ ...needs, file: needs.file || entry, requirements: wanted });
      return lock === null ? [] : await unproven(folderOf(lock), additions);
    }, additions);
    if (bad.length === 0) break;
    if (round >= MOST_DROPPED) throw notDeployable([...findings, ...bad.map(({ why }) => why)]);
    findings.push(...bad.map(({ why }) => why));
    additions = additions.filter((one) => !bad.some(({ addition }) => addition === one));
    lock = declared;
  }
  assertDeployable(findings);
  findings.push(...report(additions, needs, lock));
  const requirements = [...needs.requirements, ...additions.map(({ requirement }) => requirement)];
  return { interpreter, lock, requirements, scan: scanned.scan };
};

const without = async (folder: string | null, modules: readonly ImportedModule[]): Promise<ImportedModule[]> => {
  if (folder === null) return [...modules];
  const there = await Promise.all(modules.map(({ module }) => hasModule(folder, module)));
  return modules.filter((_, i) => !there[i]);
};

/** What to ask for a module that is missing, or a remark that says why nothing is. */
const additionFor = (module: ImportedModule, needs: Needs, findings: Finding[]): Addition[] => {
  const { file, line, distribution, known, kind, unfit } = module;
  const named = distribution === null ? undefined : normaliseName(distribution);
  const offered = needs.offered.find(({ name }) => name === named);
  if (offered !== undefined && kind !== 'optional') return [{ module, requirement: offered, from: 'offered' }];
  if (unfit !== undefined || distribution === null) {
    if (kind !== 'optional') findings.push(remark(file, ...whyUnfit(module), line || undefined));
    return [];
  }
  // Who declares anything knows what may be missing; a name that nobody knows is not worth a try for an option.
  // A manifest says all there is to say.
  const wanted =
    needs.file === 'manifest'
      ? false
      : known
        ? needs.file === '' || kind !== 'optional'
        : kind === 'required' || (kind === 'lazy' && needs.file === '');
  const requirement = parseRequirement(distribution);
  if (wanted && !('wrong' in requirement)) return [{ module, requirement, from: known ? 'known' : 'guessed' }];
  if (kind !== 'optional') {
    const message = `The module ${module.module} is not installed: nothing declares a package that brings it.`;
    findings.push(remark(file, message, 'Declare the package that brings it.', line || undefined));
  }
  return [];
};

const whyUnfit = ({ module, unfit, like, series }: ImportedModule): [message: string, fix: string] => {
  const declare = 'Declare the package that brings it where it is meant (PEP 723, requirements.txt or pyproject.toml).';
  if (unfit === 'python2')
    return [`The module ${module} is of Python 2.`, 'Port the script to Python 3 (`python3 -m lib2to3`, or by hand).'];
  if (unfit === 'removed')
    return [
      `The module ${module} is no longer part of Python: ${series} is the last series that has it.`,
      `Deploy with --python ${series}, or use something else.`,
    ];
  if (unfit === 'elsewhere')
    return [
      `The module ${module} is not found, though ${like} is among the files.`,
      'Deploy the folder that it is imported from, or name the entry beside it.',
    ];
  if (unfit === 'private')
    return [
      `The module ${module} is not among the files; no package is taken for it.`,
      `Deploy it with the script. ${declare}`,
    ];
  if (unfit === 'resembles')
    return [
      `No package is installed for the module ${module}: it could be a slip of ${like}.`,
      `Mend the name. ${declare}`,
    ];
  return [`The module ${module} tells nothing of the package that brings it.`, declare];
};

interface Bad {
  addition: Addition;
  why: Finding;
}

/** What failed because of one of the additions is that one's fault; anything else goes on. */
const attempt = async (work: () => Promise<Bad[]>, additions: readonly Addition[]): Promise<Bad[]> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CrankError) || error.code !== 'not-deployable') throw error;
    const said = error.extras.findings?.find(({ level }) => level === 'error')?.message ?? '';
    const addition = additions.find(({ requirement: { name } }) =>
      new RegExp(`^${name.replaceAll('.', '\\.')}(?![\\w-])`).test(said.toLowerCase().replace(/[-_.]+/g, '-')),
    );
    if (addition === undefined) throw error;
    return [{ addition, why: notAdded(addition, said) }];
  }
};

/** Additions that do not bring the module that they were taken for. */
const unproven = async (folder: string, additions: readonly Addition[]): Promise<Bad[]> => {
  const bad: Bad[] = [];
  for (const addition of additions) {
    const { module, requirement } = addition;
    if (await providesModule(folder, requirement.name, module.module)) continue;
    // Some distributions have no code of their own, and another that they ask for brings the module.
    if (addition.from !== 'guessed' && (await hasModule(folder, module.module))) continue;
    bad.push({ addition, why: notAdded(addition, `the package ${requirement.name} has no such module.`) });
  }
  return bad;
};

/** An error where the script cannot be imported without; otherwise the import decides. */
const notAdded = ({ module, requirement }: Addition, why: string): Finding => {
  const message = `Nothing declares the package of the module ${module.module}, and ${requirement.name} was not taken for it: ${why}`;
  const fix = 'Declare the package that brings it (PEP 723, requirements.txt or pyproject.toml).';
  const make = module.kind === 'required' ? problem : remark;
  return make(module.file, message, fix, module.line || undefined);
};

const report = (additions: readonly Addition[], needs: Needs, lock: Lock | null): Finding[] => {
  if (additions.length === 0) return [];
  const pins = lock?.packages ?? [];
  const pin = (name: string): string => pins.find((one) => one.startsWith(`${name}==`)) ?? name;
  const list = additions.map(({ module, requirement }) => `${pin(requirement.name)} for ${module.module}`).join(', ');
  const block = JSON.stringify(additions.map(({ requirement }) => pin(requirement.name)));
  const first = additions[0]!.module;
  const said =
    needs.file === ''
      ? `Nothing declares what it depends on; its imports do: ${list}.`
      : `${needs.file === 'manifest' ? 'The manifest' : needs.file} does not name all that is imported; added: ${list}.`;
  return [
    remark(first.file, said, `To keep it so, declare them, such as in a block of PEP 723: dependencies = ${block}.`),
    ...additions
      .filter(({ from }) => from === 'guessed')
      .map(({ module, requirement }) =>
        remark(
          module.file,
          `The package ${requirement.name} was guessed from the import of ${module.module}, which it does bring. Nobody said that it is the one that is meant.`,
          'Look at it, and declare it or the right one.',
          module.line || undefined,
        ),
      ),
  ];
};
