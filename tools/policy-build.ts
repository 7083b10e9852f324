import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleDigest } from '../packages/crank/src/engines/policy/bundle.ts';
import type { DefaultBundleFile } from '../packages/crank/src/engines/policy/default-bundle.ts';
import { findOpa, OPA_VERSION, opaVersion } from '../packages/crank/src/engines/policy/opa.ts';
import { withOpaFolder } from '../packages/crank/src/engines/policy/opa-build.ts';
import { runOpa } from '../packages/crank/src/engines/policy/opa-run.ts';
import { selectFiles } from '../packages/crank/src/engines/policy/select-files.ts';
import { testPolicies } from '../packages/crank/src/engines/policy/test-policies.ts';
import { root } from './repository.ts';

// Compiles the default policy (packages/crank/policies/default) and compares it with the committed one. Exit code 1
// where they differ, its tests fail or it is not formatted. Says so and does nothing where there is no opa.
// usage: node tools/policy-build.ts [--check | --write] [--dir POLICIES]
const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    dir: { type: 'string', default: resolve(root, 'packages/crank/policies') },
  },
});

const NAME = 'crank.default';
const ENTRYPOINTS = ['crank/authz/decision', 'crank/resources/decision'];

/** JSON as the formatter of this repository writes it: arrays on one line where they fit. */
const formatted = (value: unknown): string => {
  const joined = (text: string, indent: string, key: string, items: string): string => {
    const line = `${indent}${key}[${items.trim().replace(/,\n\s*/g, ', ')}]`;
    return line.length < 120 ? line : text;
  };
  return `${JSON.stringify(value, null, 2).replace(/^( *)("[^"]*": )\[([^[\]{}]*)\]/gm, joined)}\n`;
};

const build = async (opaPath: string, sources: string) => {
  const names = (await readdir(sources)).sort();
  const files = await Promise.all(
    names.map(async (path) => ({ path, text: await readFile(join(sources, path), 'utf8') })),
  );
  return withOpaFolder(opaPath, selectFiles(files), async (folder) => {
    const built = await folder.build('v1', ENTRYPOINTS);
    if (!('wasm' in built)) throw new Error(built.map((f) => `${f.file}:${f.line}: ${f.message}`).join('\n'));
    const packages = [...new Set((await folder.rules('v1')).map(({ packageName }) => packageName))].sort();
    const data: unknown = JSON.parse(built.data);
    const parts = { name: NAME, entrypoints: ENTRYPOINTS, regoVersion: 'v1' as const };
    const digest = bundleDigest({ ...parts, data: JSON.stringify(data), wasm: built.wasm });
    const file: DefaultBundleFile = { ...parts, packages, opa: OPA_VERSION, digest, data };
    return { wasm: built.wasm, json: formatted(file) };
  });
};

/** What stands against the committed bundle, in words. */
const faults = async (opaPath: string): Promise<string[]> => {
  const sources = join(values.dir, 'default');
  const found: string[] = [];
  const tests = await testPolicies(sources, { opaPath });
  if (!tests.passed) found.push(`its tests fail:\n${tests.output}`);
  const format = await runOpa(opaPath, ['fmt', '--list', '--fail', '.'], { cwd: sources });
  if (format.code !== 0) found.push(`not as opa fmt writes it: ${format.stdout.trim()}`);
  const { wasm, json } = await build(opaPath, sources);
  const wasmPath = join(values.dir, 'default.wasm');
  const jsonPath = join(values.dir, 'default.json');
  if (values.write) {
    await writeFile(wasmPath, wasm);
    await writeFile(jsonPath, json);
    console.log(`wrote default.wasm (${wasm.length} bytes) and default.json`);
    return found;
  }
  const same = Buffer.compare(await readFile(wasmPath), wasm) === 0 && (await readFile(jsonPath, 'utf8')) === json;
  if (!same) found.push('the compiled bundle is not what its sources give: run node tools/policy-build.ts --write');
  return found;
};

const opaPath = await findOpa();
const version = opaPath === undefined ? undefined : await opaVersion(opaPath);
if (opaPath === undefined || version !== OPA_VERSION) {
  const why =
    opaPath === undefined
      ? 'opa not found'
      : `opa ${version} found, and the default policy is compiled with ${OPA_VERSION}`;
  console.log(`${why}: comparison left out`);
  if (values.write) process.exitCode = 1;
} else {
  const found = await faults(opaPath);
  for (const fault of found) console.error(`default policy: ${fault}`);
  if (found.length === 0) console.log('default policy: compiled as committed, its tests pass');
  else process.exitCode = 1;
}
