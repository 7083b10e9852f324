import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RegoVersion } from '../../packages/crank/src/engines/policy/bundle.ts';
import { runOpa } from '../../packages/crank/src/engines/policy/opa-run.ts';

/** One of OPA's own test cases (open-policy-agent/opa, v1/test/cases): a query over modules, data and input, and what it must give. */
export interface OpaCase {
  note: string;
  query: string;
  modules?: string[];
  data?: Record<string, unknown>;
  input?: unknown;
  /** Input as a Rego term. */
  input_term?: string;
  want_defined?: boolean;
  want_result?: Record<string, unknown>[];
  want_error_code?: string;
  want_error?: string;
  /** Lists in bindings are compared as sets. */
  sort_bindings?: boolean;
  /** The error shows only where errors of built-ins are errors, which WebAssembly has not: nothing is wanted there. */
  strict_error?: boolean;
  version: RegoVersion;
  file: string;
}

/** Files that one run of `opa` is given. */
const AT_ONCE = 400;

/** The cases in a folder with `v0` and `v1`. `opa` itself reads their YAML, so that no other reader's ideas of it count. */
export const readCases = async (opaPath: string, folder: string): Promise<OpaCase[]> => {
  const cases: OpaCase[] = [];
  for (const version of ['v0', 'v1'] as const) {
    const files = readdirSync(join(folder, version), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(folder, version, name));
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const some = files.slice(at, at + AT_ONCE);
      const args = some.flatMap((path, n) => ['-d', `f${n}:${path}`]);
      const { code, stdout, stderr } = await runOpa(opaPath, ['eval', '-f', 'raw', ...args, 'data']);
      if (code !== 0) throw new Error(`opa cannot read the cases: ${stderr || stdout}`);
      const read = JSON.parse(stdout) as Record<string, { cases: Omit<OpaCase, 'version' | 'file'>[] }>;
      for (const [n, path] of some.entries())
        for (const one of read[`f${n}`]?.cases ?? []) cases.push({ ...one, version, file: relative(folder, path) });
    }
  }
  return cases;
};
