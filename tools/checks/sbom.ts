import { createHash } from 'node:crypto';
import { readLicences } from './licences.ts';

interface Locked {
  name?: string;
  version?: string;
  license?: string;
  integrity?: string;
  link?: boolean;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** Something that npm's lock does not have: a package of ours in Python, a program that is got when it is needed, a model. */
export interface Other {
  type: 'application' | 'library' | 'machine-learning-model';
  name: string;
  version: string;
  licence: string;
  purl?: string;
  description: string;
}

interface Component {
  type: string;
  'bom-ref': string;
  name: string;
  version: string;
  [member: string]: unknown;
}

const IN = 'node_modules/';
/** The package at a path of the lock: `node_modules/a/node_modules/@b/c` is `@b/c`, unless it says another name (an alias). */
const nameAt = (path: string, { name }: Locked): string => name ?? path.slice(path.lastIndexOf(IN) + IN.length);
const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** Where Node finds a package from a path: beside it, or in a folder above. */
const resolveFrom = (packages: Record<string, Locked>, from: string, name: string): string | undefined => {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(IN) - 1))) {
    const path = `${at === '' ? '' : `${at}/`}${IN}${name}`;
    const found = packages[path];
    if (found !== undefined) return found.link ? found.resolved : path;
    if (at === '') return undefined;
    if (!at.includes(IN)) at = '';
  }
};

const licencesOf = (licence: string | undefined): object =>
  licence === undefined
    ? {}
    : { licenses: [/ (?:OR|AND|WITH) /.test(licence) ? { expression: licence } : { license: { id: licence } }] };

/** `sha512-` and base64 (W3C Subresource Integrity), as hexadecimal. */
const hashesOf = (integrity: string | undefined): object => {
  const [, base64] = /^sha512-(\S+)$/.exec(integrity ?? '') ?? [];
  return base64 === undefined
    ? {}
    : { hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }] };
};

/**
 * What the project is made of, as CycloneDX 1.6 (ECMA-424): every package of npm's lock with licence and digest, those that
 * only its making needs `excluded`, and what is beside it. The same bytes for the same lock: no time, no random number.
 */
export const sbom = (lockText: string, others: readonly Other[]): string => {
  const { packages } = JSON.parse(lockText) as { packages: Record<string, Locked> };
  const refs = new Map<string, string>();
  const components = new Map<string, Component>();
  for (const [path, locked] of Object.entries(packages)) {
    if (path === '' || locked.link || locked.version === undefined) continue;
    const name = nameAt(path, locked);
    const ref = purlOf(name, locked.version);
    refs.set(path, ref);
    const known = components.get(ref);
    const scope = locked.dev ? 'excluded' : locked.optional ? 'optional' : 'required';
    // Of several copies the one that is needed most tells.
    const wider =
      known !== undefined &&
      ['required', 'optional', 'excluded'].indexOf(known['scope'] as string) <
        ['required', 'optional', 'excluded'].indexOf(scope);
    if (wider) continue;
    components.set(ref, {
      type: 'library',
      'bom-ref': ref,
      name,
      version: locked.version,
      scope,
      ...hashesOf(locked.integrity),
      ...licencesOf(locked.license ?? readLicences[`${name}@${locked.version}`]),
      purl: ref,
    });
  }
  for (const { licence, purl, ...other } of others) {
    const ref = purl ?? `${other.name}@${other.version}`;
    components.set(ref, { ...other, 'bom-ref': ref, ...licencesOf(licence), ...(purl !== undefined && { purl }) });
  }
  const root = packages['']!;
  const dependencies = new Map<string, Set<string>>();
  for (const [path, locked] of Object.entries(packages)) {
    if (locked.link) continue;
    const ref = path === '' ? root.name! : refs.get(path);
    if (ref === undefined) continue;
    const wanted = { ...locked.dependencies, ...locked.optionalDependencies, ...locked.devDependencies };
    const found = Object.keys(wanted).flatMap((name) => refs.get(resolveFrom(packages, path, name) ?? '') ?? []);
    const known = dependencies.get(ref) ?? new Set();
    for (const one of found) known.add(one);
    dependencies.set(ref, known);
  }
  const body = {
    metadata: {
      component: { type: 'application', 'bom-ref': root.name, name: root.name, ...licencesOf(root.license) },
    },
    components: [...components.values()].sort(by((one) => one['bom-ref'])),
    dependencies: [...dependencies].map(([ref, on]) => ({ ref, dependsOn: [...on].sort() })).sort(by(({ ref }) => ref)),
  };
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  // A UUID made of the content (RFC 9562, version 8).
  const serial = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  const whole = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${serial}`, version: 1, ...body };
  return `${JSON.stringify(whole, null, 1)}\n`;
};

const by =
  <T>(key: (one: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;

/** Name, version and licence of each component. */
export const componentsOf = (text: string): { name: string; version: string; licence: string | undefined }[] => {
  type Told = { name: string; version: string; licenses?: { expression?: string; license?: { id: string } }[] };
  const { components } = JSON.parse(text) as { components: Told[] };
  return components.map(({ name, version, licenses }) => ({
    name,
    version,
    licence: licenses?.[0]?.expression ?? licenses?.[0]?.license?.id,
  }));
};
