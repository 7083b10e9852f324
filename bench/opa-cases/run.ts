import { type OpaFolder, type PolicyFile, withOpaFolder } from '../../packages/crank/src/engines/policy/opa-build.ts';
import type { OpaFault } from '../../packages/crank/src/engines/policy/opa-faults.ts';
import { createRunner } from '../../packages/crank/src/engines/policy/policy-runner.ts';
import { type Evaluation, missingBuiltins } from '../../packages/crank/src/engines/policy/wasm-policy.ts';
import { judgeCase } from './judge.ts';
import type { OpaCase } from './read.ts';

/** How a case ended. `refused`: `opa build -t wasm` does not compile it; `lacking`: it needs a built-in that nobody supplies. */
export type Outcome =
  | { end: 'passed'; reordered?: boolean }
  | { end: 'failed' | 'refused'; why: string }
  | { end: 'lacking'; builtins: readonly string[] };

/** Cases that are compiled together; each in packages of its own. */
const TOGETHER = 60;

const rewrite = (text: string, id: string): string =>
  text.replace(/^(\s*package\s+)/m, `$1${id}.`).replace(/(?<![\w."'`/-])data\b(?!\s*:)/g, `data.${id}`);

/** A case as files: its query becomes a rule that lists all bindings. Without an id its packages are as they were written. */
const filesOf = (one: OpaCase, id: string | undefined): PolicyFile[] => {
  const own = (text: string): string => (id === undefined ? text : rewrite(text, id));
  const variables = one.want_defined === undefined ? Object.keys(one.want_result?.[0] ?? {}) : [];
  const binding = `{${variables.map((name) => `${JSON.stringify(name)}: ${name}`).join(', ')}}`;
  const input = one.input_term === undefined ? '' : ` with input as ${one.input_term}`;
  const body = `{ crank_bindings := [${binding} | ${own(one.query)}]${input} }`;
  const rule = one.version === 'v1' ? `result := crank_bindings if ${body}` : `result = crank_bindings ${body}`;
  const name = id ?? 'only';
  return [
    ...(one.modules ?? []).map((text, n) => ({ path: `${name}/m${n}.rego`, text: own(text) })),
    { path: `${name}/query.rego`, text: `package crankquery.${name}\n\n${rule}\n` },
  ];
};

const entrypointOf = (id: string): string => `crankquery/${id}/result`;

const saidOf = (faults: readonly OpaFault[]): string =>
  faults
    .map(({ code, message }) => `${code}: ${message}`)
    .join('; ')
    .slice(0, 300);

/** A case that must not compile is right not to. */
const refusal = (one: OpaCase, faults: readonly OpaFault[]): Outcome =>
  one.want_error_code?.startsWith('rego_') === true
    ? faults.some(({ code }) => code === one.want_error_code)
      ? { end: 'passed' }
      : { end: 'failed', why: `${one.want_error_code} was wanted, and it is ${saidOf(faults)}` }
    : { end: 'refused', why: saidOf(faults) };

const inputOf = (one: OpaCase): string =>
  one.input === undefined || one.input_term !== undefined ? '' : JSON.stringify(one.input);

const build = (opaPath: string, cases: ReadonlyMap<string, OpaCase>, alone: boolean) => {
  const all = [...cases];
  const version = all[0]![1].version;
  const data = alone ? (all[0]![1].data ?? {}) : Object.fromEntries(all.map(([id, one]) => [id, one.data ?? {}]));
  const files = [
    ...all.flatMap(([id, one]) => filesOf(one, alone ? undefined : id)),
    { path: 'data.json', text: JSON.stringify(data) },
  ];
  const entrypoints = all.map(([id]) => entrypointOf(alone ? 'only' : id));
  return withOpaFolder(opaPath, files, (folder: OpaFolder) => folder.build(version, entrypoints));
};

/** Cases of one version, compiled together; those that stand in the way are left out and come back alone. */
const runTogether = async (
  opaPath: string,
  cases: Map<string, OpaCase>,
  alone: boolean,
  outcomes: Map<OpaCase, Outcome>,
): Promise<void> => {
  if (cases.size === 0) return;
  const built = await build(opaPath, cases, alone);
  if (!('wasm' in built)) {
    if (alone) {
      for (const one of cases.values()) outcomes.set(one, refusal(one, built));
      return;
    }
    const blamed = new Set(
      built.map(({ file }) => /(?:^|\/)(c\d+)\//.exec(file)?.[1]).filter((id) => id !== undefined),
    );
    const rest = [...cases].filter(([id]) => !blamed.has(id));
    if (blamed.size > 0) return runTogether(opaPath, new Map(rest), false, outcomes);
    if (rest.length === 1) return;
    const half = rest.length >> 1;
    await runTogether(opaPath, new Map(rest.slice(0, half)), false, outcomes);
    return runTogether(opaPath, new Map(rest.slice(half)), false, outcomes);
  }
  const lacking = missingBuiltins(await WebAssembly.compile(new Uint8Array(built.wasm)), built.wasm.length);
  if (lacking.length > 0) {
    const rest = new Map<string, OpaCase>();
    for (const [id, one] of cases) {
      const text = [one.query, ...(one.modules ?? [])].join('\n');
      const own = lacking.filter((name) => text.includes(name));
      const needed = alone ? lacking : own;
      if (needed.length > 0) outcomes.set(one, { end: 'lacking', builtins: needed });
      else rest.set(id, one);
    }
    if (rest.size < cases.size) return runTogether(opaPath, rest, alone, outcomes);
    return;
  }
  const bundle = { name: 'cases', packages: [], entrypoints: [], regoVersion: 'v1', digest: '', ...built } as const;
  const runner = await createRunner([bundle], { deadlineMs: 5_000, memoryBytes: 256 * 2 ** 20 });
  try {
    for (const [id, one] of cases) {
      const asks = [{ bundle: 0, entrypoint: entrypointOf(alone ? 'only' : id) }];
      const [evaluation] = await runner.ask({ input: inputOf(one), asks });
      const judged = judgeCase(one, evaluation as Evaluation);
      outcomes.set(
        one,
        judged.right ? { end: 'passed', reordered: judged.reordered } : { end: 'failed', why: judged.why },
      );
    }
  } finally {
    await runner.retire();
  }
};

/**
 * Runs cases as applied policies run: compiled by `opa build -t wasm`, evaluated in the thread. Many at a time, for the sake of
 * time, with their packages renamed; what does not pass so is run by itself, as it was written, and that counts.
 */
export const runCases = async (
  opaPath: string,
  cases: readonly OpaCase[],
  onProgress: (done: number) => void = () => undefined,
): Promise<Map<OpaCase, Outcome>> => {
  const outcomes = new Map<OpaCase, Outcome>();
  for (const version of ['v0', 'v1'] as const) {
    const own = cases.filter((one) => one.version === version);
    for (let at = 0; at < own.length; at += TOGETHER) {
      const some = own.slice(at, at + TOGETHER);
      await runTogether(opaPath, new Map(some.map((one, n) => [`c${n}`, one])), false, outcomes);
      for (const one of some) {
        const outcome = outcomes.get(one);
        if (outcome === undefined || outcome.end === 'failed') {
          outcomes.delete(one);
          await runTogether(opaPath, new Map([['only', one]]), true, outcomes);
        }
      }
      onProgress(outcomes.size);
    }
  }
  return outcomes;
};
