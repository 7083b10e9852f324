import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SandboxUser } from './bubblewrap.ts';
import { thisDistribution } from './distribution.ts';
import { runToEnd } from './interpreter.ts';
import { blockedBy } from './reachable.ts';
import type { ContainerKind } from './trap-texts.ts';
import type { MachineFacts, Step } from './traps.ts';

/** Outside of what Debian, Red Hat and systemd hand out by themselves. */
const defaultUser: SandboxUser = { uid: 64_321, gid: 64_321 };

export interface Chosen {
  uid?: number;
  gid?: number;
  bwrap?: string;
  /** Folders that programs are run from, and whether they are read in sandboxes too. They need not be there yet. */
  folders?: readonly { path: string; inside: boolean }[];
}

/** Who runs in containers: always somebody else than we. */
export const containerUser = ({ uid, gid }: Chosen): SandboxUser => ({
  uid: uid ?? defaultUser.uid,
  gid: gid ?? defaultUser.gid,
});

/** Looks at this machine; changes nothing. What it is refused is asked by `askForNamespaces`. */
export const gatherFacts = async (chosen: Chosen, searchPath = process.env['PATH'] ?? ''): Promise<MachineFacts> => {
  const root = process.getuid?.() === 0;
  const user = root
    ? { uid: chosen.uid ?? defaultUser.uid, gid: chosen.gid ?? defaultUser.gid }
    : { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
  const mapped = isMapped('uid_map', user.uid) && isMapped('gid_map', user.gid);
  const linux = process.platform === 'linux';
  const mounts = linux ? mountsHere() : [];
  return {
    platform: process.platform,
    distribution: thisDistribution(),
    container: linux ? containerKind() : undefined,
    settings: settingsHere(),
    restrictProfile: existsSync('/etc/apparmor.d/bwrap-userns-restrict'),
    filtered: /^Seccomp:\s*2$/m.test(textOf('/proc/self/status')),
    selinuxEnforcing: textOf('/sys/fs/selinux/enforce').trim() === '1',
    // The mount point for binary formats is made for this and does no harm.
    procCovered: mounts.some(({ path }) => path.startsWith('/proc/') && path !== '/proc/sys/fs/binfmt_misc'),
    hidepid: mounts.some(({ path, options }) => path === '/proc' && /\bhidepid=(?!0|off)/.test(options)),
    root,
    user: { ...user, mapped },
    bwrap:
      linux && mapped && user.uid !== 0
        ? await lookForBubblewrap(chosen.bwrap, searchPath, root ? user : undefined)
        : { path: undefined },
    refused: {},
    groups: undefined,
    folders: (chosen.folders ?? []).map(({ path, inside }) => ({
      path,
      noexec: linux && mountOf(path, mounts)?.options.split(',').includes('noexec') === true,
      // The folder itself is opened as far as needed when it is used.
      closedAt: root && inside ? blockedBy(nearest(dirname(path)), user, 'enter') : undefined,
    })),
  };
};

/** As `bubblewrapArguments` has it. */
const all = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
  ...['--hostname', 'sandbox', '--proc', '/proc'],
];
const steps: readonly [Step, readonly string[]][] = [
  ['user', ['--unshare-user']],
  ['network', ['--unshare-user', '--unshare-net']],
  ['proc', ['--unshare-user', '--unshare-pid', '--proc', '/proc']],
];

/** Asks the kernel, through bubblewrap, for what sandboxes and their slots are made of: at once, and in steps where that fails. */
export const askForNamespaces = async ({ bwrap, root, user }: MachineFacts): Promise<MachineFacts['refused']> => {
  const nothing = ['--ro-bind', '/', '/'];
  const ask = async (
    options: readonly string[],
    command: readonly string[] = ['true'],
  ): Promise<string | undefined> => {
    try {
      await runToEnd(bwrap.path!, [...nothing, ...options, ...command], root ? user : undefined);
      return undefined;
    } catch (error) {
      return wordsOf(error);
    }
  };
  // A slot makes namespaces and a /proc within those of its sandbox.
  const whole = await ask(all, [bwrap.path!, ...nothing, '--unshare-user', '--unshare-pid', '--proc', '/proc', 'true']);
  if (whole === undefined) return {};
  const refused: Partial<Record<Step, string>> = {};
  for (const [step, options] of steps) {
    const said = await ask(options);
    if (said === undefined) continue;
    refused[step] = said;
    if (step === 'user') return refused; // the others ask for that too
  }
  if (Object.keys(refused).length > 0) return refused;
  return (await ask(all)) === undefined ? { slot: whole } : { rest: whole };
};

const lookForBubblewrap = async (
  chosen: string | undefined,
  searchPath: string,
  user: SandboxUser | undefined,
): Promise<MachineFacts['bwrap']> => {
  const folders = [
    '/usr/bin',
    '/usr/local/bin',
    '/bin',
    ...searchPath.split(':').filter((path) => path.startsWith('/')),
  ];
  const path = chosen ?? folders.map((folder) => `${folder}/bwrap`).find((file) => existsSync(file));
  if (path === undefined) return { path };
  try {
    const said = await runToEnd(path, ['--version'], user);
    const version = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(said);
    if (version === null) return { path, failure: `--version said: ${said.slice(0, 100)}` };
    return { path, version: version.slice(1).map((part) => Number(part ?? 0)) };
  } catch (error) {
    return { path, failure: wordsOf(error) };
  }
};

/** What a program said when it failed, or why it did not start. */
const wordsOf = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: unknown; message: string };
  return (String(stderr ?? '').trim() || message).slice(-300);
};

const settingsHere = (): MachineFacts['settings'] => {
  const read = (name: string): number | undefined => {
    const text = textOf(`/proc/sys/${name}`).trim();
    return text === '' ? undefined : Number(text);
  };
  const found = {
    unprivilegedClone: read('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: read('user/max_user_namespaces'),
    apparmorRestrict: read('kernel/apparmor_restrict_unprivileged_userns'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
};

const containerKind = (): ContainerKind | undefined => {
  if (process.env['KUBERNETES_SERVICE_HOST'] !== undefined) return 'kubernetes';
  if (existsSync('/run/.containerenv')) return 'podman';
  if (existsSync('/.dockerenv')) return 'docker';
  // systemd's container interface: written by systemd inside for whoever may not read pid 1's environment.
  const named = textOf('/run/systemd/container').trim();
  if (named.startsWith('lxc')) return 'lxc';
  if (named === 'docker' || named === 'podman') return named;
  return named === '' ? undefined : 'other';
};

interface Mount {
  path: string;
  /** Of the mount and of the file system, with commas. */
  options: string;
}

/** proc(5), /proc/self/mountinfo: ... mount point, options, [tags], `-`, type, source, super options. */
const mountsHere = (): Mount[] =>
  textOf('/proc/self/mountinfo')
    .split('\n')
    .flatMap((line) => {
      const [before, after] = line.split(' - ');
      const fields = before!.split(' ');
      if (after === undefined || fields[4] === undefined) return [];
      const path = fields[4].replace(/\\(\d{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      );
      return [{ path, options: `${fields[5]},${after.split(' ')[2] ?? ''}` }];
    });

/** The last mount among those that hold the path: it lies on top. */
const mountOf = (path: string, mounts: readonly Mount[]): Mount | undefined => {
  const at = realpathSync(nearest(path));
  const holding = mounts.filter((mount) => mount.path === '/' || at === mount.path || at.startsWith(`${mount.path}/`));
  const longest = Math.max(...holding.map((mount) => mount.path.length));
  return holding.findLast((mount) => mount.path.length === longest);
};

/** The path, or the nearest folder above that is there. */
const nearest = (path: string): string => {
  for (let at = path; ; at = dirname(at)) if (existsSync(at)) return at;
};

/** user_namespaces(7): lines of first id inside, first id outside, length. */
const isMapped = (map: string, id: number): boolean => {
  const text = textOf(`/proc/self/${map}`);
  if (text === '') return true; // no user namespaces here at all
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([first, , length]) => id >= first! && id < first! + length!);
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // this kernel has no such thing, or it is closed to us
  }
};
