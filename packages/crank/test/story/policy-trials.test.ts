import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const LARGE = `package crank.large

deny contains "more than 100 at once" if input.content.n > 100
`;
const HIDE = `package crank.privacy

redact_pii contains field if {
	some field in input.output_fields
	contains(field.value, "@")
}
`;
const WEEKEND = `package crank.authz.hours

deny contains "not on Sundays" if time.weekday(time.parse_rfc3339_ns(input.time)) == "Sunday"
`;
const KEEP = `package crank.retention

keep := {"input": true, "output": false, "days": 1}
`;

interface Trial {
  point: string;
  allow: boolean;
  reasons: string[];
  redact?: string[];
  rules: { bundle: string; rule: string; value?: unknown }[];
}

describe.skipIf(opaPath === undefined)('policies on trial', () => {
  const folder = temporaryFolder('trials');
  let node: TestNode;
  const path = (name: string): string => join(folder.path, name);
  beforeAll(async () => {
    node = await startNode();
    mkdirSync(folder.path, { recursive: true });
    for (const [name, rego] of Object.entries({ large: LARGE, hide: HIDE, weekend: WEEKEND, keep: KEEP }))
      writeFileSync(path(`${name}.rego`), rego);
    const make = 'def make(n: int) -> dict[str, str]:\n    return {"to": "ann@example.org", "n": str(n)}\n';
    expect((await node.deploy('mail', { 'mail.py': make })).status).toBe(201);
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  const decide = async (...args: string[]): Promise<{ code: number | null; trials: Trial[] }> => {
    const { code, stdout, stderr } = await node.crank(['policy', 'decide', 'mail.make', ...args, '--json']);
    expect(stderr).toBe('');
    return { code, trials: JSON.parse(stdout) as Trial[] };
  };

  it('say what they would decide on a call, and what each rule said', async () => {
    const allowed = await decide('-i', '{"n": 5}', '--with', path('large.rego'));
    expect(allowed.code).toBe(0);
    expect(allowed.trials.map(({ point, allow }) => [point, allow])).toEqual([
      ['authorise', true],
      ['input', true],
    ]);
    expect(allowed.trials[1]!.rules).toEqual([{ bundle: 'crank.large', rule: 'crank/large/deny', value: [] }]);
    const denied = await decide('-i', '{"n": 500}', '--with', path('large.rego'));
    expect(denied.code).toBe(3);
    expect(denied.trials[1]).toMatchObject({ allow: false, reasons: ['more than 100 at once'] });
  });

  it('say what they would take out of a result', async () => {
    const { trials } = await decide('--output', '{"to": "ann@example.org", "n": "3"}', '--with', path('hide.rego'));
    expect(trials[2]).toMatchObject({ point: 'output', allow: true, redact: ['/to'] });
  });

  it('decide at another time, and for another key', async () => {
    const weekend = ['--with', path('weekend.rego')];
    expect((await decide('--time', '2026-11-29T12:00:00Z', ...weekend)).trials[0]).toMatchObject({
      ...{ allow: false, reasons: ['not on Sundays'] },
    });
    expect((await decide('--time', '2026-11-30T12:00:00Z', ...weekend)).code).toBe(0);
    const auditor = await node.request<{ id: string }>('POST', '/v1/keys', { json: { name: 'a', role: 'auditor' } });
    const { trials } = await decide('--as', auditor.json.id);
    expect(trials[0]!.reasons).toEqual(['the role auditor may not service.call']);
  });

  it('are not in force for it', async () => {
    expect((await node.request('POST', '/v1/services/mail/make', { json: { n: 500 } })).status).toBe(200);
    const listed = await node.request<{ policies: unknown[] }>('GET', '/v1/policies');
    expect(listed.json.policies).toHaveLength(1);
  });

  it('show on past calls what they would have changed', async () => {
    expect((await node.crank(['policy', 'apply', path('keep.rego')])).code).toBe(0);
    for (const n of [1, 200, 300]) await node.request('POST', '/v1/services/mail/make', { json: { n } });
    const run = await node.crank(['policy', 'simulate', path('large.rego'), '--json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    // The one from before: its input was not kept, and keeping was no obligation then.
    expect(JSON.parse(run.stdout)).toMatchObject({ calls: 4, same: 1, denied: 2, allowed: 0, otherwise: 1, blind: 1 });
    const { stdout } = await node.crank(['policy', 'simulate', path('large.rego'), '--last', '2']);
    expect(stdout).toContain('2 calls: 0 as before, 2 would be refused');
    expect(stdout).toContain('denied: more than 100 at once');
  });

  it('are refused with their place where they do not compile, and to whom may not test', async () => {
    writeFileSync(path('broken.rego'), 'package crank.large\n\ndeny contains "x" if {\n');
    const broken = await node.crank(['policy', 'simulate', path('broken.rego')]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain('broken.rego');
    const caller = await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: 'c', role: 'caller' } });
    const { key } = caller.json;
    const asked = await node.request('POST', '/v1/policies/-/decide', {
      json: { service: 'mail', operation: 'make' },
      key,
    });
    expect(asked.status).toBe(403);
  });
});
