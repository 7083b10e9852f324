import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, type Dirent, existsSync, lstatSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Isolation } from '#src/core/service.ts';
import type { SandboxOptions } from '#src/engines/sandbox/create.ts';
import type { SandboxTemplate } from '#src/engines/sandbox/sandbox.ts';
import { calling, eventually, jsonOf, limits, templateOf, type Workshop, workshop } from '../sandbox/harness.ts';
import { descendantsOf, strays } from './processes.ts';

/** Where attacks are tried. */
export type Level = Exclude<Isolation, 'container'>;
export type Call = ReturnType<typeof calling>;

/** One sandbox engine, with a service that attacks and one that minds its own business. */
export interface Ring {
  shop: Workshop;
  /** In the name of whatever the attacks make. */
  mark: string;
  service(entry: string, isolation?: Isolation, more?: Partial<SandboxTemplate>): Call;
  /** The attacking service; `able`: it may start processes. */
  attacker: Record<Level | 'able', Call>;
  /** Fails unless the platform is as it was before the attack. */
  healthy(): Promise<void>;
  remove(): Promise<void>;
}

const neighbours = { a: 20, b: 22 };
/** Where an attack that got out could leave something. */
const outside = ['/', '/tmp', '/var/tmp', '/dev/shm', '/run', '/usr', '/etc', homedir(), process.cwd()];

export const openRing = async (options: Partial<SandboxOptions> = {}): Promise<Ring> => {
  const shop = workshop({ concurrency: 2, spares: 1, ...options });
  cpSync(fileURLToPath(new URL('./services', import.meta.url)), shop.codeDir, { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', shop.codeDir]);
  const service: Ring['service'] = (entry, isolation = 'fresh', more = {}) =>
    calling(shop.sandbox, templateOf(shop, entry, isolation, { key: `${entry}:${isolation}`, ...more }));
  const neighbour = service('ordinary.py', 'fresh', { account: 'neighbour' });
  const attacker = {
    fresh: service('attacker.py', 'fresh'),
    warm: service('attacker.py', 'warm'),
    able: service('attacker.py', 'fresh', { key: 'able', limits: { ...limits, subprocesses: 8 } }),
  };
  const mark = `crank-attack-${randomBytes(6).toString('hex')}`;
  expect(jsonOf(await neighbour('add', neighbours))).toBe(42);
  const around = jsonOf(await attacker.fresh('look'));
  const code = treeOf(shop.codeDir);
  const runtime = treeOf(join(shop.root, 'runtime'));
  // The platform places it when the first module for Node runs.
  const forNode = (line: string): boolean => line.startsWith('node-runtime-');
  let placed: readonly string[] = [];

  return {
    shop,
    mark,
    service,
    attacker,
    healthy: async () => {
      expect(jsonOf(await neighbour('add', neighbours))).toBe(42);
      // With one slot or two, the next calls meet the one that was attacked.
      for (let n = 0; n < 2; n++) expect(jsonOf(await attacker.fresh('look'))).toEqual(around);
      expect(jsonOf(await attacker.warm('add', neighbours))).toBe(42);
      expect(madeOutside(mark, shop.root)).toEqual([]);
      expect(treeOf(shop.codeDir)).toEqual(code);
      const seen = treeOf(join(shop.root, 'runtime'));
      expect(seen.filter((line) => !forNode(line))).toEqual(runtime);
      if (placed.length > 0) expect(seen.filter(forNode)).toEqual(placed);
      placed = seen.filter(forNode);
      // A process that is being killed may take a moment; one that got away stays, and the test's time runs out.
      await eventually(() => strays(process.pid).length === 0);
    },
    remove: async () => {
      const inside = descendantsOf(process.pid);
      await shop.remove();
      await eventually(() => inside.every((pid) => !existsSync(`/proc/${pid}`)));
    },
  };
};

/** Paths, sizes, modes and times of all files below a folder. */
const treeOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs, uid } = lstatSync(join(root, name));
      return `${name} ${mode} ${size} ${mtimeMs} ${uid}`;
    });

const entriesOf = (folder: string): Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // there is none, or it is closed to all of our uid
  }
};

const namesBelow = (root: string): string[] =>
  entriesOf(root).flatMap((entry) => [entry.name, ...(entry.isDirectory() ? namesBelow(join(root, entry.name)) : [])]);

const madeOutside = (mark: string, root: string): string[] =>
  [...outside.flatMap((folder) => entriesOf(folder).map(({ name }) => name)), ...namesBelow(root)].filter((name) =>
    name.includes(mark),
  );
