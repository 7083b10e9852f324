import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    globalSetup: ['packages/crank/test/support/ensure-opa.ts', 'packages/crank/test/support/make-bundle.ts'],
    reporters: ['default', './tools/closing-line.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Stories start real nodes, and wait for them half of the time: two cores carry three.
    maxWorkers: 3,
    // Node loads the modules, as it does for users, and once for all files that a worker runs: a file's own share of loading
    // them anew was a third of its time.
    experimental: { viteModuleRunner: false },
    isolate: false,
    // As for nodes: packages/crank/bin/crank says why.
    execArgv: ['--wasm-wrapper-tiering-budget=2147483647'],
  },
});
