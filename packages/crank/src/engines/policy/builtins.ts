import { createRequire } from 'node:module';
import { encodingBuiltins } from './encoding-builtins.ts';
import { numberBuiltins } from './number-builtins.ts';
import { textBuiltins } from './text-builtins.ts';
import { timeBuiltins } from './time-builtins.ts';
import { TooMuch } from './too-much.ts';

type Builtin = (...args: never[]) => unknown;

const require = createRequire(import.meta.url);
require('@open-policy-agent/opa-wasm');
const TABLE = '/opa-wasm/src/builtins/index.js';
const table = Object.entries(require.cache).find(([path]) => path.endsWith(TABLE))?.[1];
if (table === undefined) throw new Error('@open-policy-agent/opa-wasm keeps its built-ins elsewhere');
/** The table of the evaluator, which exports it to nobody. */
const theirs = table.exports as Record<string, Builtin>;

/** TypeScript does not know it yet: a number as it is to be written. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/**
 * An argument that makes no sense leaves an expression undefined, as OPA has it and `opa test` shows it. Numbers beyond 2^53 come
 * as bigint, and stay whole. What meets a bound of ours is another matter: were it undefined, a `deny` would not hold.
 */
const asInRego =
  (builtin: Builtin): Builtin =>
  (...args) => {
    try {
      const value = builtin(...args);
      if (typeof value !== 'bigint') return value;
      return Number.isSafeInteger(Number(value)) ? Number(value) : rawJSON(String(value));
    } catch (error) {
      if (error instanceof TooMuch) throw error;
      return undefined;
    }
  };

const isValidYaml = theirs['yaml.is_valid'] as (text: unknown) => unknown;

/** Built-ins from JavaScript; the others that OPA compiles are in the WebAssembly itself. */
export const builtins: Readonly<Record<string, Builtin>> = Object.fromEntries(
  Object.entries<Builtin>({
    ...theirs,
    ...textBuiltins,
    ...encodingBuiltins,
    ...numberBuiltins,
    ...timeBuiltins,
    'yaml.is_valid': (text: unknown) => isValidYaml(text as never) === true,
  }).map(([name, builtin]) => [name, asInRego(builtin)]),
);

// Where the evaluator looks: its own `sprintf` is not Go's, and it takes nobody else's of that name.
Object.assign(theirs, builtins);
