import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { sessionsIn } from './sessions.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../../../../examples/policies', import.meta.url));
const run = promisify(execFile);

describe.skipIf(opaPath === undefined)('pages about policies', () => {
  const folder = temporaryFolder('policy-pages');
  let node: TestNode;

  beforeAll(async () => {
    node = await startNode({ CRANK_REGION: 'eu,de', CRANK_DECISION_LOG: 'file' });
    cpSync(LIBRARY, folder.path, { recursive: true });
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it.each(['decision-log.md', '../examples/policies/README.md', 'policies.md'])(
    '%s does what it shows',
    async (page) => {
      const { files, sessions } = sessionsIn(page);
      for (const [name, content] of files) {
        mkdirSync(dirname(join(folder.path, name)), { recursive: true });
        writeFileSync(join(folder.path, name), content);
      }
      const env = { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, CRANK_URL: node.url, CRANK_DATA: node.data };
      for (const { command, shown } of sessions.flat()) {
        const { stdout } = await run('sh', ['-c', command], { cwd: folder.path, env });
        expect(stdout.trimEnd(), command).toBe(shown);
      }
    },
    180_000, // the compiler and a process for each command take long on a busy machine
  );
});
