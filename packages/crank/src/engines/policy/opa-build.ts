import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RegoVersion } from './bundle.ts';
import { type OpaFault, readFaults } from './opa-faults.ts';
import { runOpa } from './opa-run.ts';
import { readTar } from './read-tar.ts';

/** A source file; the path is relative, with `/`. */
export interface PolicyFile {
  path: string;
  text: string;
}

/** A folder with policy sources in which `opa` works; all paths that it reports or compiles in are relative to it. */
export interface OpaFolder {
  check(version: RegoVersion): Promise<OpaFault[]>;
  /** Package (`crank.privacy`) and names of the rules of each file. */
  rules(version: RegoVersion): Promise<{ path: string; packageName: string; rules: string[] }[]>;
  /** Compiles; the same sources give the same bytes. */
  build(version: RegoVersion, entrypoints: readonly string[]): Promise<OpaFault[] | { wasm: Uint8Array; data: string }>;
}

const flags = (version: RegoVersion): string[] => (version === 'v0' ? ['--v0-compatible'] : []);

/** What the compiler may use: all of this version, and no network for schemas. */
const capabilities = async (opaPath: string): Promise<string> => {
  const { stdout } = await runOpa(opaPath, ['capabilities', '--current']);
  return JSON.stringify({ ...(JSON.parse(stdout) as object), allow_net: [] });
};

interface ParsedModule {
  package: { path: { value: string }[] };
  rules?: { head: { name?: string; ref?: { value: unknown }[] } }[];
}

/** Lays files out in a temporary folder, lets `work` work there and deletes it. */
export const withOpaFolder = async <T>(
  opaPath: string,
  files: readonly PolicyFile[],
  work: (folder: OpaFolder) => Promise<T>,
): Promise<T> => {
  const base = await mkdtemp(join(tmpdir(), 'crank-policy-'));
  const cwd = join(base, 'bundle');
  const limits = join(base, 'capabilities.json');
  const common = ['-b', '.', '--capabilities', limits];
  const modules = files.filter(({ path }) => path.endsWith('.rego'));
  try {
    await mkdir(cwd);
    await writeFile(limits, await capabilities(opaPath));
    for (const { path, text } of files) {
      await mkdir(dirname(join(cwd, path)), { recursive: true });
      await writeFile(join(cwd, path), text);
    }
    return await work({
      check: async (version) =>
        readFaults(await runOpa(opaPath, ['check', '-f', 'json', ...flags(version), ...common], { cwd })),
      rules: async (version) => {
        const found = [];
        for (const { path } of modules) {
          const { stdout } = await runOpa(opaPath, ['parse', '-f', 'json', ...flags(version), `./${path}`], { cwd });
          const parsed = JSON.parse(stdout) as ParsedModule;
          const rules = (parsed.rules ?? []).map(({ head }) => String(head.ref?.[0]?.value ?? head.name));
          const packageName = parsed.package.path
            .slice(1)
            .map(({ value }) => value)
            .join('.');
          found.push({ path, packageName, rules: [...new Set(rules)] });
        }
        return found;
      },
      build: async (version, entrypoints) => {
        const archive = join(base, 'bundle.tar.gz');
        const asked = entrypoints.flatMap((entrypoint) => ['-e', entrypoint]);
        const run = await runOpa(
          opaPath,
          ['build', '-t', 'wasm', '-o', archive, ...flags(version), ...common, ...asked],
          { cwd },
        );
        if (run.code !== 0) return readFaults(run);
        const built = readTar(gunzipSync(await readFile(archive)));
        const wasm = built.get('policy.wasm');
        if (wasm === undefined) throw new Error('opa build gave no policy.wasm');
        return {
          wasm,
          data: Buffer.from(built.get('data.json') ?? '{}')
            .toString()
            .trim(),
        };
      },
    });
  } finally {
    await rm(base, { recursive: true, force: true });
  }
};
