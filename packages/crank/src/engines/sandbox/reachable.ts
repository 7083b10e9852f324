import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CrankError } from '#src/core/error.ts';
import type { SandboxUser } from './bubblewrap.ts';

/**
 * Whether another user can get to a path and read what is there, by the mode bits (ACLs are not looked at).
 *
 * @param need `enter`: a folder that only has to be passed through
 * @returns the folder or file that stands in the way, or `undefined`
 */
export const blockedBy = (path: string, user: SandboxUser, need: 'read' | 'enter' = 'read'): string | undefined => {
  let at: string;
  try {
    at = realpathSync(path);
  } catch {
    return path;
  }
  const parents: string[] = [];
  for (let folder = dirname(at); ; folder = dirname(folder)) {
    parents.unshift(folder);
    if (folder === '/') break;
  }
  const closed = parents.find((folder) => !permits(folder, user, 1));
  if (closed !== undefined) return closed;
  const wanted = need === 'enter' ? 1 : statSync(at).isDirectory() ? 5 : 4;
  return permits(at, user, wanted) ? undefined : at;
};

/** `wanted`: 4 read, 1 enter or execute. */
const permits = (path: string, user: SandboxUser, wanted: number): boolean => {
  const { mode, uid, gid } = statSync(path);
  const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
  return (bits & wanted) === wanted;
};

/** @throws CrankError `isolation-unavailable` where a path cannot be read, or passed through, inside the sandbox */
export const demandReach = (path: string, user: SandboxUser, need: 'read' | 'enter'): void => {
  const obstacle = blockedBy(path, user, need);
  if (obstacle === undefined) return;
  throw new CrankError(
    'isolation-unavailable',
    `${path} cannot be read inside the sandbox: ${obstacle} is closed to its user (uid ${user.uid}). Open it (\`chmod o+rx ${obstacle}\`) or choose another place (CRANK_DATA).`,
  );
};
