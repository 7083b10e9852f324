import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKeyName } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';

/** Folders of a node below its data folder. */
export interface DataFolder {
  root: string;
  keys: string;
  log: string;
  versions: string;
  envs: string;
  runtime: string;
  scratch: string;
  workspaces: string;
  open: string;
  ownerKey: string;
}

/** There while a backup is being put back. */
export const RESTORING = 'restoring';

/** 0711: the sandbox's uid passes through to what it is given, and can list nothing. 0755: what sandboxes read. */
const modes = {
  keys: 0o700,
  log: 0o755,
  versions: 0o755,
  envs: 0o755,
  runtime: 0o755,
  scratch: 0o711,
  workspaces: 0o700,
  open: 0o711,
} as const;

/** Makes the folders of a node with the modes that they need, whatever the umask. */
export const prepareDataFolder = (root: string): DataFolder => {
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o711);
  const folders = Object.fromEntries(
    Object.entries(modes).map(([name, mode]) => {
      const path = join(root, name);
      mkdirSync(path, { recursive: true });
      chmodSync(path, mode);
      return [name, path];
    }),
  ) as Record<keyof typeof modes, string>;
  return { root, ...folders, ownerKey: join(root, 'owner.key') };
};

/** Removes uploads that a killed node left half-way. Its sandboxes' folders (`node-...`) the sandbox engine removes, for they cannot be listed. */
export const emptyScratch = (scratch: string): void => {
  for (const name of readdirSync(scratch)) {
    if (!name.startsWith('node-')) rmSync(join(scratch, name), { recursive: true, force: true });
  }
};

/**
 * The name of this node's log, chosen once: as configured, else `crank.local/` and 16 random characters.
 *
 * @throws CrankError `invalid-input` where another name is configured than the log has, or one that no log can have
 */
export const originOf = (keys: string, wanted?: string): string => {
  if (wanted !== undefined && !isKeyName(wanted))
    throw new CrankError('invalid-input', `CRANK_ORIGIN is "${wanted}": a name has no space and no "+".`);
  const path = join(keys, 'origin');
  try {
    const origin = readFileSync(path, 'utf8').trim();
    // What a restored node's log is called begins with the name that was configured.
    if (wanted === undefined || wanted === origin || origin.startsWith(`${wanted}/restored-`)) return origin;
    throw new CrankError(
      'invalid-input',
      `CRANK_ORIGIN is "${wanted}", but the log of this data folder is ${origin} and keeps its name: leave it, or start with another folder.`,
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const origin = wanted ?? `crank.local/${newId('node').slice(-16)}`;
  writeFileSync(path, `${origin}\n`, { mode: 0o600, flush: true });
  return origin;
};

/**
 * Claims the data folder for this process; two nodes on one folder would fork the log.
 *
 * @returns the function that gives it free
 * @throws CrankError `unavailable` where another node runs on it
 */
export const claimFolder = (root: string): (() => void) => {
  if (existsSync(join(root, RESTORING))) {
    throw new CrankError(
      'unavailable',
      `${root} was not restored to the end: delete it and type \`crank restore\` again.`,
    );
  }
  const path = join(root, 'node.pid');
  const owner = livingOwner(path);
  if (owner !== undefined) {
    throw new CrankError(
      'unavailable',
      `A node (process ${owner}) already uses ${root}: stop it, or give another folder with --data.`,
    );
  }
  writeFileSync(path, `${process.pid}\n`, { mode: 0o644 });
  return () => rmSync(path, { force: true });
};

/** The process named in the file, where it still lives and is a node: after kill -9 the number may belong to another program. */
const livingOwner = (path: string): number | undefined => {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('app/main') ? pid : undefined;
  } catch {
    return undefined; // no file, or no such process
  }
};
