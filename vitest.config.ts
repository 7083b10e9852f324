import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    globalSetup: ['packages/crank/test/support/ensure-opa.ts'],
    reporters: ['default', './tools/closing-line.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Stories start real nodes, and wait for them half of the time: two cores carry three.
    maxWorkers: 3,
    // As for nodes: packages/crank/bin/crank says why.
    execArgv: ['--wasm-wrapper-tiering-budget=2147483647'],
  },
});
