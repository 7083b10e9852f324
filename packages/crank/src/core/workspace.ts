/** What a call may do with a workspace: read its last committed state, or change it too. */
export type WorkspaceMode = 'read' | 'write';

/** Workspaces that a version or operation asks for: the mode by name. */
export type WantedWorkspaces = Readonly<Record<string, WorkspaceMode>>;

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const MOST = 8;

export const isWorkspaceName = (name: string): boolean => NAME.test(name);

/** How a name must look, for messages. */
export const WORKSPACE_NAME_RULE = 'must be a lower case letter and up to 62 lower case letters, digits and "-"';

/** Where a call finds a workspace. */
export const workspacePath = (name: string): string => `/workspaces/${name}`;

/** Workspaces as a manifest asks for them: an object of modes by name. @returns them sorted; or what is wrong */
export const readWantedWorkspaces = (value: unknown): { workspaces: WantedWorkspaces } | { wrong: string } => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { wrong: 'is no object of modes by name' };
  const pairs = Object.entries(value);
  if (pairs.length > MOST) return { wrong: `names more than ${MOST} workspaces` };
  for (const [name, mode] of pairs) {
    if (!isWorkspaceName(name)) return { wrong: `names "${name.slice(0, 80)}": a name ${WORKSPACE_NAME_RULE}` };
    if (mode !== 'read' && mode !== 'write')
      return { wrong: `wants ${name} in a mode that is neither "read" nor "write"` };
  }
  const sorted = (pairs as [string, WorkspaceMode][]).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { workspaces: Object.fromEntries(sorted) };
};

/** One thing in which a call's or an upload's state differs from the one before it. Parents come before what is in them. */
export type WorkspaceChange =
  /** `fresh`: what was there before, with all in it, is gone. */
  | { type: 'folder'; path: string; fresh: boolean }
  /** `content`: a file on this machine with its bytes, ours to move. */
  | { type: 'file'; path: string; executable: boolean; size: number; content: string }
  | { type: 'link'; path: string; target: string }
  | { type: 'removed'; path: string };

const MOST_PATH = 1_024;
const MOST_NAME = 255;
const MOST_DEPTH = 64;

/** What is wrong with one name within a path; undefined where nothing. */
const wrongName = (name: string): string | undefined => {
  if (name === '' || name === '.' || name === '..') return 'has an empty name, "." or ".." in it';
  if (Buffer.byteLength(name) > MOST_NAME) return `has a name longer than ${MOST_NAME} bytes in it`;
  if (/\p{Cc}/u.test(name)) return 'has a control character in it';
  return undefined;
};

/**
 * What is wrong with a path of a workspace: names joined by `/`, relative to its folder. Undefined where nothing.
 * Names are well-formed Unicode without control characters, so that whoever lists them can print them.
 */
export const wrongWorkspacePath = (path: string): string | undefined => {
  if (!path.isWellFormed()) return 'is not well-formed Unicode';
  if (Buffer.byteLength(path) > MOST_PATH) return `is longer than ${MOST_PATH} bytes`;
  const names = path.split('/');
  if (names.length > MOST_DEPTH) return `is more than ${MOST_DEPTH} folders deep`;
  return names.map(wrongName).find((wrong) => wrong !== undefined);
};

/**
 * What is wrong with where a symbolic link points; undefined where nothing. Steps up stand only at its beginning and
 * never lead out, so that no chain of such links leads out either.
 */
export const wrongWorkspaceLink = (path: string, target: string): string | undefined => {
  if (target.startsWith('/')) return 'points to an absolute path';
  const steps = target.split('/').filter((name) => name !== '' && name !== '.');
  const down = steps.findIndex((name) => name !== '..');
  const up = down < 0 ? steps.length : down;
  if (steps.slice(up).includes('..')) return 'steps up behind a name, which may be a link itself';
  if (up >= path.split('/').length) return 'points out of the workspace';
  if (steps.length === 0 || Buffer.byteLength(target) > MOST_PATH) return 'points to nothing that can be named';
  return steps.slice(up).some((name) => wrongName(name) !== undefined) || !target.isWellFormed()
    ? 'points to a name that cannot be kept'
    : undefined;
};
