import { createRequire } from 'node:module';
import type { LoadedPolicy } from '@open-policy-agent/opa-wasm';
import { builtins } from './builtins.ts';

// Its ES module and its types name different exports; the CommonJS one has them all.
const opa = createRequire(import.meta.url)(
  '@open-policy-agent/opa-wasm',
) as typeof import('@open-policy-agent/opa-wasm');

const PAGE = 65_536;

/** What a rule said (undefined: nothing), or why it could not be asked. */
export type Evaluation = { ok: true; value: unknown } | { ok: false; error: string };

export interface WasmPolicy {
  /**
   * Asks one rule. Never throws: what OPA throws (conflicts, missing built-ins, no memory) is an Evaluation, and the
   * next one starts on a fresh instance.
   *
   * @param input an object, or JSON text of one in UTF-8
   */
  evaluate(input: object | ArrayBuffer, entrypoint: string): Evaluation;
}

/** OPA's WASM throws strings (aborts, conflicts); the evaluator plain objects (missing built-ins); V8 exceptions. */
const errorText = (error: unknown, memoryBytes: number): string => {
  const text =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  if (text === 'opa_malloc: failed') return `it needs more memory than the ${memoryBytes / 2 ** 20} MiB there are`;
  return text.slice(0, 500);
};

const instantiate = (module: WebAssembly.Module, wasmBytes: number, memoryBytes: number): LoadedPolicy => {
  const initial = Math.ceil(wasmBytes / PAGE) + 5; // static data is part of the module, so it fits
  const memory = { initial, maximum: Math.max(initial, Math.ceil(memoryBytes / PAGE)) };
  return opa.loadPolicySync(module, memory);
};

/** ABI, "builtins": an object from names to numbers (openpolicyagent.org, "WebAssembly"). */
const builtinsOf = ({ wasmInstance, mem }: LoadedPolicy): string[] => {
  const { builtins, opa_json_dump } = (wasmInstance as WebAssembly.Instance).exports as Record<
    'builtins' | 'opa_json_dump',
    (address?: number) => number
  >;
  const bytes = new Uint8Array(mem.buffer, opa_json_dump(builtins()));
  return Object.keys(JSON.parse(Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString()) as object).sort();
};

/** Names of the built-ins that a compiled policy may reach and that nobody supplies: such a policy must not be admitted. */
export const missingBuiltins = (module: WebAssembly.Module, wasmBytes: number): string[] =>
  builtinsOf(instantiate(module, wasmBytes, 0)).filter((name) => !Object.hasOwn(builtins, name));

/**
 * A compiled policy with its data, ready to be asked.
 *
 * @param data JSON text of an object
 * @throws Error where the module is no policy, calls a built-in that nobody supplies, or its data does not fit
 */
export const loadWasmPolicy = (options: {
  module: WebAssembly.Module;
  wasmBytes: number;
  data: string;
  memoryBytes: number;
}): WasmPolicy => {
  const { module, wasmBytes, memoryBytes } = options;
  const data = new Uint8Array(Buffer.from(options.data)).buffer;
  const start = (): LoadedPolicy => {
    try {
      const started = instantiate(module, wasmBytes, memoryBytes);
      const missing = builtinsOf(started).filter((name) => !Object.hasOwn(builtins, name));
      if (missing.length > 0) throw new Error(`built-ins that are not there: ${missing.join(', ')}`);
      started.setData(data);
      return started;
    } catch (error) {
      throw new Error(errorText(error, memoryBytes), { cause: error });
    }
  };
  let policy: LoadedPolicy | undefined = start();
  return {
    evaluate: (input, entrypoint) => {
      try {
        policy ??= start();
        const results = policy.evaluate(input, entrypoint) as readonly { result: unknown }[];
        return { ok: true, value: results[0]?.result };
      } catch (error) {
        policy = undefined;
        return { ok: false, error: errorText(error, memoryBytes) };
      }
    },
  };
};
