/** Longest name of a secret, and of an environment variable. */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const MOST = 50;

/** Variables that the sandbox itself lives by. */
const OURS =
  /^(?:PATH|HOME|TMPDIR|LANG|LC_ALL|PYTHON.*|LD_.*|(?:HTTPS?|ALL|NO)_PROXY|https?_proxy|all_proxy|no_proxy)$/;

export const isSecretName = (name: string): boolean => NAME.test(name);

/**
 * Secrets as they are asked for: a list of names, which are then the names of environment variables too, or an object of
 * names by environment variable.
 *
 * @returns names by variable, sorted; or what is wrong
 */
export const readSecretNames = (value: unknown): { secrets: Readonly<Record<string, string>> } | { wrong: string } => {
  if (typeof value !== 'object' || value === null) return { wrong: 'is neither a list of names nor an object' };
  const pairs: [string, unknown][] = Array.isArray(value)
    ? value.map((name: unknown) => [String(name), name])
    : Object.entries(value);
  if (pairs.length > MOST) return { wrong: `names more than ${MOST} secrets` };
  for (const [variable, name] of pairs) {
    if (typeof name !== 'string' || !NAME.test(name))
      return { wrong: 'names a secret that is not a letter and up to 63 letters, digits, "_", "." and "-"' };
    if (!VARIABLE.test(variable)) return { wrong: `has "${variable.slice(0, 80)}", which is no environment variable` };
    if (OURS.test(variable))
      return { wrong: `has the environment variable ${variable}, which the sandbox needs itself` };
  }
  const sorted = (pairs as [string, string][]).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { secrets: Object.fromEntries(sorted) };
};
