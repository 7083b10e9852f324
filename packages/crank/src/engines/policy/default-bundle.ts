import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { actorOf } from '#src/core/actor.ts';
import type { Limits } from '#src/core/service.ts';
import { bundleDigest, type PolicyBundle, type RegoVersion } from './bundle.ts';
import type { PolicyRequest, Verdict } from './decision.ts';
import type { Required } from './interpret.ts';
import { loadWasmPolicy } from './wasm-policy.ts';

/** `packages/crank/policies`: sources in `default/`, compiled `default.wasm` and `default.json`. */
export const defaultPolicyDir = fileURLToPath(new URL('../../../policies', import.meta.url));

/** What `tools/policy-build.ts` writes beside the WASM. */
export interface DefaultBundleFile {
  name: string;
  /** Version of the `opa` program that compiled it. */
  opa: string;
  regoVersion: RegoVersion;
  packages: readonly string[];
  entrypoints: readonly string[];
  digest: string;
  data: unknown;
}

/** The platform's own rules, evaluated in process. Every verdict fails closed. */
export interface DefaultBundle {
  name: string;
  digest: string;
  authorise(request: PolicyRequest): Verdict;
  /** Whether what an applied policy requires for a call is given, and the limits that follow. */
  provide(required: Required, request: PolicyRequest): Verdict;
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((element) => typeof element === 'string');

const failed = (name: string, why: string): Verdict => ({
  allow: false,
  reasons: [`the platform's policy ${name} failed: ${why}`],
  obligations: [],
});

/** Verdicts kept; beyond them all are forgotten. */
const KEPT = 2_000;

/** What the bundle is shown of a request: no more, so that requests which look the same here get the same verdict. */
const shown = ({ action, principal, resource, limits }: PolicyRequest): object => ({
  action,
  // Policy denies what is missing, so that nothing here may fail for it.
  principal: principal && {
    id: principal.id && actorOf(principal),
    account: principal.account,
    role: principal.role,
    credential: principal.credential,
    scopes: principal.scopes,
  },
  resource: resource && {
    account: resource.account,
    principal: resource.principal,
    public: resource.public,
    ...(principal?.scopes && { service: resource.service, operation: resource.operation }),
  },
  limits,
});

/** Limits of a decision where it speaks of every one that was asked for. */
const limitsOf = (value: unknown, asked: Limits): Limits | undefined => {
  const granted = value as Partial<Limits> | undefined;
  const names = Object.keys(asked) as (keyof Limits)[];
  return names.every((name) => typeof granted?.[name] === 'number') ? (granted as Limits) : undefined;
};

/** Reads the compiled default bundle. @throws Error where it is not what its digest says */
const readDefaultBundle = (dir: string): PolicyBundle => {
  const file = JSON.parse(readFileSync(join(dir, 'default.json'), 'utf8')) as DefaultBundleFile;
  const bundle = { ...file, data: JSON.stringify(file.data), wasm: readFileSync(join(dir, 'default.wasm')) };
  const digest = bundleDigest(bundle);
  if (digest !== file.digest) {
    throw new Error(
      `the default policy in ${dir} has digest ${digest}, not ${file.digest}: rebuild it with tools/policy-build.ts --write`,
    );
  }
  return bundle;
};

/** Loads the platform's own rules. @throws Error where they are damaged */
export const loadDefaultBundle = (dir: string): DefaultBundle => {
  const { name, digest, wasm, data } = readDefaultBundle(dir);
  const policy = loadWasmPolicy({
    module: new WebAssembly.Module(new Uint8Array(wasm)),
    wasmBytes: wasm.length,
    data,
    memoryBytes: 16 * 2 ** 20,
  });
  const ask = (entrypoint: string, input: object, asked: Limits | undefined): Verdict => {
    const evaluation = policy.evaluate(input, entrypoint);
    if (!evaluation.ok) return failed(name, evaluation.error);
    const { allow, reasons, obligations, limits } = (evaluation.value ?? {}) as Record<string, unknown>;
    if (typeof allow !== 'boolean' || !isStrings(reasons) || !isStrings(obligations)) {
      return failed(name, 'it gave no decision');
    }
    if (!allow || asked === undefined) return { allow, reasons, obligations };
    const granted = limitsOf(limits, asked);
    return granted === undefined ? failed(name, 'it gave no limits') : { allow, reasons, obligations, limits: granted };
  };
  // By all that the bundle is shown, which is all that a verdict depends on: it has no clock and no memory.
  const kept = new Map<string, Verdict>();
  return {
    name,
    digest,
    authorise: (request) => {
      const input = shown(request);
      const key = JSON.stringify(input);
      const known = kept.get(key);
      if (known !== undefined) return known;
      const verdict = ask('crank/authz/decision', input, request.limits);
      if (kept.size >= KEPT) kept.clear();
      kept.set(key, verdict);
      return verdict;
    },
    provide: (required, { limits }) => ask('crank/resources/decision', { required, limits }, limits),
  };
};
