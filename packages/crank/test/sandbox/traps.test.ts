import { describe, expect, it } from 'vitest';
import { installHint, parseOsRelease } from '#src/engines/sandbox/distribution.ts';
import { type MachineFacts, trapsOf } from '#src/engines/sandbox/traps.ts';

const well: MachineFacts = {
  platform: 'linux',
  distribution: ['debian'],
  container: undefined,
  settings: { maxUserNamespaces: 63_000 },
  restrictProfile: false,
  filtered: false,
  selinuxEnforcing: false,
  procCovered: false,
  hidepid: false,
  root: true,
  user: { uid: 64_000, gid: 64_000, mapped: true },
  bwrap: { path: '/usr/bin/bwrap', version: [0, 8, 0] },
  refused: {},
  groups: undefined,
  folders: [{ path: '/var/lib/crank', noexec: false, closedAt: undefined }],
};
const denied = 'bwrap: No permissions to create new namespace, likely because the kernel does not allow it';
const full = 'bwrap: Creating new namespace failed: nesting depth exceeded (ENOSPC)';
const noProc = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted";
const bwrap = { path: '/usr/bin/bwrap', version: [0, 8, 0] };

/** What is different from a machine where all is well; the traps found; what their fixes say. */
const cases: [name: string, Partial<MachineFacts>, traps: string[], fixes: RegExp[]][] = [
  ['all is well', {}, [], []],
  ['macOS', { platform: 'darwin' }, ['platform'], [/Linux virtual machine/]],
  ['Windows', { platform: 'win32' }, ['platform'], [/WSL 2/]],
  ['macOS without bwrap says one thing', { platform: 'darwin', bwrap: { path: undefined } }, ['platform'], [/Linux/]],
  [
    'root as the sandbox user',
    { user: { uid: 0, gid: 5, mapped: true } },
    ['sandbox-user-is-root'],
    [/CRANK_SANDBOX_UID/],
  ],
  [
    'root of a user namespace with one uid',
    { user: { ...well.user, mapped: false } },
    ['unmapped-uid'],
    [/uid_map.*subuid/],
  ],
  ['Debian without bwrap', { bwrap: { path: undefined } }, ['bubblewrap-missing'], [/apt-get install bubblewrap$/]],
  [
    'Fedora without bwrap',
    { bwrap: { path: undefined }, distribution: ['fedora'] },
    ['bubblewrap-missing'],
    [/dnf install bubblewrap$/],
  ],
  ['bwrap that does not run', { bwrap: { ...bwrap, failure: 'spawn EACCES' } }, ['bubblewrap-broken'], [/chmod a\+rx/]],
  [
    'bwrap without its libraries',
    { bwrap: { ...bwrap, failure: 'libcap.so.2: not found' } },
    ['bubblewrap-broken'],
    [/anew/],
  ],
  ['an old bwrap', { bwrap: { ...bwrap, version: [0, 3, 0] } }, ['bubblewrap-old'], [/upgrade/]],
  ['the oldest that will do', { bwrap: { ...bwrap, version: [0, 3, 1] } }, [], []],
  [
    'no user namespaces allowed',
    { settings: { maxUserNamespaces: 0 }, refused: { user: full } },
    ['max-user-namespaces'],
    [/sysctl -w user\.max_user_namespaces=15000/],
  ],
  ['a limit further out', { refused: { user: full } }, ['max-user-namespaces'], [/on the host/]],
  ['a limit that slots meet', { refused: { slot: full } }, ['max-user-namespaces'], [/max_user_namespaces/]],
  [
    'Debian with user namespaces for root only',
    { settings: { unprivilegedClone: 0 }, refused: { user: denied } },
    ['unprivileged-userns-clone'],
    [/sysctl -w kernel\.unprivileged_userns_clone=1/],
  ],
  ['the same where nothing was refused', { settings: { unprivilegedClone: 0 } }, [], []],
  [
    'Ubuntu 24.04',
    {
      distribution: ['ubuntu', 'debian'],
      settings: { apparmorRestrict: 1 },
      refused: { user: 'bwrap: setting up uid map: Permission denied' },
    },
    ['apparmor-userns'],
    [/profile crank-bwrap \/usr\/bin\/bwrap flags=\(unconfined\) \{\n {2}userns,[\s\S]*apparmor_parser -r/],
  ],
  [
    'Ubuntu, refused at the network',
    {
      settings: { apparmorRestrict: 1 },
      refused: { network: 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted' },
    },
    ['apparmor-userns'],
    [/userns,/],
  ],
  [
    "Ubuntu with its own profile for bwrap, which slots don't get through",
    {
      settings: { apparmorRestrict: 1 },
      restrictProfile: true,
      refused: { slot: 'bwrap: Failed to make / slave: Permission denied' },
    },
    ['apparmor-restrict-profile'],
    [/aa-disable bwrap-userns-restrict/],
  ],
  [
    'Docker as it comes',
    { container: 'docker', filtered: true, procCovered: true, refused: { user: denied } },
    ['seccomp'],
    [/seccomp=unconfined .*systempaths=unconfined/],
  ],
  [
    'Docker with seccomp off, /proc covered',
    { container: 'docker', procCovered: true, refused: { proc: noProc } },
    ['masked-proc'],
    [/systempaths=unconfined/],
  ],
  [
    'Podman as it comes',
    { container: 'podman', filtered: true, procCovered: true, refused: { proc: noProc } },
    ['masked-proc'],
    [/unmask=ALL/],
  ],
  [
    'Podman with /proc open and its filter on',
    { container: 'podman', filtered: true, refused: { rest: "bwrap: Can't set hostname: Operation not permitted" } },
    ['seccomp'],
    [/seccomp=unconfined/],
  ],
  [
    'Kubernetes',
    { container: 'kubernetes', filtered: true, procCovered: true, refused: { proc: noProc } },
    ['masked-proc'],
    [/procMount: Unmasked/],
  ],
  [
    'LXC without nesting',
    { container: 'lxc', procCovered: true, refused: { proc: noProc } },
    ['masked-proc'],
    [/security\.nesting/],
  ],
  ['a hardened systemd unit', { filtered: true, refused: { user: denied } }, ['seccomp'], [/RestrictNamespaces=/]],
  [
    'SELinux',
    { selinuxEnforcing: true, refused: { proc: 'bwrap: mount proc: Permission denied' } },
    ['selinux'],
    [/ausearch/],
  ],
  [
    'SELinux in a container',
    { selinuxEnforcing: true, container: 'podman', refused: { user: 'bwrap: Permission denied' } },
    ['selinux'],
    [/label=disable/],
  ],
  ['a kernel without them', { refused: { user: denied } }, ['user-namespaces'], [/CONFIG_USER_NS/]],
  ['a refusal that nothing explains', { refused: { network: 'bwrap: something' } }, ['sandbox-mounts'], [/dmesg/]],
  [
    'two things at once are both named',
    { settings: { maxUserNamespaces: 0, apparmorRestrict: 1 }, refused: { user: full } },
    ['max-user-namespaces', 'apparmor-userns'],
    [/sysctl/, /userns,/],
  ],
  [
    'a data folder below a closed one',
    { folders: [{ path: '/closed/data', noexec: false, closedAt: '/closed' }] },
    ['folder-closed'],
    [/chmod o\+x \/closed/],
  ],
  [
    'a data folder without exec',
    { folders: [{ path: '/data', noexec: true, closedAt: undefined }] },
    ['folder-noexec'],
    [/without noexec/],
  ],
  ['no control groups for an ordinary user', { root: false, groups: 'x' }, ['no-control-groups'], [/as root/]],
  [
    'none in a container',
    { container: 'docker', groups: 'read-only' },
    ['no-control-groups'],
    [/\/sys\/fs\/cgroup:rw/],
  ],
  ['hidepid', { root: false, hidepid: true }, ['hidepid'], [/gid=/]],
  ['hidepid where root looks', { hidepid: true }, [], []],
];

describe('traps of distributions', () => {
  it.each(cases)('%s', (_name, facts, traps, fixes) => {
    const found = trapsOf({ ...well, ...facts });
    expect(found.map(({ trap }) => trap)).toEqual(traps);
    for (const [i, fix] of fixes.entries()) expect(found[i]!.fix).toMatch(fix);
  });

  it('advice blocks nothing, everything else does', () => {
    const blocking = cases.flatMap(([, facts]) => trapsOf({ ...well, ...facts })).filter(({ blocks }) => blocks);
    const advice = ['no-control-groups', 'hidepid', 'folder-noexec'];
    expect(blocking.map(({ trap }) => trap).filter((trap) => advice.includes(trap))).toEqual([]);
    expect(new Set(blocking.map(({ trap }) => trap)).size).toBe(16);
  });

  it.each([
    [['debian'], 'apt-get install libseccomp2'],
    [['linuxmint', 'ubuntu', 'debian'], 'apt-get install libseccomp2'],
    [['rocky', 'rhel', 'centos', 'fedora'], 'dnf install libseccomp'],
    [['arch'], 'pacman -S libseccomp'],
    [['alpine'], 'apk add libseccomp'],
    [['opensuse-leap', 'suse', 'opensuse'], 'zypper install libseccomp2'],
  ])('packages on %s', (distribution, line) => {
    expect(installHint('libseccomp', distribution)).toBe(`as root: ${line}`);
  });

  it('names every way where the distribution is unknown', () => {
    expect(installHint('python3', ['plan9'])).toMatch(
      /apt-get install python3; dnf .*; pacman -S python; apk .*; zypper/,
    );
  });

  it('reads os-release(5) in its quotes', () => {
    expect(parseOsRelease('NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n')).toEqual([
      'rocky',
      'rhel',
      'centos',
      'fedora',
    ]);
    expect(parseOsRelease("ID='arch'\nVERSION_ID=1")).toEqual(['arch']);
    expect(parseOsRelease('')).toEqual([]);
  });
});
