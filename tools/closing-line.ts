import type { Reporter, TestModule } from 'vitest/node';

/** Prints one plain last line, `12 passed, 0 failed`, that any program which reads a log understands. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()].map((test) => test.result().state);
      for (const state of tests) count[state === 'pending' ? 'failed' : state] += 1;
      // A file that does not load holds no tests, and has failed all the same.
      if (module.state() === 'failed' && !tests.includes('failed')) count.failed += 1;
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}
