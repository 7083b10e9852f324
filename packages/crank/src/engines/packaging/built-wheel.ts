import { normaliseName } from './pep508.ts';
import { normalisePath } from './source.ts';
import { readZip, writeZip, type ZipEntry, ZipError } from './zip.ts';

/** A wheel that was built here, in our own words: what installers read of it is what was checked. */
export interface BuiltWheel {
  /** `name-version-python-abi-platform.whl` (binary distribution format, "File name convention"). */
  file: string;
  bytes: Buffer;
}

const FILE =
  /^([A-Za-z0-9_.]+)-([A-Za-z0-9_.!+]+)(?:-\d[A-Za-z0-9_.]*)?-([a-z0-9_.]+)-([a-z0-9_.]+)-([a-z0-9_.]+)\.whl$/;
/** Where members of NAME-VERSION.data may go. */
const SCHEMES = new Set(['purelib', 'platlib', 'scripts', 'data', 'headers']);

const sameVersion = (one: string, other: string): boolean =>
  one.toLowerCase().replaceAll('_', '-').replaceAll('-', '.') ===
  other.toLowerCase().replaceAll('_', '-').replaceAll('-', '.');

/**
 * Looks at a wheel that a build handed out, which may be anything, and writes it anew: its name and version are those
 * that were asked for, in its file name and its METADATA; its members are plain files with plain relative paths, none
 * twice; its entry points make scripts with plain names.
 *
 * @throws ZipError that says what is wrong; it continues a sentence
 */
export const checkWheel = (file: string, bytes: Uint8Array, asked: { name: string; version: string }): BuiltWheel => {
  const parts = FILE.exec(file);
  if (parts === null) throw new ZipError('its file name is not that of a wheel');
  const [, name, version] = parts as unknown as [string, string, string];
  if (normaliseName(name) !== asked.name || !sameVersion(version, asked.version))
    throw new ZipError(`it is ${name} ${version}, not ${asked.name} ${asked.version}`);
  const entries = readZip(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const seen = new Set<string>();
  const info = `${name}-${version}.dist-info`;
  const data = `${name}-${version}.data`;
  for (const entry of entries) {
    const path = normalisePath(entry.name);
    if ('wrong' in path || path.path !== entry.name) throw new ZipError('a path in it is not plain');
    const folded = entry.name.toLowerCase();
    if (seen.has(folded)) throw new ZipError('a file is in it twice');
    seen.add(folded);
    const [top, second] = entry.name.split('/') as [string, string?];
    if (top.endsWith('.dist-info') && top !== info) throw new ZipError('it has metadata of another package');
    if (top.endsWith('.data') && (top !== data || !SCHEMES.has(second ?? '')))
      throw new ZipError('it installs files in a place that is not known');
  }
  const text = (member: string): string | undefined => {
    const found = entries.find((entry) => entry.name === `${info}/${member}`);
    return found && new TextDecoder().decode(found.bytes);
  };
  if (text('WHEEL') === undefined) throw new ZipError('it has no WHEEL file');
  const head = (text('METADATA') ?? '').split(/\r?\n\r?\n/)[0]!;
  const field = (label: string): string => new RegExp(`^${label}:[ \\t]*(\\S+)[ \\t]*$`, 'im').exec(head)?.[1] ?? '';
  if (normaliseName(field('Name')) !== asked.name || !sameVersion(field('Version'), asked.version))
    throw new ZipError('its METADATA is of another package or version');
  if (!plainEntryPoints(text('entry_points.txt') ?? '')) throw new ZipError('an entry point has no plain name');
  // Who made it is no secret, and RECORD is written by installers anew.
  return { file, bytes: writeZip(sorted(entries)) };
};

const sorted = (entries: readonly ZipEntry[]): ZipEntry[] => [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));

const plainEntryPoints = (text: string): boolean => {
  let scripts = false;
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('[')) scripts = /^\[\s*(?:console|gui)_scripts\s*\]$/.test(line);
    else if (
      scripts &&
      !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,100}\s*=\s*[\w.]+\s*(?::\s*[\w.]+)?\s*(?:\[[^\]]*\])?$/.test(line)
    )
      return false;
  }
  return true;
};
