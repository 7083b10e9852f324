import { workspacePath } from '#src/core/workspace.ts';
import type { CallWorkspace } from './sandbox.ts';

/** Adds where workspaces are, by name, to what the sandbox is told of its files (`frames.py`). */
export const withWorkspaces = (listing: string, workspaces: readonly CallWorkspace[] | undefined): string => {
  if (workspaces === undefined) return listing;
  const paths = Object.fromEntries(workspaces.map(({ name }) => [name, workspacePath(name)]));
  const member = `"workspaces":${JSON.stringify(paths)}`;
  return listing === '' ? `{${member}}` : `${listing.slice(0, -1)},${member}}`;
};
