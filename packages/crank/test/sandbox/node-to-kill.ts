import { join } from 'node:path';
import { createSandbox } from '#src/engines/sandbox/create.ts';
import { interpreter, limits } from './harness.ts';

/** A node with a call under way, for a test to kill: node-to-kill.ts ROOT CODE. Prints a line when it runs. */
const [root, codeDir] = process.argv.slice(2) as [string, string];
const sandbox = createSandbox({ scratchDir: join(root, 'scratch'), runtimeDir: join(root, 'runtime') });
const call = {
  id: 'call',
  context: Buffer.from('{}'),
  files: [],
  limits,
  signal: new AbortController().signal,
};
for (const isolation of ['fresh', 'warm'] as const) {
  const template = {
    key: isolation,
    account: 'test',
    isolation,
    interpreter: interpreter(),
    codeDir,
    libDirs: [],
    entry: 'ordinary.py',
    limits,
  };
  await sandbox.run(template, { ...call, operation: 'add', input: Buffer.from('{"a":1,"b":2}') });
  void sandbox.run(template, { ...call, operation: 'sleep', input: Buffer.from('{"seconds":15}') });
}
console.log('running');
