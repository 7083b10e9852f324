/** One dependency by name, as PEP 508 writes it, in a normal form. */
export interface Requirement {
  /** Normalised as PEP 503 says: lower case, `-` for any run of `-`, `_`, `.`. */
  readonly name: string;
  /** Canonical text: `name[extra]>=1,<2 ; marker`. */
  readonly text: string;
  /** `sha256:...` that the author allows; empty where none is named. */
  readonly hashes: readonly string[];
}

export const normaliseName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]{0,127}))\s*(?:\[([^\]]*)\])?\s*(.*)$/s;
const EXTRA = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,63})$/;
const SPECIFIER = /^(~=|===|==|!=|<=|>=|<|>)\s*([A-Za-z0-9][A-Za-z0-9._+!-]{0,63}(?:\.\*)?)$/;
const MARKER_TOKEN =
  /\s*(?:(\(|\))|(~=|===|==|!=|<=|>=|<|>)|("[^"\\$]{0,64}"|'[^'\\$]{0,64}')|(and|or|not|in)\b|([a-z_]{1,40}(?:\.[a-z]{1,10})?))/y;
const MARKER_VARIABLES = new Set([
  ...['python_version', 'python_full_version', 'os_name', 'sys_platform', 'platform_release', 'platform_system'],
  ...['platform_version', 'platform_machine', 'platform_python_implementation', 'implementation_name'],
  ...['implementation_version', 'extra'],
]);

/**
 * Reads a dependency specification (PEP 508). Only names are accepted: what stands behind a URL, a path or a
 * repository is code that a build would run outside the sandbox.
 */
export const parseRequirement = (given: string): Requirement | { wrong: string; fix: string } => {
  const byName = 'Name a package and versions, such as requests>=2.31,<3.';
  if (given.length > 1_000) return { wrong: 'is longer than 1000 characters', fix: byName };
  const [body = '', ...rest] = given.trim().split(';');
  const match = NAME.exec(body.trim());
  if (match === null) {
    if (/^[a-z+]{2,20}:|^[./~]|^-e\b/i.test(given.trim()))
      return { wrong: 'is a path or URL', fix: `Only packages of the package index are installed. ${byName}` };
    return { wrong: 'is not a dependency (PEP 508)', fix: byName };
  }
  const tail = match[3]!.trim();
  if (/^@|^:\/\/|^\+[a-z]+:|^\/|^:/.test(tail))
    return { wrong: 'is a path or URL', fix: `Only packages of the package index are installed. ${byName}` };
  const extras = (match[2] ?? '').split(',').map((extra) => extra.trim());
  if (match[2] !== undefined && match[2].trim() !== '' && !extras.every((extra) => EXTRA.test(extra)))
    return { wrong: 'has extras that cannot be read', fix: 'Write them as name[extra1,extra2].' };
  const versions = /^\((.*)\)$/s.exec(tail)?.[1] ?? tail;
  const clauses: string[] = [];
  for (const clause of versions === '' ? [] : versions.split(',')) {
    const parsed = SPECIFIER.exec(clause.trim());
    if (parsed === null && clause.trim() !== '') return { wrong: 'has versions that cannot be read', fix: byName };
    if (parsed !== null) clauses.push(`${parsed[1]}${parsed[2]}`);
  }
  const marker = rest.join(';').trim();
  if (rest.length > 0 && !isMarker(marker))
    return { wrong: 'has a condition that cannot be read', fix: 'Write it as name ; python_version < "3.11".' };
  const name = normaliseName(match[1]!);
  const inBrackets = extras.filter((extra) => extra !== '').map(normaliseName);
  const bracket = inBrackets.length === 0 ? '' : `[${[...new Set(inBrackets)].sort().join(',')}]`;
  const condition = marker === '' ? '' : ` ; ${marker.replace(/\s+/g, ' ')}`;
  return { name, text: `${name}${bracket}${clauses.sort().join(',')}${condition}`, hashes: [] };
};

/** Whether a marker consists of the words that PEP 508 allows; the resolver judges its grammar. */
const isMarker = (text: string): boolean => {
  if (text === '') return false;
  MARKER_TOKEN.lastIndex = 0;
  while (MARKER_TOKEN.lastIndex < text.length) {
    const match = MARKER_TOKEN.exec(text);
    if (match === null) return false;
    if (match[5] !== undefined && !MARKER_VARIABLES.has(match[5])) return false;
    if (text.slice(MARKER_TOKEN.lastIndex).trim() === '') break;
  }
  return true;
};
