import { digest } from '#src/core/digest.ts';
import type { Finding } from '#src/core/error.ts';
import { problem, quote, remark } from './findings.ts';
import type { Lock } from './lock.ts';
import type { Source } from './source.ts';

/** One package of a lock. */
export interface LockedPackage {
  /** Where it lies: `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** Where the lock has it from, if it says so. */
  readonly resolved: string | undefined;
  /** `sha512-...` in base64, as Subresource Integrity writes it. */
  readonly integrity: string;
}

/** What package.json and package-lock.json say a module runs with. `lock`: null where that is nothing. */
export interface NpmNeeds {
  readonly requirements: readonly string[];
  readonly packages: readonly LockedPackage[];
  readonly lock: Lock | null;
  readonly findings: readonly Finding[];
}

const LOCK = 'package-lock.json';
const most = { packages: 2_000, bytes: 16 * 2 ** 20 };
/** Names as the registry admits new and old ones; one or two parts. */
const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]{0,100}\/)?[A-Za-z0-9~-][A-Za-z0-9._~-]{0,213}$/;
const VERSION = /^\d+\.\d+\.\d+[0-9A-Za-z.+-]{0,100}$/;
const PATH = /^(?:node_modules\/(?:@[^/]+\/)?[^/]+(?:\/|$))+$/;
const INTEGRITY = /(?:^|\s)(sha512-[A-Za-z0-9+/]{86}==)(?:\s|$)/;
const UPDATE = 'Run `npm install` in the folder and deploy its package-lock.json again.';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a module's dependencies: package.json names them, package-lock.json (npm 7 and newer) pins each with its hash. Those
 * of development are left out, but for types, and optional ones of other systems. Nothing is resolved here.
 */
export const readNpmNeeds = (source: Source): NpmNeeds => {
  const nothing = { requirements: [], packages: [], lock: null };
  const manifest = readObject(source, 'package.json');
  if (manifest === undefined) return { ...nothing, findings: [] };
  if ('wrong' in manifest) return { ...nothing, findings: [manifest.wrong] };
  const wanted = { ...texts(manifest.value['dependencies']), ...texts(manifest.value['optionalDependencies']) };
  const requirements = Object.entries(wanted)
    .map(([name, range]) => `${name}@${range}`)
    .sort();
  if (requirements.length === 0) return { ...nothing, findings: [] };
  const locked = readObject(source, LOCK);
  if (locked === undefined) {
    const message = `It needs ${requirements.slice(0, 5).join(', ')}, and there is no package-lock.json that pins them.`;
    return { ...nothing, findings: [problem('package.json', message, UPDATE)] };
  }
  if ('wrong' in locked) return { ...nothing, findings: [locked.wrong] };
  const { lockfileVersion, packages } = locked.value;
  if ((lockfileVersion !== 2 && lockfileVersion !== 3) || !isFields(packages))
    return { ...nothing, findings: [problem(LOCK, 'It is not a lock of npm 7 or newer.', UPDATE)] };
  const findings: Finding[] = [];
  const root = isFields(packages['']) ? packages[''] : {};
  const has = { ...texts(root['dependencies']), ...texts(root['optionalDependencies']) };
  const other = Object.keys({ ...wanted, ...has }).find((name) => wanted[name] !== has[name]);
  if (other !== undefined)
    findings.push(problem(LOCK, `It does not go with package.json: ${quote(other)} is another one there.`, UPDATE));
  const read: LockedPackage[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '' || !isFields(entry) || !isWanted(path, entry)) continue;
    const one = readPackage(path, entry);
    if ('wrong' in one) findings.push(one.wrong);
    else read.push(one);
    if (entry['hasInstallScript'] === true)
      findings.push(
        remark(
          LOCK,
          `The install script of ${path.replace(/.*node_modules\//, '')} is not run.`,
          'Nothing needs to be done where the package works without.',
        ),
      );
    if (findings.length > 20) break;
  }
  if (read.length > most.packages)
    findings.push(problem(LOCK, `It has more than ${most.packages} packages.`, 'Depend on fewer.'));
  if (findings.some(({ level }) => level === 'error')) return { ...nothing, findings };
  return { requirements, packages: read, lock: read.length === 0 ? null : lockOf(read), findings };
};

const lockOf = (packages: readonly LockedPackage[]): Lock => {
  const lines = packages.map(({ path, name, version, integrity }) => `${path} ${name}@${version} ${integrity}`).sort();
  const text = `${lines.join('\n')}\n`;
  const named = [...new Set(packages.map(({ name, version }) => `${name}@${version}`))].sort();
  return { text, digest: digest(`npm\n${text}`), packages: named };
};

const readPackage = (path: string, entry: Fields): LockedPackage | { wrong: Finding } => {
  const wrong = (message: string, fix = UPDATE): { wrong: Finding } => ({ wrong: problem(LOCK, message, fix) });
  const { name = path.replace(/.*node_modules\//, ''), version, resolved, integrity, link } = entry;
  if (!PATH.test(path) || path.split('/').some((part) => part === '..' || part === '.' || part === ''))
    return link === true || !path.includes('node_modules')
      ? wrong(
          `${quote(path)} is a folder of its own.`,
          'Publish it, or put its code into the module: workspaces and links are not deployed.',
        )
      : wrong(`${quote(path)} is no place for a package.`);
  if (link === true || (typeof resolved === 'string' && !/^https?:/.test(resolved)))
    return wrong(
      `${quote(path)} comes from ${quote(String(resolved))}.`,
      'Depend on what a registry has: git, files and links are not fetched.',
    );
  if (typeof name !== 'string' || !NAME.test(name)) return wrong(`${quote(String(name))} is no package's name.`);
  if (typeof version !== 'string' || !VERSION.test(version)) return wrong(`${quote(path)} has no version.`);
  const hash = typeof integrity === 'string' ? INTEGRITY.exec(integrity)?.[1] : undefined;
  if (hash === undefined) return wrong(`${quote(path)} has no hash (integrity, sha512).`);
  return { path, name, version, integrity: hash, resolved: typeof resolved === 'string' ? resolved : undefined };
};

/** Of this system, and for more than development, types aside, since schemas are made of them; what lies in another's archive comes with that. */
const isWanted = (path: string, entry: Fields): boolean =>
  (entry['dev'] !== true || path.startsWith('node_modules/@types/')) &&
  entry['inBundle'] !== true &&
  !(
    entry['optional'] === true &&
    !(admits(entry['os'], process.platform) && admits(entry['cpu'], process.arch) && admits(entry['libc'], libc()))
  );

/** `["linux", "!win32"]`: one that is named, or none that is excluded. */
const admits = (said: unknown, ours: string): boolean => {
  const list = Array.isArray(said)
    ? said.filter((one) => typeof one === 'string')
    : typeof said === 'string'
      ? [said]
      : [];
  if (list.includes(`!${ours}`)) return false;
  const named = list.filter((one) => !one.startsWith('!'));
  return named.length === 0 || named.includes(ours) || named.includes('any');
};

let known: string | undefined;
const libc = (): string => {
  known ??=
    (process.report.getReport() as { header?: { glibcVersionRuntime?: string } }).header?.glibcVersionRuntime ===
    undefined
      ? 'musl'
      : 'glibc';
  return known;
};

const readObject = (source: Source, path: string): { value: Fields } | { wrong: Finding } | undefined => {
  const bytes = source.files.get(path);
  if (bytes === undefined) return undefined;
  if (bytes.byteLength > most.bytes)
    return { wrong: problem(path, `It has more than ${most.bytes / 2 ** 20} MiB.`, 'Depend on fewer packages.') };
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isFields(value)) return { value };
  } catch {
    // said below
  }
  return { wrong: problem(path, 'It is not a JSON object.', 'Mend it.') };
};

const texts = (value: unknown): Record<string, string> =>
  isFields(value)
    ? Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
    : {};

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
