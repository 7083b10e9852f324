import { existsSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { isOlder } from './traps.ts';

/** Who runs inside. Never root. */
export interface SandboxUser {
  uid: number;
  gid: number;
}

export interface Mounts {
  /** Host folder with the runtime: `start.py`, `crank_runtime/`, the filters, `passwd` and `group`. */
  runtime: string;
  interpreter: string;
  /** Host folder bound at /code, if any. */
  code?: string;
  /** Host folders bound at /libs/0, /libs/1, ... */
  libs?: readonly string[];
  /** What a module for Node runs with (`node-parts.ts`): host path by path inside. */
  parts?: Readonly<Record<string, string>> | undefined;
  /** Host folder with the input files of calls, bound at /calls. */
  calls?: string;
  /** Mounted over at /workspaces/NAME in slots, with states from the host folder that is bound at /spaces/NUMBER. */
  workspaces?: readonly { name: string; folder: string }[] | undefined;
  tmpBytes: number;
  /** The service has a network: it sees whom this machine trusts to vouch for servers. */
  network?: boolean;
  /** Descriptors: with the outer seccomp filter, and for what bubblewrap tells of itself. */
  seccompFd?: number;
  infoFd?: number;
  /** Of the installed bubblewrap, such as [0, 8, 0]. */
  version: readonly number[];
}

/** The variables inside: the same for every call on every machine. bubblewrap itself is started with none. */
export const environment = {
  HOME: '/tmp/work',
  TMPDIR: '/tmp',
  PATH: '/usr/bin:/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  USER: 'sandbox',
  LOGNAME: 'sandbox',
  PYTHONHASHSEED: '0',
  PYTHONNOUSERSITE: '1',
  PYTHONUTF8: '1',
  // A zygote must have one thread when it forks, and a call is measured on the CPU it asked for.
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  NUMEXPR_NUM_THREADS: '1',
  // Each arena reserves 64 MiB of the address space that the memory limit counts.
  MALLOC_ARENA_MAX: '2',
};

/** Folders of the system that Debian keeps as links into /usr and older systems as folders. */
export const systemFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** All of /etc that programs inside may see. */
export const systemFiles = [
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/etc/fonts',
  '/etc/libreoffice',
  '/etc/mime.types',
];
/** Certificates of authorities, where systems keep them. */
const certificates = [
  '/etc/ssl/certs',
  '/etc/ssl/cert.pem',
  '/etc/ssl/openssl.cnf',
  '/etc/pki',
  '/etc/ca-certificates',
];
const devices = ['null', 'zero', 'full', 'random', 'urandom'];

/**
 * The folder that must be bound so that an interpreter outside of /usr works: `/opt/py/bin/python3.12` needs /opt/py.
 * `undefined` for one of the system.
 */
export const interpreterPrefix = (interpreter: string): string | undefined =>
  interpreter.startsWith('/usr/') || systemFolders.some((folder) => interpreter.startsWith(`${folder}/`))
    ? undefined
    : dirname(dirname(interpreter));

/** The arguments for bubblewrap up to the command. Everything is read-only but /tmp; there is no network and no /sys. */
export const bubblewrapArguments = (mounts: Mounts): string[] => {
  const args = [
    ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--hostname', 'sandbox', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--ro-bind', '/usr', '/usr'],
  ];
  for (const folder of systemFolders) {
    if (!existsSync(folder)) continue;
    const target = linkTarget(folder);
    if (target === undefined) args.push('--ro-bind', folder, folder);
    else args.push('--symlink', target, folder);
  }
  for (const file of systemFiles) args.push('--ro-bind-try', file, file);
  if (mounts.network === true) for (const path of certificates) args.push('--ro-bind-try', path, path);
  args.push(
    '--ro-bind',
    `${mounts.runtime}/passwd`,
    '/etc/passwd',
    '--ro-bind',
    `${mounts.runtime}/group`,
    '/etc/group',
  );
  args.push('--dir', '/dev');
  for (const name of devices) args.push('--dev-bind', `/dev/${name}`, `/dev/${name}`);
  args.push('--symlink', '/proc/self/fd', '/dev/fd');
  for (const [i, name] of ['stdin', 'stdout', 'stderr'].entries()) {
    args.push('--symlink', `/proc/self/fd/${i}`, `/dev/${name}`);
  }
  args.push('--proc', '/proc', '--ro-bind', mounts.runtime, '/runtime');
  if (mounts.code !== undefined) args.push('--ro-bind', mounts.code, '/code');
  for (const [i, folder] of (mounts.libs ?? []).entries()) args.push('--ro-bind', folder, `/libs/${i}`);
  for (const [inside, path] of Object.entries(mounts.parts ?? {})) args.push('--ro-bind', path, inside);
  if (mounts.parts !== undefined && mounts.libs?.length)
    args.push('--symlink', '/libs/0/node_modules', '/node_modules');
  if (mounts.calls !== undefined) args.push('--ro-bind', mounts.calls, '/calls');
  for (const [i, { name, folder }] of (mounts.workspaces ?? []).entries())
    args.push('--ro-bind', folder, `/spaces/${i}`, '--dir', `/workspaces/${name}`);
  const prefix = interpreterPrefix(mounts.interpreter);
  if (prefix !== undefined) args.push('--ro-bind', prefix, prefix);
  if (!isOlder(mounts.version, [0, 7])) args.push('--size', String(mounts.tmpBytes));
  args.push('--tmpfs', '/tmp', '--dir', '/tmp/work', '--remount-ro', '/', '--chdir', '/tmp/work');
  // What Node tells children of the channel that the way out is handed over on: a Node inside would believe it.
  if (mounts.network === true)
    for (const name of ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE']) args.push('--unsetenv', name);
  for (const [name, value] of Object.entries(environment)) args.push('--setenv', name, value);
  if (mounts.seccompFd !== undefined) args.push('--seccomp', String(mounts.seccompFd));
  if (mounts.infoFd !== undefined) args.push('--info-fd', String(mounts.infoFd));
  return [...args, '--'];
};

export const linkTarget = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // EINVAL: a folder
  }
};
