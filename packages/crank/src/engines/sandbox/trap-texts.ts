export type ContainerKind = 'docker' | 'podman' | 'kubernetes' | 'lxc' | 'other';

const docker =
  '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined';
const podman = '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt unmask=ALL';

/**
 * How a container is started so that sandboxes can be made in it: its seccomp filter must allow clone, unshare, mount and
 * pivot_root, its AppArmor profile mounts, and /proc must not be covered, since the kernel then allows no new one.
 */
export const containerOptions = (kind: ContainerKind): string =>
  ({
    docker: `start the container with ${docker}, and without --privileged`,
    podman: `start the container with ${podman}, and without --privileged`,
    kubernetes:
      'in the pod: hostUsers: false; in the container: securityContext: { procMount: Unmasked, seccompProfile: { type: Unconfined }, appArmorProfile: { type: Unconfined } }',
    lxc: 'on the host: lxc config set CONTAINER security.nesting true, or lxc.apparmor.profile = lxc-container-default-with-nesting',
    other: `start the container so that user namespaces and a new /proc are allowed. Docker: ${docker}. Podman: ${podman}`,
  })[kind];

/**
 * Ubuntu's own `bwrap-userns-restrict` is no help: it leaves what bubblewrap starts without capabilities in namespaces,
 * which slots need. This one names bwrap and leaves it as it is on other systems.
 */
export const profileForBubblewrap = (path: string): string => `as root, give bwrap a profile:
cat > /etc/apparmor.d/crank-bwrap <<'END'
abi <abi/4.0>,
include <tunables/global>
profile crank-bwrap ${path} flags=(unconfined) {
  userns,
  include if exists <local/crank-bwrap>
}
END
apparmor_parser -r /etc/apparmor.d/crank-bwrap
Where /etc/apparmor.d/bwrap-userns-restrict is enabled, disable that first: aa-disable bwrap-userns-restrict (it takes away what slots need). Or, for all programs: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`;
