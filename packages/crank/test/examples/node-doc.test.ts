import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { sessionsIn } from './sessions.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const run = promisify(execFile);
const settled = (text: string): string => text.replace(/\b[0-9a-f]{12}\b/g, '*').trimEnd();

/** One session after the other, on what the one before left. */
describe('docs/node.md', () => {
  const { files, sessions } = sessionsIn('node.md');
  const folder = temporaryFolder('node-page');
  let node: TestNode;

  beforeAll(async () => {
    node = await startNode();
    for (const [name, content] of files) {
      mkdirSync(dirname(join(folder.path, name)), { recursive: true });
      writeFileSync(join(folder.path, name), content);
    }
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it('has a session for each part', () => expect(sessions.length).toBe(3));

  it.each(sessions.map((steps) => [steps[0]!.command, steps] as const))('does what it shows: %s', async (_, steps) => {
    for (const { command, shown } of steps) {
      const { stdout } = await run('sh', ['-c', command], {
        cwd: folder.path,
        env: { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, CRANK_URL: node.url, CRANK_DATA: node.data },
      });
      expect(settled(stdout), command).toBe(settled(shown));
    }
  });
});
