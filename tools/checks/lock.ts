interface Lock {
  packages: Record<string, { optionalDependencies?: Record<string, string> }>;
}

/**
 * Packages that package-lock.json needs and lacks. npm leaves out optional ones (the binaries for other systems) that
 * its registry did not serve when the lock was made, and then `npm ci` refuses the lock wherever it runs.
 */
export const lockFaults = (text: string): string[] => {
  const { packages } = JSON.parse(text) as Lock;
  const there = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !there.has(name))
      .map(
        (name) =>
          `package-lock.json:1: lacks ${name}, which ${path} names: take a release that is served for every system`,
      ),
  );
};
