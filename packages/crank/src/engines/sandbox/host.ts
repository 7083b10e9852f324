import { existsSync } from 'node:fs';
import { CrankError } from '#src/core/error.ts';
import type { SandboxUser } from './bubblewrap.ts';
import { runToEnd } from './interpreter.ts';

/** What this machine offers to make sandboxes with. */
export interface Host {
  bwrap: string;
  version: readonly number[];
  /** Who runs inside. */
  user: SandboxUser;
  /** Whether that is somebody else than we: so when we are root, which never runs user code. */
  foreign: boolean;
}

/** Outside of what Debian, Red Hat and systemd hand out by themselves. */
const defaultUser: SandboxUser = { uid: 64_321, gid: 64_321 };
const installBubblewrap = '`apt-get install bubblewrap` (Debian, Ubuntu), `dnf install bubblewrap` (Fedora)';

/** @throws CrankError `isolation-unavailable` */
export const findHost = async (
  chosen: { uid?: number; gid?: number; bwrap?: string },
  searchPath = process.env['PATH'] ?? '',
): Promise<Host> => {
  if (process.platform !== 'linux') {
    throw new CrankError(
      'isolation-unavailable',
      `Sandboxes need Linux; this is ${process.platform}. Run Crank in a Linux virtual machine or container.`,
    );
  }
  const foreign = process.getuid!() === 0;
  const user = foreign
    ? { uid: chosen.uid ?? defaultUser.uid, gid: chosen.gid ?? defaultUser.gid }
    : { uid: process.getuid!(), gid: process.getgid!() };
  if (user.uid === 0 || user.gid === 0) {
    throw new CrankError(
      'isolation-unavailable',
      'Root never runs user code: choose another uid and gid for sandboxes.',
    );
  }
  const folders = [
    '/usr/bin',
    '/usr/local/bin',
    '/bin',
    ...searchPath.split(':').filter((path) => path.startsWith('/')),
  ];
  const bwrap = chosen.bwrap ?? folders.map((folder) => `${folder}/bwrap`).find((path) => existsSync(path));
  if (bwrap === undefined) {
    throw new CrankError('isolation-unavailable', `bubblewrap (bwrap) is not installed: ${installBubblewrap}.`);
  }
  let said: string;
  try {
    said = await runToEnd(bwrap, ['--version'], foreign ? user : undefined);
  } catch (error) {
    throw new CrankError(
      'isolation-unavailable',
      `${bwrap} does not run (${(error as Error).message}). Install bubblewrap: ${installBubblewrap}.`,
      { cause: error },
    );
  }
  const version = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(said);
  if (version === null) throw new CrankError('isolation-unavailable', `${bwrap} --version said: ${said.slice(0, 100)}`);
  return { bwrap, version: version.slice(1).map((part) => Number(part ?? 0)), user, foreign };
};
