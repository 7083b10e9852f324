/** Who may import what, as DESIGN.md "Floors" says: imports go down only, and engines meet in the platform only. */
export interface Rule {
  /** Other rooms that may be imported. A room's parts (one engine, one door) never import one another. */
  floors: readonly string[];
  /** Node's own modules: all, or those listed. */
  node: true | readonly string[];
  /** Packages from npm. */
  npm: boolean;
  /** Globals that must not be used: the room is pure, or runs in a browser. */
  pure?: readonly string[];
}

export const rooms: Readonly<Record<string, Rule>> = {
  app: { floors: ['doors', 'platform', 'engines', 'store', 'core', 'verify'], node: true, npm: true },
  doors: { floors: ['platform', 'core', 'verify'], node: true, npm: true },
  platform: { floors: ['engines', 'store', 'core', 'verify'], node: true, npm: true },
  engines: { floors: ['store', 'core', 'verify'], node: true, npm: true },
  store: { floors: ['core', 'verify'], node: true, npm: true },
  core: { floors: ['verify'], node: ['node:crypto'], npm: false, pure: ['process'] },
  verify: { floors: [], node: [], npm: false, pure: ['Buffer', 'process'] },
  sdk: { floors: ['verify'], node: [], npm: false, pure: ['Buffer', 'process'] },
  console: { floors: ['sdk', 'verify'], node: [], npm: true, pure: ['Buffer', 'process'] },
};

/** Rooms of several parts, each of them a folder. */
const divided = ['doors', 'engines'];
/** Packages that are one room; `crank` is divided by folders. */
const packages: Readonly<Record<string, string>> = {
  'crank-verify': 'verify',
  'crank-sdk': 'sdk',
  'crank-console': 'console',
};

export interface Room {
  /** A key of `rooms`. */
  name: string;
  /** The engine or door; empty where the room is one. */
  part: string;
}

/** The room of a file, by its path from the repository's root; undefined where it stands in none. */
export const roomOf = (path: string): Room | undefined => {
  const [top, pkg, src, floor, part, ...rest] = path.split('/');
  if (top !== 'packages' || src !== 'src' || floor === undefined) return undefined;
  if (pkg !== 'crank') return Object.values(packages).includes(pkg!) ? { name: pkg!, part: '' } : undefined;
  if (rooms[floor] === undefined || part === undefined || Object.values(packages).includes(floor)) return undefined;
  if (!divided.includes(floor)) return { name: floor, part: '' };
  return rest.length === 0 ? undefined : { name: floor, part };
};

/** The room that a bare specifier names, where it is one of our packages: `crank-verify`, `crank-verify/x`. */
export const roomOfPackage = (specifier: string): Room | undefined => {
  const name = packages[specifier.split('/')[0]!];
  return name === undefined ? undefined : { name, part: '' };
};
