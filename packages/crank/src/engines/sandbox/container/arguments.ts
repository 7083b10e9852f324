import { existsSync } from 'node:fs';
import {
  environment,
  interpreterPrefix,
  linkTarget,
  type SandboxUser,
  systemFiles,
  systemFolders,
} from '../bubblewrap.ts';
import type { Wanted } from '../driver.ts';
import type { Engine } from './engine.ts';

export interface ContainerOptions {
  engine: Engine;
  image: string;
  /** Whether that has an interpreter of its own, rather than the host's. */
  own: boolean;
  user: SandboxUser;
  /** Whether processes inside are to be let make namespaces of their own: by our filter then, not by the engine's. */
  namespaces: boolean;
}

const memoryForImport = 2 * 2 ** 30;

/** What holds for every container of ours, up to its name, mounts and image. */
const walls = ({ engine, user, namespaces }: ContainerOptions): string[] => [
  ...['run', '--rm', '--interactive', '--pull', 'never', '--log-driver', 'none'],
  ...['--network', 'none', '--ipc', 'none', '--hostname', 'sandbox', '--user', `${user.uid}:${user.gid}`],
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--security-opt', 'label=disable'],
  ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096', '--ulimit', 'core=1:1'],
  ...(namespaces
    ? [
        ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
        ...['--security-opt', engine.kind === 'podman' ? 'unmask=ALL' : 'systempaths=unconfined'],
      ]
    : []),
];

/** The view from inside: that of `bubblewrapArguments`, as far as an engine's own mounts allow. */
const view = (
  { own }: ContainerOptions,
  { mounts }: Pick<Wanted, 'mounts'>,
  channels: string | undefined,
): string[] => {
  const args: string[] = [];
  const bind = (from: string, to: string): void => {
    args.push('--volume', `${from}:${to}:ro`);
  };
  if (!own) {
    bind('/usr', '/usr');
    for (const folder of systemFolders)
      if (existsSync(folder) && linkTarget(folder) === undefined) bind(folder, folder);
    for (const file of systemFiles) if (existsSync(file)) bind(file, file);
    const prefix = interpreterPrefix(mounts.interpreter);
    if (prefix !== undefined) bind(prefix, prefix);
  }
  bind(`${mounts.runtime}/passwd`, '/etc/passwd');
  bind(`${mounts.runtime}/group`, '/etc/group');
  for (const name of ['hosts', 'hostname', 'resolv.conf']) bind(`${mounts.runtime}/closed`, `/etc/${name}`);
  // Places that engines leave open to write to, so that one call could leave something there for the next.
  for (const folder of ['/dev/mqueue', '/run', '/var/tmp']) bind(`${mounts.runtime}/nothing`, folder);
  bind(mounts.runtime, '/runtime');
  if (mounts.code !== undefined) bind(mounts.code, '/code');
  for (const [i, folder] of (mounts.libs ?? []).entries()) bind(folder, `/libs/${i}`);
  for (const [inside, path] of Object.entries(mounts.parts ?? {})) bind(path, inside);
  if (mounts.parts !== undefined && mounts.libs?.[0] !== undefined)
    bind(`${mounts.libs[0]}/node_modules`, '/node_modules');
  if (mounts.calls !== undefined) bind(mounts.calls, '/calls');
  if (channels !== undefined) bind(channels, '/channels');
  args.push('--tmpfs', `/tmp:rw,exec,nosuid,nodev,mode=1777,size=${mounts.tmpBytes}`);
  args.push('--tmpfs', '/sys:ro,nosuid,nodev,noexec,size=4k');
  args.push('--workdir', '/');
  for (const [name, value] of Object.entries(environment)) args.push('--env', `${name}=${value}`);
  return args;
};

/** The engine's arguments that run a zygote. `channels`: the host folder with the socket that it connects to. */
export const zygoteArguments = (
  options: ContainerOptions,
  wanted: Wanted,
  run: { name: string; labels: readonly string[]; channels: string },
): string[] => {
  const memory = wanted.limits.memoryBytes + wanted.limits.tmpBytes + memoryForImport;
  return [
    ...walls(options),
    ...['--name', run.name, ...run.labels.flatMap((label) => ['--label', label])],
    ...['--memory', String(memory), '--memory-swap', String(memory), '--pids-limit', String(wanted.processes)],
    ...view(options, wanted, run.channels),
    ...['--entrypoint', program(options, wanted.mounts.interpreter), options.image],
    ...['-S', '-B', '/runtime/start_in_container.py'],
  ];
};

/** The engine's arguments that run a line of Python. */
export const lineArguments = (
  options: ContainerOptions,
  { interpreter, code, runtime }: { interpreter: string; code: string; runtime: string },
): string[] => [
  ...walls(options),
  ...['--memory', String(256 * 2 ** 20), '--pids-limit', '16'],
  ...view(options, { mounts: { interpreter, runtime, tmpBytes: 2 ** 20 } }, undefined),
  ...['--entrypoint', program(options, interpreter), options.image, '-S', '-c', code],
];

/** An image of the user's own has the same series where its PATH says. */
const program = ({ own }: ContainerOptions, interpreter: string): string =>
  own ? interpreter.slice(interpreter.lastIndexOf('/') + 1) : interpreter;
