import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultLimits, type Role } from '#src/core/service.ts';
import type { Decision, PolicyResource } from '#src/engines/policy/decision.ts';
import { defaultPolicyDir } from '#src/engines/policy/default-bundle.ts';
import { createPolicyEngine } from '#src/engines/policy/engine.ts';
import { as, callRequest } from './requests.ts';

const engine = createPolicyEngine();
afterAll(() => engine.close());

const now = (decision: Decision | Promise<Decision>): Decision => {
  if (decision instanceof Promise) throw new Error('the default bundle decides at once');
  return decision;
};

const roles: Role[] = ['owner', 'developer', 'caller', 'auditor'];
const others: PolicyResource = { type: 'x', account: 'acme', principal: 'key_2' };
const own: PolicyResource = { type: 'x', account: 'acme', principal: 'key_1' };
const foreign: PolicyResource = { type: 'x', account: 'rival', principal: 'key_9' };

const who = (action: string, resource: PolicyResource): string =>
  roles
    .filter((role) => now(engine.authorise({ action, principal: as(role), resource })).allow)
    .map((role) => role[0])
    .join('');

describe('the default bundle', () => {
  // First letters of the roles that may: on what others of the account made, and on what is one's own.
  it.each([
    ['service.call', 'odc', 'odc'],
    ['code.run', 'od', 'od'],
    ['service.deploy', 'od', 'od'],
    ['service.remove', 'od', 'od'],
    ['service.read', 'odca', 'odca'],
    ['call.read', 'oda', 'odca'],
    ['call.cancel', 'od', 'odc'],
    ['receipt.read', 'oda', 'odca'],
    ['usage.read', 'oda', 'odca'],
    ['log.read', 'odca', 'odca'],
    ['key.create', 'o', 'o'],
    ['key.read', 'oa', 'oa'],
    ['key.revoke', 'o', 'o'],
    ['policy.apply', 'o', 'o'],
    ['policy.read', 'oda', 'oda'],
    ['policy.remove', 'o', 'o'],
    ['no.such', '', ''],
    ['service', '', ''],
    ['service.', '', ''],
    ['', '', ''],
  ])('%s: %s on what others made, %s on its own, nobody from elsewhere', (action, onOthers, onOwn) => {
    expect(who(action, others)).toBe(onOthers);
    expect(who(action, own)).toBe(onOwn);
    expect(who(action, foreign)).toBe('');
  });

  it('opens a public service of another account to calling and reading only', () => {
    const open = { ...foreign, public: true };
    expect(who('service.call', open)).toBe('odc');
    expect(who('service.read', open)).toBe('odca');
    expect(who('service.remove', open)).toBe('');
    expect(who('receipt.read', open)).toBe('');
  });

  it('says why not, who said it, and that what belongs to others must stay hidden', () => {
    const denied = now(engine.authorise({ action: 'key.create', principal: as('caller'), resource: own }));
    expect(denied).toMatchObject({ allow: false, by: 'platform', obligations: [] });
    expect(denied.reasons).toEqual(['the role caller may not key.create']);
    const hidden = now(engine.authorise({ action: 'call.read', principal: as('owner'), resource: foreign }));
    expect(hidden).toMatchObject({ allow: false, obligations: ['hide-existence'] });
  });

  it('makes a decision as a receipt keeps it', () => {
    const decision = now(engine.authorise(callRequest()));
    expect(decision).toEqual({
      id: expect.stringMatching(/^dec_[0-9a-z]{26}$/),
      point: 'authorise',
      allow: true,
      bundles: { 'crank.default': expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      obligations: [],
      reasons: [],
      limits: defaultLimits,
    });
  });

  it('is shown all that its rules read, so that a verdict may be given again to a request that looks the same', () => {
    const shown = ['action'].concat(
      ['role', 'id', 'account', 'credential', 'scopes'].map((name) => `principal.${name}`),
      // The last two only where there are scopes, which alone look at them.
      ['account', 'principal', 'public', 'service', 'operation'].map((name) => `resource.${name}`),
      ['limits'],
    );
    const read = new Set<string>();
    for (const file of ['authz.rego', 'limits.rego']) {
      const rules = readFileSync(join(defaultPolicyDir, 'default', file), 'utf8').replace(/#.*$/gm, '');
      for (const [, path] of rules.matchAll(/\binput\.([a-z_]+(?:\.[a-z_]+)?)/g)) read.add(path!);
      for (const [, path] of rules.matchAll(/object\.get\(input, \[?([^\],]+(?:, "[a-z]+")?)\]?,/g))
        read.add(path!.replaceAll('"', '').replace(', ', '.'));
      expect(rules.match(/\binput\b(?!\.[a-z]|, )/g)).toBeNull();
      expect(rules).not.toMatch(/\b(?:time|rand|http|uuid|opa)\./);
    }
    expect([...read].sort()).toEqual(shown.sort());
  });

  it('gives a verdict again without mixing up requests', () => {
    const asked = (request: Parameters<typeof engine.authorise>[0]) => now(engine.authorise(request));
    const [first, second] = [asked(callRequest()), asked(callRequest())];
    expect(second).toEqual({ ...first, id: second.id });
    expect(second.id).not.toBe(first.id);
    for (const wallMs of [1, 2, 1])
      expect(asked(callRequest({ limits: { ...defaultLimits, wallMs } })).limits!.wallMs).toBe(wallMs);
    // Whose members stand together in no way that another request could imitate.
    const mine = { action: 'call.read', principal: as('caller'), resource: own };
    expect(asked(mine).allow).toBe(true);
    expect(asked({ ...mine, principal: { ...as('caller'), id: 'key_2' } }).allow).toBe(false);
    expect(asked({ ...mine, principal: { ...as('caller'), account: 'rival' } }).allow).toBe(false);
  });

  it('grants detected needs up to the cap', () => {
    const limits = { ...defaultLimits, memoryBytes: 2 ** 40, subprocesses: 8 };
    const { limits: granted } = now(engine.authorise(callRequest({ limits })));
    expect(granted).toEqual({ ...defaultLimits, memoryBytes: 2 ** 31, subprocesses: 8 });
  });

  it.each([
    ['no role', { principal: { ...as('owner'), role: undefined } }],
    ['an invented role', { principal: { ...as('owner'), role: 'root' } }],
    ['no account', { principal: { ...as('owner'), account: '' }, resource: { type: 'x', account: '' } }],
    ['no principal', { principal: undefined }],
    ['no resource', { resource: null }],
    ['no action', { action: undefined }],
    ['a limit that nobody grants', { limits: { ...defaultLimits, network: 1 } }],
    ['a limit that is no number', { limits: { ...defaultLimits, memoryBytes: 'all' } }],
  ])('denies a request with %s', (_, changes) => {
    expect(now(engine.authorise(callRequest(changes as never))).allow).toBe(false);
  });

  it('asks nobody about input and output where no bundle is applied', async () => {
    expect(now(engine.decideInput(callRequest({ content: { a: 1 } })))).toMatchObject({ allow: true, bundles: {} });
    expect(engine.decidesOutput('acme', 'words')).toBe(false);
    const { decision, redact } = await engine.decideOutput({ ...callRequest(), output_fields: { fields: [] } });
    expect([decision.allow, redact]).toEqual([true, []]);
  });

  it('is not loaded where it is not what its digest says', () => {
    const dir = mkdtempSync(join(tmpdir(), 'crank-default-'));
    try {
      cpSync(defaultPolicyDir, dir, { recursive: true });
      const json = readFileSync(join(dir, 'default.json'), 'utf8');
      writeFileSync(join(dir, 'default.json'), json.replace('"public_actions": [', '"public_actions": ["key.create",'));
      expect(() => createPolicyEngine({ defaultDir: dir })).toThrow(/has digest/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
