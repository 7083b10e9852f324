import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureUv } from '#src/engines/packaging/ensure-uv.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { sessionsIn } from './sessions.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const run = promisify(execFile);
const isInstalled = (name: string): boolean =>
  ['/usr/local/bin', '/usr/bin', '/bin'].some((folder) => existsSync(join(folder, name)));

/** A folder with `pip`, for machines whose Python has none. */
const withPip = async (folder: string): Promise<string> => {
  const uv = await ensureUv(join(folder, '.tools'), () => {}, ['/usr/bin/python3', 'python3']);
  const shim = join(folder, '.bin', 'pip');
  mkdirSync(dirname(shim));
  writeFileSync(shim, `#!/bin/sh\nexec '${uv}' pip "$@" --python /usr/bin/python3 --quiet\n`);
  chmodSync(shim, 0o755);
  return dirname(shim);
};

describe.each([
  { document: 'scripts.md', least: { sessions: 7, files: 9 }, pip: false },
  { document: 'models.md', least: { sessions: 3, files: 4 }, pip: true },
  { document: 'commands.md', least: { sessions: 5, files: 4 }, pip: false, programs: ['pandoc', 'ffprobe'] },
])('docs/$document', ({ document, least, pip, programs = [] }) => {
  const { files, sessions } = sessionsIn(document);
  const folder = temporaryFolder('consoles');
  let node: TestNode;
  let path = `${BIN}:${process.env['PATH']}`;

  beforeAll(async () => {
    node = await startNode();
    if (pip) path = `${await withPip(folder.path)}:${path}`;
    for (const [name, content] of files) {
      mkdirSync(dirname(join(folder.path, name)), { recursive: true });
      writeFileSync(join(folder.path, name), content);
    }
  }, 120_000);
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  it('has examples of every kind', () => {
    expect(sessions.length).toBeGreaterThanOrEqual(least.sessions);
    expect(files.size).toBeGreaterThanOrEqual(least.files);
  });

  for (const steps of sessions) {
    const first = steps[0]!.command;
    // Not every machine has it.
    const missing = programs.find((name) => first.includes(`'${name} `) && !isInstalled(name));
    const title = `does what it shows: ${first}${missing === undefined ? '' : ` (${missing} is not installed)`}`;
    it.skipIf(missing !== undefined)(title, async () => {
      for (const { command, shown } of steps) {
        const { stdout } = await run('sh', ['-c', command], {
          cwd: folder.path,
          env: { ...process.env, PATH: path, CRANK_URL: node.url, CRANK_DATA: node.data },
        });
        // A version is another one wherever something else decides over it, such as the interpreter.
        expect(stdout.trimEnd().replaceAll(/@[0-9a-f]{12}/g, '@*'), command).toBe(shown);
      }
    });
  }
});
