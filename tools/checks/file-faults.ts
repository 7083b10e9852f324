/** Longest source file, in lines. */
const MAX_LINES = 400;

// Written with classes in brackets so that this file does not hold what it looks for.
const machinePath = /(?<![\w.~-])\/(w[o]rk|f[a]rm|r[o]ot|b[a]sh_jobs)\/[\w.][^\s'"`)]*/;
const download = /"resolved":\s*"https?:|^\s*(registry|index|url)\s*=\s*"https?:/m;
const lockFile = /(^|\/)(package-lock\.json|[^/]*\.lock)$/;
const source = /\.(ts|tsx|mts|js|mjs|py)$/;
const notOurs = /(^|\/)(test|tests|vectors|generated)\/|\.d\.ts$|_api\.py$/;

/**
 * What must not stand in a file of the project: paths of one machine, download addresses in lock files, the hosts of
 * the registries that this machine is set to (`hosts`), and too many lines.
 */
export const fileFaults = (path: string, text: string, hosts: readonly string[]): string[] => {
  const faults: string[] = [];
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    const at = `${path}:${index + 1}`;
    const found = machinePath.exec(line);
    if (found) faults.push(`${at}: holds a path of one machine (${found[0]})`);
    if (lockFile.test(path) && download.test(line)) faults.push(`${at}: holds a download address`);
    for (const host of hosts) if (line.includes(host)) faults.push(`${at}: names the registry host ${host}`);
  });
  if (source.test(path) && !notOurs.test(path) && lines.length - 1 > MAX_LINES) {
    faults.push(`${path}:1: has ${lines.length - 1} lines, above ${MAX_LINES}: is it one thing?`);
  }
  return faults;
};

// In parts, so that this file does not name what it looks for.
const publicHosts = ['registry npmjs org', 'files pythonhosted org', 'proxy golang org', 'deb debian org'].map((host) =>
  host.replaceAll(' ', '.'),
);

/** Hosts of package registries: the public ones, and those that the environment names. */
export const registryHosts = (env: Readonly<Record<string, string | undefined>>): string[] => {
  const named = /^(npm_config_registry|(pip|uv)_(default_|extra_)?index(_url)?|goproxy)$/i;
  const hosts = Object.entries(env)
    .filter(([name]) => named.test(name))
    .flatMap(([, value]) => (value ?? '').split(/[\s,|]+/))
    .flatMap((text) => (URL.canParse(text) ? [new URL(text).hostname] : []));
  return [...new Set([...publicHosts, ...hosts])].filter((host) => host !== '');
};
