import type { Finding } from '#src/core/error.ts';
import { readCondaEnvironment } from './conda-environment.ts';
import { type Declared, parseLines } from './declared.ts';
import { runtimeOf } from './entry.ts';
import { problem, quote, remark } from './findings.ts';
import type { DeclaredManifest } from './manifest-file.ts';
import type { Requirement } from './pep508.ts';
import { readScriptMetadata } from './pep723.ts';
import { readPipfile } from './pipfile.ts';
import { readProject } from './pyproject.ts';
import { readRequirementsFile } from './requirements-txt.ts';
import { readSetupCfg } from './setup-cfg.ts';
import type { Source } from './source.ts';
import { readUvLock } from './uv-lock.ts';

/** What a source says it needs. */
export interface Needs extends Omit<Declared, 'python'> {
  readonly offered: readonly Requirement[];
  /** The file that declared the requirements, for findings; '' where none did. */
  readonly file: string;
  /** Specifier for the interpreter (PEP 440) and the file that gave it. */
  readonly python?: { readonly specifier: string; readonly file: string };
}

/**
 * Reads what a source declares. The first of these that declares dependencies decides alone: the manifest's
 * `requirements`; the entry's PEP 723 block (with `ENTRY.lock` of uv beside it); `requirements.txt`, or the only
 * `requirements*.txt` that is not for development; `Pipfile` (with `Pipfile.lock`); `pyproject.toml` (with `uv.lock`);
 * `setup.cfg`; `setup.py`, as far as it says so in literals; `environment.yml`. The interpreter is the one that the first of
 * them asks for that asks for one.
 *
 * @param setup what `setup.py` says; nobody runs it
 */
export const readNeeds = (
  source: Source,
  entry: string,
  manifest: DeclaredManifest,
  setup: { requirements?: readonly string[]; python?: string } = {},
): { needs: Needs; findings: Finding[] } => {
  const findings: Finding[] = [];
  const script = runtimeOf(entry) === 'python' ? readScript(source, entry, findings) : {};
  const project = readProject(source, findings);
  const listed = requirementsFile(source, findings);
  const inSetup: Finding[] = [];
  const readers: [file: string, read: () => Partial<Declared> | undefined][] = [
    [
      'manifest',
      () => manifest.requirements && { requirements: parseLines('manifest', manifest.requirements, findings) },
    ],
    [
      entry,
      () =>
        script.dependencies && {
          requirements: parseLines(entry, script.dependencies, findings),
          constraints: readUvLock(source, `${entry}.lock`, findings),
        },
    ],
    [listed ?? '', () => (listed === undefined ? undefined : readRequirementsFile(source, listed, findings))],
    [source.files.has('Pipfile') ? 'Pipfile' : 'Pipfile.lock', () => readPipfile(source, findings)],
    ['pyproject.toml', () => project.requirements && { ...project, requirements: project.requirements }],
    ['setup.cfg', () => readSetupCfg(source, findings)],
    ['setup.py', () => setup.requirements && { requirements: parseLines('setup.py', setup.requirements, inSetup) }],
    ['environment.yml', () => readCondaEnvironment(source, findings)],
  ];
  let chosen: { file: string; declared: Partial<Declared> } = { file: '', declared: {} };
  const pythons: { specifier: string; file: string }[] = [];
  const asks = (specifier: string | undefined, file: string): void => {
    if (specifier) pythons.push({ specifier, file });
  };
  asks(manifest.python, 'manifest');
  asks(script.requiresPython, entry);
  asks(project.python, 'pyproject.toml');
  for (const [file, read] of readers) {
    const there = file === 'manifest' || file === entry || source.files.has(file) || file === 'environment.yml';
    if (!there) continue;
    if (chosen.file === '') {
      const declared: (Partial<Declared> & { file?: string }) | undefined = read();
      if (file !== 'pyproject.toml') asks(declared?.python, file);
      if (declared?.requirements === undefined) continue;
      chosen = { file: declared.file ?? file, declared };
    } else if (file === listed || file === 'Pipfile') {
      const message = `It is not read, since ${chosen.file === 'manifest' ? 'the manifest' : chosen.file} declares the dependencies.`;
      findings.push(remark(file, message, 'Declare them in one place.'));
    }
  }
  asks(setup.python, 'setup.py');
  findings.push(...inSetup);
  const python = pythons[0];
  const { requirements = [], constraints = [] } = chosen.declared;
  const offered = [
    ...(project.offered ?? []),
    ...(chosen.file === 'pyproject.toml' ? [] : (chosen.declared.offered ?? [])),
  ];
  return {
    needs: {
      ...{ file: chosen.file, requirements, constraints, offered },
      ...(python && { python }),
    },
    findings,
  };
};

/** `requirements.txt`, or the only file of such a name that is not for development. */
const requirementsFile = (source: Source, findings: Finding[]): string | undefined => {
  if (source.files.has('requirements.txt')) return 'requirements.txt';
  const others = [...source.files.keys()].filter(
    (path) => /^requirements[\w.-]*\.txt$/.test(path) && !/dev|test|doc|lint|ci\b|build|optional/.test(path),
  );
  if (others.length < 2) return others[0];
  const message = `There are several lists of requirements (${others.slice(0, 5).join(', ')}), and none is requirements.txt.`;
  findings.push(remark(others[0]!, message, 'Call the one that is meant requirements.txt.'));
  return undefined;
};

const readScript = (
  source: Source,
  entry: string,
  findings: Finding[],
): { dependencies?: readonly string[]; requiresPython?: string } => {
  const metadata = readScriptMetadata(new TextDecoder().decode(source.files.get(entry)));
  if (metadata === undefined) return {};
  if ('wrong' in metadata) {
    findings.push(problem(entry, `${metadata.wrong}.`, 'Mend the "# /// script" block (PEP 723).', metadata.line));
    return {};
  }
  for (const field of metadata.ignored) {
    const message = `The field ${quote(field)} of the "# /// script" block has no effect here.`;
    findings.push(remark(entry, message, 'Only dependencies and requires-python are used.', metadata.line));
  }
  return metadata;
};
