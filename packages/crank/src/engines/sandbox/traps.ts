import { installHint } from './distribution.ts';
import { type ContainerKind, containerOptions, profileForBubblewrap } from './trap-texts.ts';

/**
 * What was refused: a user namespace, with a network, with a /proc of its own; the rest of what sandboxes have; one
 * within another, as slots are.
 */
export type Step = 'user' | 'network' | 'proc' | 'rest' | 'slot';

/** What a machine says of itself, as far as it decides whether sandboxes can be made. */
export interface MachineFacts {
  /** `process.platform`. */
  platform: string;
  /** `ID` and `ID_LIKE` of os-release(5). */
  distribution: readonly string[];
  container: ContainerKind | undefined;
  /** The values of sysctls; not there where the kernel has no such setting. */
  settings: { unprivilegedClone?: number; maxUserNamespaces?: number; apparmorRestrict?: number };
  /** Ubuntu's profile `bwrap-userns-restrict` is installed. */
  restrictProfile: boolean;
  /** A seccomp filter was there before we started anything. */
  filtered: boolean;
  selinuxEnforcing: boolean;
  /** Something is mounted over a part of /proc, as container engines do to hide it. */
  procCovered: boolean;
  /** /proc shows a user's own processes only. */
  hidepid: boolean;
  /** We are uid 0, at least in our own user namespace. */
  root: boolean;
  /** The sandbox's user, and whether our user namespace has such a uid and gid at all. */
  user: { uid: number; gid: number; mapped: boolean };
  /** `failure`: why it does not run. */
  bwrap: { path: string | undefined; version?: readonly number[]; failure?: string };
  refused: Readonly<Partial<Record<Step, string>>>;
  /** Why there are no control groups, where there are none. */
  groups: string | undefined;
  /** Folders that must be read in sandboxes and run programs. `closedAt`: what bars the sandbox's user. */
  folders: readonly { path: string; noexec: boolean; closedAt: string | undefined }[];
}

/** One condition that keeps sandboxes from being made or from being all they could be. */
export interface Trap {
  /** Stable name. */
  trap: string;
  /** What it keeps from working: nothing, for advice. */
  blocks: 'bubblewrap' | 'user namespaces' | 'folders' | undefined;
  what: string;
  fix: string;
}

/** bubblewrap before it lacks options that we use (`--ro-bind-try`). */
const oldestBubblewrap = [0, 3, 1] as const;

export const isOlder = (version: readonly number[], than: readonly number[]): boolean => {
  for (const [i, part] of than.entries()) {
    const have = version[i] ?? 0;
    if (have !== part) return have < part;
  }
  return false;
};

interface Rule {
  trap: string;
  blocks?: Trap['blocks'];
  /** Whether it is at work, or what it is in words of its own. */
  when(facts: MachineFacts): string | false;
  fix(facts: MachineFacts): string;
}

const refusals = ({ refused }: Pick<MachineFacts, 'refused'>): string => Object.values(refused).join('; ');
const persistent = (line: string) =>
  `as root: sysctl -w ${line} && echo '${line}' > /etc/sysctl.d/60-crank.conf (on the host, where this is a container)`;

/** What keeps bubblewrap itself from running. The first that holds is the one. */
const bubblewrapRules: readonly Rule[] = [
  {
    trap: 'platform',
    when: ({ platform }) => platform !== 'linux' && `sandboxes need Linux; this is ${platform}`,
    fix: ({ platform }) =>
      platform === 'win32'
        ? 'run Crank in WSL 2 (wsl --install), a Linux virtual machine or a Linux container; nothing runs unsandboxed'
        : 'run Crank in a Linux virtual machine or a Linux container; nothing runs unsandboxed',
  },
  {
    trap: 'sandbox-user-is-root',
    when: ({ user }) => (user.uid === 0 || user.gid === 0) && 'Root never runs user code, and the sandbox user is root',
    fix: () => 'choose another uid and gid for sandboxes: CRANK_SANDBOX_UID=64000',
  },
  {
    trap: 'unmapped-uid',
    when: ({ root, user }) =>
      root &&
      !user.mapped &&
      `the sandbox user (uid ${user.uid}) does not exist in this user namespace: its map ends before`,
    fix: () =>
      'set CRANK_SANDBOX_UID to a uid within /proc/self/uid_map other than 0, give the container more subordinate ids (/etc/subuid), or start the node as an ordinary user',
  },
  {
    trap: 'bubblewrap-missing',
    when: ({ bwrap }) => bwrap.path === undefined && 'bubblewrap (bwrap) is not installed',
    fix: ({ distribution }) => installHint('bubblewrap', distribution),
  },
  {
    trap: 'bubblewrap-broken',
    when: ({ bwrap }) => bwrap.failure !== undefined && `${bwrap.path} does not run: ${bwrap.failure}`,
    fix: ({ distribution, bwrap }) =>
      /EACCES|permission denied/i.test(bwrap.failure ?? '')
        ? `let every user execute it: chmod a+rx ${bwrap.path}, and a+x on the folders above it`
        : `install bubblewrap anew (${installHint('bubblewrap', distribution)})`,
  },
  {
    trap: 'bubblewrap-old',
    when: ({ bwrap }) =>
      bwrap.version !== undefined &&
      isOlder(bwrap.version, oldestBubblewrap) &&
      `${bwrap.path} is version ${bwrap.version.join('.')}; ${oldestBubblewrap.join('.')} or newer is needed`,
    fix: ({ distribution }) =>
      `upgrade it (${installHint('bubblewrap', distribution)}), or build a newer one into /usr/local/bin and remove the old`,
  },
];

/** Why the kernel refused bubblewrap what it asked for. More than one can hold. */
const namespaceRules: readonly Rule[] = [
  {
    trap: 'max-user-namespaces',
    when: ({ settings, refused }) =>
      refusals({ refused }) !== '' &&
      (settings.maxUserNamespaces === 0
        ? 'user.max_user_namespaces is 0: nobody may make user namespaces'
        : /ENOSPC|no space left/i.test(refusals({ refused })) &&
          'a limit on the number of user namespaces is reached (user.max_user_namespaces, here or further out)'),
    fix: () => persistent('user.max_user_namespaces=15000'),
  },
  {
    trap: 'unprivileged-userns-clone',
    when: ({ settings, refused }) =>
      refused.user !== undefined &&
      settings.unprivilegedClone === 0 &&
      'kernel.unprivileged_userns_clone is 0: only root may make user namespaces',
    fix: () => persistent('kernel.unprivileged_userns_clone=1'),
  },
  {
    trap: 'apparmor-userns',
    when: ({ settings, restrictProfile, refused }) =>
      settings.apparmorRestrict === 1 &&
      !(restrictProfile && refused.slot !== undefined) &&
      'AppArmor takes capabilities in user namespaces from programs without a profile (kernel.apparmor_restrict_unprivileged_userns is 1)',
    fix: ({ bwrap }) => profileForBubblewrap(bwrap.path ?? '/usr/bin/bwrap'),
  },
  {
    trap: 'apparmor-restrict-profile',
    when: ({ restrictProfile, refused }) =>
      restrictProfile &&
      refused.slot !== undefined &&
      'the AppArmor profile bwrap-userns-restrict lets bubblewrap make namespaces, and takes capabilities from what it starts in them, so that slots cannot be made',
    fix: ({ bwrap }) => profileForBubblewrap(bwrap.path ?? '/usr/bin/bwrap'),
  },
  {
    trap: 'seccomp',
    when: ({ filtered, refused, procCovered, settings }) =>
      filtered &&
      /operation not permitted|EPERM|no permissions|function not implemented/i.test(refusals({ refused })) &&
      !(refused.user === undefined && refused.network === undefined && procCovered) &&
      settings.unprivilegedClone !== 0 &&
      'a seccomp filter around this process refuses clone, unshare or mount',
    fix: ({ container }) =>
      container === undefined
        ? 'a service manager set it: under systemd take RestrictNamespaces= and the SystemCallFilter= that leaves out @mount from the unit'
        : containerOptions(container),
  },
  {
    trap: 'masked-proc',
    when: ({ procCovered, refused }) =>
      refused.proc !== undefined &&
      procCovered &&
      'parts of /proc are covered, as in a container, so that the kernel allows no new /proc in a sandbox',
    fix: ({ container }) => containerOptions(container ?? 'other'),
  },
  {
    trap: 'selinux',
    when: (facts) =>
      facts.selinuxEnforcing &&
      /permission denied|EACCES/i.test(refusals(facts)) &&
      'SELinux is enforcing, and something was refused by permission',
    fix: ({ container }) =>
      `look at what it refused (ausearch -m avc -ts recent) and allow that${container === undefined ? ' with a module of your own (audit2allow)' : ', or start the container with --security-opt label=disable'}`,
  },
  {
    trap: 'user-namespaces',
    when: ({ refused }) => refused.user !== undefined && 'the kernel refuses user namespaces',
    fix: ({ container }) =>
      container === undefined
        ? 'use a kernel with CONFIG_USER_NS=y and CONFIG_PID_NS=y, and look at dmesg for what refused it'
        : containerOptions(container),
  },
  {
    trap: 'sandbox-mounts',
    when: ({ refused }) =>
      refused.user === undefined &&
      refusals({ refused }) !== '' &&
      'the kernel refuses mounts or a network of their own to user namespaces',
    fix: ({ container }) =>
      container === undefined
        ? 'look at dmesg for what refused it, and allow that for bwrap'
        : containerOptions(container),
  },
];
/** Said only where nothing else explains it. */
const catchAll = new Set(['user-namespaces', 'sandbox-mounts']);

const adviceRules: readonly Rule[] = [
  {
    trap: 'no-control-groups',
    when: ({ groups }) =>
      groups !== undefined &&
      `memory and processes are limited for each process, not for a call as a whole: no control groups, for ${groups}`,
    fix: ({ root, container }) =>
      root
        ? container === undefined
          ? 'mount cgroup v2 at /sys/fs/cgroup writable, with the controllers memory, pids and cpu'
          : 'give the container a cgroup of its own to write to: docker or podman run --cgroupns=private -v /sys/fs/cgroup:/sys/fs/cgroup:rw; Kubernetes: a privileged container'
        : 'run the node as root: it gives sandboxes a uid of their own and control groups',
  },
  {
    trap: 'hidepid',
    when: ({ hidepid, root }) =>
      hidepid && !root && "/proc hides other users' processes (hidepid): sandboxes work, diagnosing them is harder",
    fix: () => "nothing has to be done; to see them: mount -o remount,gid=GROUP /proc with a group of the node's user",
  },
];

const hold = (rules: readonly Rule[], facts: MachineFacts, blocks: Trap['blocks']): Trap[] =>
  rules.flatMap((rule) => {
    const what = rule.when(facts);
    return what === false ? [] : [{ trap: rule.trap, blocks, what, fix: rule.fix(facts) }];
  });

/** What stands in the way on such a machine, and what to do about it: facts in, findings out. */
export const trapsOf = (facts: MachineFacts): Trap[] => {
  const bubblewrap = hold(bubblewrapRules, facts, 'bubblewrap').slice(0, 1);
  const refused = Object.keys(facts.refused).length > 0;
  const all = refused && bubblewrap.length === 0 ? hold(namespaceRules, facts, 'user namespaces') : [];
  const known = all.filter(({ trap }) => !catchAll.has(trap));
  return [
    ...bubblewrap,
    ...(known.length > 0 ? known : all),
    ...facts.folders.flatMap((folder) => folderTraps(folder, facts)),
    ...hold(adviceRules, facts, undefined),
  ];
};

const folderTraps = ({ path, noexec, closedAt }: MachineFacts['folders'][number], { user }: MachineFacts): Trap[] => [
  ...(closedAt === undefined
    ? []
    : [
        {
          trap: 'folder-closed',
          blocks: 'folders' as const,
          what: `${path} cannot be read inside the sandbox: ${closedAt} is closed to its user (uid ${user.uid})`,
          fix: `open it (chmod o+x ${closedAt}) or choose another place (CRANK_DATA)`,
        },
      ]),
  ...(noexec
    ? [
        {
          trap: 'folder-noexec',
          blocks: undefined,
          what: `${path} is mounted noexec: neither compiled packages nor the tools that install them can run from there`,
          fix: 'mount it without noexec, or choose another place: CRANK_DATA for the data folder, XDG_CACHE_HOME for tools',
        },
      ]
    : []),
];
