import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionsIn } from '../../../crank/test/examples/sessions.ts';
import { startNode, type TestNode } from '../../../crank/test/support/node.ts';
import { temporaryFolder } from '../../../crank/test/support/temporary.ts';

const packages = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const settled = (text: string): string =>
  text
    .replace(/\bact_[0-9a-z]{26}/g, 'act_...')
    .replace(/@[0-9a-f]{12}\b/g, '@*')
    .trimEnd();

describe('docs/email.md', () => {
  const [steps] = sessionsIn('email.md').sessions;
  const folder = temporaryFolder('email-page');
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode();
    symlinkSync(packages, join(folder.path, 'packages'));
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it('does what it shows', { timeout: 120_000 }, async () => {
    expect(steps!.length).toBeGreaterThan(5);
    for (const { command, shown } of steps!) {
      const { stdout } = await run('sh', ['-c', command], {
        cwd: folder.path,
        env: {
          ...process.env,
          PATH: `${join(packages, 'crank/bin')}:${process.env['PATH']}`,
          CRANK_URL: node.url,
          CRANK_DATA: node.data,
        },
      });
      expect(settled(stdout), command).toBe(settled(shown));
    }
  });
});
