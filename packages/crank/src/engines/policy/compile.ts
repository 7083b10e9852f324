import type { Finding } from '#src/core/error.ts';
import { bundleDigest, type PolicyBundle, type RegoVersion } from './bundle.ts';
import { type OpaFolder, type PolicyFile, withOpaFolder } from './opa-build.ts';
import { type OpaFault, refused, toFindings } from './opa-faults.ts';
import { decisionPoint, KNOWN_RULES } from './points.ts';
import { selectFiles } from './select-files.ts';
import { tryBundle } from './try-bundle.ts';
import { missingBuiltins } from './wasm-policy.ts';

/** Rego v1 where it reads as that, else v0. @throws CrankError `not-deployable` with the faults of the version that it seems to be, or of both */
const detectVersion = async (folder: OpaFolder): Promise<RegoVersion> => {
  const v1 = await folder.check('v1');
  if (v1.length === 0) return 'v1';
  const v0 = await folder.check('v0');
  if (v0.length === 0) return 'v0';
  const unread = (faults: readonly OpaFault[]): boolean => faults.some(({ code }) => code === 'rego_parse_error');
  if (!unread(v1)) throw refused(toFindings(v1));
  if (!unread(v0)) throw refused(toFindings(v0));
  throw refused([...toFindings(v1, 'as Rego v1: '), ...toFindings(v0, 'as Rego v0: ')]);
};

/** Places where a name stands in the sources, outside of comments. */
const mentions = (files: readonly PolicyFile[], name: string): { file: string; line?: number }[] => {
  const found = files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        line.replace(/#.*/, '').includes(`${name}(`) ? [{ file: path, line: index + 1 }] : [],
      ),
  );
  return found.length > 0 ? found : [{ file: '' }];
};

/** Rules that are asked, by path. @throws CrankError `not-deployable` where there is none */
const entrypointsOf = (modules: Awaited<ReturnType<OpaFolder['rules']>>): string[] => {
  const paths = modules.flatMap(({ packageName, rules }) =>
    rules.map((rule) => `${packageName.replaceAll('.', '/')}/${rule}`),
  );
  const entrypoints = [...new Set(paths)].filter((path) => decisionPoint(path) !== undefined).sort();
  if (entrypoints.length > 0) return entrypoints;
  throw refused([
    {
      level: 'error',
      file: modules[0]?.path ?? '',
      message: `nothing in it is ever asked (its rules are ${paths.slice(0, 10).join(', ') || 'none'})`,
      fix: `Name package and rule as the platform asks for them: ${KNOWN_RULES}.`,
    },
  ]);
};

/**
 * Compiles Rego sources (`.rego`; tests are left out) and data (`data.json`, `data.yaml`) to one bundle, and tries it:
 * what is returned can be put in force. Rego v1 and v0 are told apart.
 *
 * @throws CrankError `not-deployable` with findings (file, line, what, fix): it does not compile, nothing of it is asked,
 *   it needs a built-in that is not there, it runs away, conflicts or does not fit in memory when tried
 */
export const compileBundle = async (
  sources: readonly PolicyFile[],
  {
    opaPath,
    deadlineMs = 250,
    memoryBytes = 256 * 2 ** 20,
  }: { opaPath: string; deadlineMs?: number; memoryBytes?: number },
): Promise<PolicyBundle> => {
  const files = selectFiles(sources);
  const parts = await withOpaFolder(opaPath, files, async (folder) => {
    const regoVersion = await detectVersion(folder);
    const modules = await folder.rules(regoVersion);
    const entrypoints = entrypointsOf(modules);
    const built = await folder.build(regoVersion, entrypoints);
    if ('wasm' in built) return { regoVersion, modules, entrypoints, ...built };
    throw refused(toFindings(built));
  });
  const { regoVersion, modules, entrypoints, wasm, data } = parts;

  const lacking = missingBuiltins(await WebAssembly.compile(new Uint8Array(wasm)), wasm.length);
  if (lacking.length > 0) {
    throw refused(
      lacking.flatMap((name) =>
        mentions(files, name).map(
          (place): Finding => ({
            level: 'error',
            ...place,
            message: `the built-in ${name} is not there: policies see their input and data only, no network, clock or keys`,
            fix: 'Do without it; input.time holds the time, and data.json what else the policy must know.',
          }),
        ),
      ),
    );
  }

  const packages = [...new Set(modules.map(({ packageName }) => packageName))].sort();
  const asked = packages.filter((name) => entrypoints.some((path) => path.startsWith(`${name.replaceAll('.', '/')}/`)));
  const bundle = { name: asked.join('+'), entrypoints, regoVersion, data, wasm };
  const complete: PolicyBundle = { ...bundle, packages, digest: bundleDigest(bundle) };
  await tryBundle(complete, { deadlineMs, memoryBytes });
  return complete;
};
