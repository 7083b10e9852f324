import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { sessionsIn } from './sessions.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const run = promisify(execFile);

/** Without what is another each time: ids, times, and the width of columns that depends on them. */
const plain = (text: string): string =>
  text
    .replace(/\b(act|call|key|sched|hook|bud|prc|quo|inv)_[0-9a-z]{26}/g, '$1_...')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\d\b/g, 'DATE')
    .replace(/@[0-9a-f]{12}\b/g, '@VERSION')
    .replace(/ +/g, ' ')
    // What was measured is another each time.
    .replace(/^(\w+\.\w+) [\d.]+ [\d.]+ /gm, '$1 MS USD ')
    .replace(/^(words +)\d.* s$/gm, '$1 MEASURED')
    .replace(/the machine: [\d.]+ W on average, .*\);/g, 'the machine: MEASURED);')
    // How fast calls are depends on the machine.
    .replace(/^(\w+ (?:latency|promise) \d+ ms [\d.]+%).*$/gm, '$1 BURN')
    .replace(/ $/gm, '')
    .trimEnd();

describe.each([
  'calls.md',
  'secrets.md',
  'schedules.md',
  'jobs.md',
  'budgets.md',
  'prices.md',
  'invoices.md',
  'usage.md',
  'privacy.md',
  'workspaces.md',
  'limits.md',
  'mcp.md',
  'run.md',
  'observability.md',
])('docs/%s', (page) => {
  const { files, sessions } = sessionsIn(page);
  const folder = temporaryFolder('pages');
  let node: TestNode;

  beforeAll(async () => {
    node = await startNode();
    for (const [name, content] of files) {
      mkdirSync(folder.path, { recursive: true });
      writeFileSync(join(folder.path, name), content);
    }
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  // Pages that apply policies need opa.
  const can = !['privacy.md', 'limits.md'].includes(page) || opaPath !== undefined;
  it.skipIf(!can).each(sessions.map((steps) => [steps[0]!.command, steps] as const))(
    'does what it shows: %s',
    async (_, steps) => {
      const assigned: string[] = [];
      for (const { command, shown } of steps) {
        const { stdout } = await run('sh', ['-c', [...assigned, command].join('\n')], {
          cwd: folder.path,
          env: { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, CRANK_URL: node.url, CRANK_DATA: node.data },
        });
        if (/^[A-Z]+=/.test(command)) assigned.push(command);
        expect(plain(stdout), command).toBe(plain(shown));
      }
    },
  );

  it.skipIf(opaPath === undefined)('has policies that compile', async () => {
    for (const [path, text] of [...files].filter(([name]) => name.endsWith('.rego'))) {
      const applied = await node.request('POST', '/v1/policies', { json: { files: [{ path, text }] } });
      expect(applied.status, applied.text).toBe(200);
    }
  });
});
