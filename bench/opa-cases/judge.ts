import { isDeepStrictEqual } from 'node:util';
import type { Evaluation } from '../../packages/crank/src/engines/policy/wasm-policy.ts';
import type { OpaCase } from './read.ts';

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 160) ?? 'nothing';

const sorted = (value: unknown): unknown => {
  if (!Array.isArray(value)) return value;
  return value.map((element) => JSON.stringify(element)).sort();
};

/** Bindings in an order of their own; with `sort_bindings` the lists in them, too. */
const normal = (results: readonly Record<string, unknown>[], sortBindings: boolean): string[] =>
  results
    .map((bindings) =>
      JSON.stringify(
        Object.entries(bindings)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => [name, sortBindings ? sorted(value) : ordered(value)]),
      ),
    )
    .sort();

/** Members by name, since objects have no order. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, ordered(member)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** All lists within, sorted. */
const unordered = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value
      .map(unordered)
      .map((one) => JSON.stringify(one))
      .sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unordered(member)]));
};

/** `reordered`: right but for the order of a list; sets become lists in JSON, in no order. */
export type Judgement = { right: true; reordered: boolean } | { right: false; why: string };

/** Whether an evaluation is what a case wants. */
export const judgeCase = (one: OpaCase, evaluation: Evaluation): Judgement => {
  const why = wrongIn(one, evaluation);
  if (why === undefined) return { right: true, reordered: false };
  if (evaluation.ok && one.want_result !== undefined && one.want_defined === undefined) {
    const [given, wanted] = [evaluation.value ?? [], one.want_result].map((value) => unordered(ordered(value)));
    if (isDeepStrictEqual(given, wanted)) return { right: true, reordered: true };
  }
  return { right: false, why };
};

const wrongIn = (one: OpaCase, evaluation: Evaluation): string | undefined => {
  const wantsError = one.want_error_code !== undefined || one.want_error !== undefined;
  if (wantsError && one.want_defined === undefined && one.want_result === undefined && one.strict_error !== true) {
    return evaluation.ok ? `an error was wanted, and it gave ${shown(evaluation.value)}` : undefined;
  }
  if (!evaluation.ok) return evaluation.error;
  const results = (evaluation.value ?? []) as Record<string, unknown>[];
  if (one.want_defined !== undefined)
    return results.length > 0 === one.want_defined ? undefined : `defined: ${results.length > 0}`;
  const wanted = wantsError ? [] : (one.want_result ?? []);
  const sortBindings = one.sort_bindings === true;
  const given = normal(ordered(results) as Record<string, unknown>[], sortBindings);
  const right = normal(ordered(wanted) as Record<string, unknown>[], sortBindings);
  return isDeepStrictEqual(given, right) ? undefined : `wanted ${shown(wanted)}, and it gave ${shown(results)}`;
};
