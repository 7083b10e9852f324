import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { type OpenId, startOpenId } from '../support/open-id.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { sessionsIn } from './sessions.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const PROVIDER = 'https://id.example.com';
const run = promisify(execFile);

/** Without what is another each time: ids, times, and the width of columns that depends on them. */
const plain = (text: string): string =>
  text
    .replace(/\b(act|key)_[0-9a-z]{26}/g, '$1_...')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '')
    .trimEnd();

describe('docs/identity.md', () => {
  const { files, sessions } = sessionsIn('identity.md');
  const folder = temporaryFolder('pages');
  let provider: OpenId;
  let node: TestNode;
  let token: string;

  beforeAll(async () => {
    provider = await startOpenId();
    node = await startNode({ CRANK_EGRESS: provider.address });
    token = await provider.ofService();
    mkdirSync(folder.path, { recursive: true });
    for (const [name, content] of files) writeFileSync(join(folder.path, name), content);
  });
  afterAll(async () => {
    await node.remove();
    await provider.close();
    folder.remove();
  });

  it.each(sessions.map((steps) => [steps[0]!.command, steps] as const))('does what it shows: %s', async (_, steps) => {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: `${BIN}:${process.env['PATH']}`,
      CRANK_URL: node.url,
      CRANK_DATA: node.data,
      OIDC_TOKEN: token,
    };
    for (const { command, shown } of steps) {
      const [, variable] = /^([A-Z]+)=\$\(/.exec(command) ?? [];
      // The page's provider is one on this machine.
      const there = command.replaceAll(PROVIDER, provider.issuer);
      const line = variable === undefined ? there : `${there}\nprintf %s "$${variable}"`;
      const { stdout } = await run('sh', ['-c', line], { cwd: folder.path, env });
      if (variable !== undefined) {
        env[variable] = stdout;
        continue;
      }
      expect(plain(stdout.replaceAll(provider.issuer, PROVIDER)), command).toBe(plain(shown));
    }
  });
});
