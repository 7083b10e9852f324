import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureOpa, findOpa, OPA_VERSION } from '#src/engines/policy/opa.ts';
import { testPolicies } from '#src/engines/policy/test-policies.ts';
import { opaPath } from './opa.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'crank-opa-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const program = (name: string, script: string): void => {
  mkdirSync(join(dir, 'bin'), { recursive: true });
  writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, 'bin', name), 0o755);
};

/** A machine with nothing but what a test puts into `bin`. */
const machine = (said: string[] = []) => ({
  toolsDir: join(dir, 'tools'),
  env: { PATH: `${join(dir, 'bin')}:/usr/bin:/bin`, HOME: dir },
  onProgress: (text: string) => said.push(text),
});
/** A Go that makes an `opa` in no time. */
const FAST_GO =
  'echo "go: downloading" >&2; echo "$@" > "$HOME/asked"; printf "#!/bin/sh\\n" > "$GOBIN/opa"; chmod 755 "$GOBIN/opa"; echo made >> "$HOME/made"';

describe('finding opa', () => {
  it('takes one on PATH of version 1 or later, and no older or other one', async () => {
    program('opa', 'echo "Version: 0.70.0"');
    expect(await findOpa(machine())).toBeUndefined();
    program('opa', 'echo hello');
    expect(await findOpa(machine())).toBeUndefined();
    program('opa', 'echo "Version: 1.4.2"');
    expect(await findOpa(machine())).toBe(join(dir, 'bin/opa'));
    expect(await ensureOpa(machine())).toBe(join(dir, 'bin/opa'));
  });

  it('says what to do where there is neither opa nor Go', async () => {
    const bare = { ...machine(), env: { PATH: join(dir, 'bin'), HOME: dir } };
    await expect(ensureOpa(bare)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/Install Go .* or put the program opa/),
    });
  });

  it('installs the pinned version with Go, once, and finds it again', async () => {
    program('go', FAST_GO);
    const said: string[] = [];
    const paths = await Promise.all([ensureOpa(machine(said)), ensureOpa(machine(said))]);
    const path = join(dir, 'tools', `opa-${OPA_VERSION}`);
    expect(paths).toEqual([path, path]);
    expect(await ensureOpa(machine())).toBe(path);
    expect(readdirSync(join(dir, 'tools'))).toEqual([`opa-${OPA_VERSION}`]);
    expect(said).toContain(`installing opa ${OPA_VERSION} with Go, once: this takes some minutes`);
  });

  it('takes over from a process that died while installing', async () => {
    program('go', FAST_GO);
    mkdirSync(join(dir, 'tools'));
    writeFileSync(join(dir, 'tools', `opa-${OPA_VERSION}.lock`), '4194305'); // above the largest process id of Linux
    await expect(ensureOpa(machine())).resolves.toBe(join(dir, 'tools', `opa-${OPA_VERSION}`));
  });

  it('tells what Go said where it fails, and leaves nothing behind', async () => {
    program('go', 'echo "dial tcp: no network" >&2; exit 1');
    await expect(ensureOpa(machine())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('dial tcp: no network'),
    });
    expect(readdirSync(join(dir, 'tools'))).toEqual([]);
  });
});

describe.skipIf(opaPath === undefined)('testPolicies', () => {
  const rego = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  const run = (path = dir) => testPolicies(path, { opaPath: opaPath! });

  it('passes and fails with the tests, in Rego v1 and v0', async () => {
    rego('p.rego', 'package crank.x\ndeny contains "a" if input.a');
    rego('p_test.rego', 'package crank.x\ntest_a if count(deny) == 1 with input as {"a": true}');
    expect(await run()).toMatchObject({ passed: true, output: expect.stringContaining('PASS: 1/1') });
    rego('p.rego', 'package crank.x\ndeny contains "a" if input.b');
    expect(await run()).toMatchObject({ passed: false, output: expect.stringContaining('FAIL: 1/1') });
    rego('p.rego', 'package crank.x\ndeny["a"] { input.a }');
    rego('p_test.rego', 'package crank.x\ntest_a { count(deny) == 1 with input as {"a": true} }');
    expect(await run()).toMatchObject({ passed: true });
  });

  it('does not pass without tests, or with Rego that is none', async () => {
    rego('p.rego', 'package crank.x\ntest_a if true');
    expect((await run(join(dir, 'p.rego'))).passed).toBe(true);
    rego('p.rego', 'package crank.x');
    expect(await run()).toEqual({ passed: false, output: 'no tests: name a rule test_...' });
    rego('p.rego', 'package');
    expect(await run()).toMatchObject({ passed: false, output: expect.stringContaining('rego_parse_error') });
  });
});
