import { parse, TomlError } from 'smol-toml';
import type { Finding } from '#src/core/error.ts';
import { problem, quote, remark } from './findings.ts';
import type { DeclaredManifest } from './manifest-file.ts';
import { parseRequirement, type Requirement } from './pep508.ts';
import { isTexts, readScriptMetadata } from './pep723.ts';
import { readRequirementsFile } from './requirements-txt.ts';
import type { Source } from './source.ts';

/** What a source says it needs. */
export interface Needs {
  readonly requirements: readonly Requirement[];
  readonly constraints: readonly Requirement[];
  /** The file that declared the requirements, for findings. */
  readonly file: string;
  /** Specifier for the interpreter (PEP 440) and the file that gave it. */
  readonly python?: { readonly specifier: string; readonly file: string };
}

interface Declared {
  readonly dependencies?: readonly string[];
  readonly requiresPython?: string;
}

/**
 * Reads what a source declares. The first of these that declares dependencies decides alone: the manifest's
 * `requirements`, the entry's PEP 723 block, `requirements.txt`, `pyproject.toml` ([project] dependencies). The
 * interpreter likewise: the manifest's `python`, PEP 723, `pyproject.toml` (requires-python).
 */
export const readNeeds = (
  source: Source,
  entry: string,
  manifest: DeclaredManifest,
): { needs: Needs; findings: Finding[] } => {
  const findings: Finding[] = [];
  const script = readScript(source, entry, findings);
  const project = readProject(source, findings);
  const parsed = (file: string, lines: readonly string[]): Needs => ({
    file,
    constraints: [],
    requirements: lines.flatMap((line) => {
      const requirement = parseRequirement(line);
      if (!('wrong' in requirement)) return [requirement];
      if (findings.length < 50) findings.push(problem(file, `${quote(line)} ${requirement.wrong}.`, requirement.fix));
      return [];
    }),
  });
  const hasFile = source.files.has('requirements.txt');
  let chosen: Needs = { file: '', requirements: [], constraints: [] };
  if (manifest.requirements !== undefined) chosen = parsed('manifest', manifest.requirements);
  else if (script.dependencies !== undefined) chosen = parsed(entry, script.dependencies);
  else if (hasFile)
    chosen = { file: 'requirements.txt', ...readRequirementsFile(source, 'requirements.txt', findings) };
  else if (project.dependencies !== undefined) chosen = parsed('pyproject.toml', project.dependencies);
  if (hasFile && chosen.file !== 'requirements.txt') {
    const message = `It is not read, since ${chosen.file === 'manifest' ? 'the manifest' : chosen.file} declares the dependencies.`;
    findings.push(remark('requirements.txt', message, 'Declare them in one place.'));
  }
  const python =
    (manifest.python && { specifier: manifest.python, file: 'manifest' }) ||
    (script.requiresPython && { specifier: script.requiresPython, file: entry }) ||
    (project.requiresPython && { specifier: project.requiresPython, file: 'pyproject.toml' });
  return { needs: { ...chosen, ...(python ? { python } : {}) }, findings };
};

const readScript = (source: Source, entry: string, findings: Finding[]): Declared => {
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

const readProject = (source: Source, findings: Finding[]): Declared => {
  const file = 'pyproject.toml';
  const content = source.files.get(file);
  if (content === undefined) return {};
  if (content.byteLength > MAX_TOML) {
    findings.push(problem(file, `It has more than ${MAX_TOML} bytes.`, 'Shorten it.'));
    return {};
  }
  let document: Record<string, unknown>;
  try {
    document = parse(new TextDecoder().decode(content));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    findings.push(problem(file, `It is not TOML: ${error.message.split('\n')[0]}.`, 'Mend that line.', error.line));
    return {};
  }
  const project = table(document['project']);
  const poetry = table(table(document['tool'])['poetry']);
  const { dependencies, 'requires-python': requiresPython, dynamic } = project;
  if (dependencies !== undefined && !isTexts(dependencies)) {
    findings.push(problem(file, '[project] dependencies is not a list of texts.', 'Write it as ["requests>=2"].'));
    return {};
  }
  const listedElsewhere = isTexts(dynamic) && dynamic.includes('dependencies');
  if (dependencies === undefined && (listedElsewhere || poetry['dependencies'] !== undefined)) {
    const where = listedElsewhere ? 'The dependencies are "dynamic"' : '[tool.poetry.dependencies] is not read';
    findings.push(remark(file, `${where}.`, 'List them as [project] dependencies, or in requirements.txt.'));
  }
  return {
    ...(dependencies === undefined ? {} : { dependencies }),
    ...(typeof requiresPython === 'string' ? { requiresPython } : {}),
  };
};

const MAX_TOML = 2 ** 20;

const table = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
