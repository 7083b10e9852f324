import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson } from '#src/core/canonical-json.ts';
import { readTree } from '#src/doors/cli/read-tree.ts';
import { readSource } from '#src/engines/packaging/source.ts';
import { deployBuiltin } from '#src/platform/builtin.ts';
import type { Platform } from '#src/platform/platform.ts';

/** Each folder in it with a manifest is a service, deployed as anybody's would be. */
const services = fileURLToPath(new URL('../../../services', import.meta.url));

/** Of `builtin.json`, where a service has one: programs of the system that it can use and may be without. */
interface Tools {
  tools: Record<string, { files: string[]; package: string; gives: string }>;
}

export interface MissingTool {
  service: string;
  tool: string;
  /** What the service cannot do without it. */
  lost: string;
  /** Debian's names. */
  packages: string;
}

type Wanted = 'all' | readonly string[];

const hasManifest = (folder: string): boolean =>
  ['crank.json', 'crank.yaml'].some((file) => existsSync(join(services, folder, file)));

const namesOf = (wanted: Wanted): string[] =>
  (existsSync(services) ? readdirSync(services, { withFileTypes: true }) : [])
    .filter(
      (entry) => entry.isDirectory() && hasManifest(entry.name) && (wanted === 'all' || wanted.includes(entry.name)),
    )
    .map(({ name }) => name)
    .sort();

const toolsOf = (service: string): Tools['tools'] => {
  const file = join(services, service, 'builtin.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tools).tools : {};
};

const found = (files: readonly string[]): string | undefined => files.find((file) => existsSync(file));

/** Tools that built-in services would use, and that this machine has not. */
export const missingTools = (wanted: Wanted): MissingTool[] =>
  namesOf(wanted).flatMap((service) =>
    Object.entries(toolsOf(service))
      .filter(([, { files }]) => found(files) === undefined)
      .map(([tool, { gives, package: packages }]) => ({ service, tool, lost: gives, packages })),
  );

/**
 * The service's folder, and which builds of its tools this machine has: an update of one, or a new one, is a new version, whose
 * schemas say what it can do.
 */
const sourceOf = async (service: string) => {
  const tree = await readTree(join(services, service));
  const tools = Object.entries(toolsOf(service)).flatMap(([tool, { files }]) => {
    const file = found(files);
    if (file === undefined) return [];
    const { size, mtime } = statSync(file);
    return [[tool, { file, size, modified: mtime.toISOString() }] as const];
  });
  const entries = tree.map(({ path, bytes }) => [path, bytes] as const);
  const added =
    tools.length === 0 ? [] : [['tools.json', Buffer.from(canonicalJson(Object.fromEntries(tools)))] as const];
  return readSource([...entries, ...added], service).source;
};

/**
 * Deploys built-in services, one after the other, while the node serves. One that fails is told of in the node's log, and the node
 * goes on without it.
 */
export const deployBuiltins = (platform: Platform, wanted: Wanted): { close(): Promise<void> } => {
  const stopping = new AbortController();
  const one = async (name: string): Promise<void> => {
    const started = performance.now();
    try {
      const made = await deployBuiltin(platform, name, await sourceOf(name), stopping.signal);
      if (made === undefined) platform.log.info({ service: name }, 'a built-in service was left as its owner wants it');
      else if (made.receipt !== undefined)
        platform.log.info(
          { service: name, version: made.version, ms: Math.round(performance.now() - started) },
          'a built-in service was deployed',
        );
    } catch (err) {
      if (!stopping.signal.aborted)
        platform.log.error({ err, service: name }, 'a built-in service could not be deployed');
    }
  };
  const all = async (): Promise<void> => {
    for (const name of namesOf(wanted)) if (!stopping.signal.aborted) await one(name);
  };
  const done = all();
  return {
    close: async () => {
      stopping.abort(new Error('the node stops'));
      await done;
    },
  };
};
