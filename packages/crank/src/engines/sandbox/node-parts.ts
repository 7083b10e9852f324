import { readFileSync, realpathSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Limits } from '#src/core/service.ts';
import type { SandboxUser } from './bubblewrap.ts';
import { kinds } from './frames.ts';
import { placeNodeRuntime } from './node-runtime.ts';
import { placeOnce } from './place-once.ts';
import { blockedBy } from './reachable.ts';
import type { SandboxTemplate } from './sandbox.ts';

/** Whether a version's entry is a module for Node: `runtime/crank_runtime/service.py` tells by the same. */
export const runsNode = ({ entry }: Pick<SandboxTemplate, 'entry'>): boolean => /\.[cm]?[jt]s$/.test(entry);

/** Threads that Node has for itself (`runtime/crank_runtime/node/program.py`). */
export const ownThreads = (template: Pick<SandboxTemplate, 'entry'>): number => (runsNode(template) ? 11 : 0);

/** What Node takes beside the memory of a call: its binary's pages, and what V8 has beside its heap. */
export const ownOfNode = (template: Pick<SandboxTemplate, 'entry'>): { bytes: number; pids: number } =>
  runsNode(template) ? { bytes: 96 * 2 ** 20, pids: ownThreads(template) } : { bytes: 0, pids: 0 };

const describing = { bytes: 2 ** 30, ms: 60_000 };

/** Of the call that describes a version: reading types takes what the module itself may not need. */
export const limitsOfDescribing = (template: SandboxTemplate): Limits =>
  runsNode(template)
    ? {
        ...template.limits,
        memoryBytes: Math.max(template.limits.memoryBytes, describing.bytes),
        cpuMs: Math.max(template.limits.cpuMs, describing.ms),
        wallMs: Math.max(template.limits.wallMs, describing.ms),
      }
    : template.limits;

/** Whether the program beside a call was started with other limits than calls have: its slot serves no other. */
export const isStartedApart = (template: SandboxTemplate, kind: number): boolean =>
  kind === kinds.describe && runsNode(template);

const require = createRequire(import.meta.url);

/**
 * What is bound into the sandboxes of modules for Node: the Node that runs this platform, what runs in it around a module, the
 * compiler that reads types when a version is described, and the types of Node's own modules. Bound as it lies there; where
 * its folder is closed to the sandbox's user, a copy below `runtimeDir` is made, once.
 *
 * @returns host path by path inside
 */
export const createNodeParts = (runtimeDir: string) => {
  let made: Promise<Readonly<Record<string, string>>> | undefined;
  return (foreign: SandboxUser | undefined): Promise<Readonly<Record<string, string>>> => {
    made ??= find(runtimeDir, foreign).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
};

const find = async (
  runtimeDir: string,
  foreign: SandboxUser | undefined,
): Promise<Readonly<Record<string, string>>> => {
  const types = folderOf('@types/node');
  const parts = {
    '/node/bin/node': realpathSync(process.execPath),
    '/node/typescript': folderOf('typescript-api'),
    '/node/node_modules/@types/node': types,
    '/node/node_modules/undici-types': dirname(createRequire(`${types}/`).resolve('undici-types/package.json')),
  };
  const placed: Record<string, string> = { '/node/runtime': await placeNodeRuntime(runtimeDir) };
  if (foreign === undefined) return { ...parts, ...placed };
  for (const [inside, path] of Object.entries(parts))
    placed[inside] = blockedBy(path, foreign) === undefined ? path : await copied(path, inside, runtimeDir);
  return placed;
};

const folderOf = (name: string): string => realpathSync(dirname(require.resolve(`${name}/package.json`)));

const copied = (path: string, inside: string, runtimeDir: string): Promise<string> => {
  const name = `${inside.slice(1).replaceAll('/', '-')}-${versionOf(path)}`;
  return placeOnce(runtimeDir, name, async (fresh) => {
    await rm(fresh, { recursive: true });
    await cp(path, fresh, { recursive: true, dereference: true });
  });
};

const versionOf = (path: string): string => {
  if (path === realpathSync(process.execPath)) return process.version;
  return (JSON.parse(readFileSync(`${path}/package.json`, 'utf8')) as { version: string }).version;
};
