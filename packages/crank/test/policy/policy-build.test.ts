import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultPolicyDir } from '#src/engines/policy/default-bundle.ts';
import { findOpa, OPA_VERSION, opaVersion } from '#src/engines/policy/opa.ts';
import { opaPath } from './opa.ts';

const root = resolve(import.meta.dirname, '../../../..');

const build = (dir: string, env: NodeJS.ProcessEnv = process.env) => {
  const run = spawnSync(process.execPath, ['tools/policy-build.ts', '--dir', dir], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  return { status: run.status, said: run.stdout + run.stderr };
};

/** Another version of opa than ours compiles other bytes: nothing is compared then. */
const found = opaPath === undefined ? undefined : await findOpa();
const comparable = found !== undefined && (await opaVersion(found)) === OPA_VERSION;

describe('tools/policy-build.ts', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'crank-policies-'));
    cpSync(defaultPolicyDir, dir, { recursive: true });
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it.skipIf(!comparable)('finds the committed bundle to be what its sources give, wherever they lie', () => {
    expect(build(dir)).toEqual({ status: 0, said: 'default policy: compiled as committed, its tests pass\n' });
  });

  it.skipIf(!comparable)('finds a changed rule, a changed test, changed data', () => {
    appendFileSync(join(dir, 'default/authz.rego'), '\nreachable if input.resource.type == "backdoor"\n');
    expect(build(dir)).toMatchObject({ status: 1, said: expect.stringContaining('not what its sources give') });
    appendFileSync(
      join(dir, 'default/authz_test.rego'),
      '\ntest_false if allowed("caller", "key.create", own("key"))\n',
    );
    expect(build(dir).said).toContain('its tests fail');
  });

  it('says so where there is no opa', () => {
    const env = { PATH: '/nowhere', HOME: dir, XDG_CACHE_HOME: dir };
    expect(build(dir, env)).toEqual({ status: 0, said: 'opa not found: comparison left out\n' });
  });
});
