import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CrankError, type Finding } from '#src/core/error.ts';
import { compileBundle } from '#src/engines/policy/compile.ts';
import { compile, opaPath } from './opa.ts';

const vision = readFileSync(join(import.meta.dirname, 'fixtures/vision.rego'), 'utf8');

/** The findings with which a policy is refused. */
const refusal = async (rego: string, data?: string, deadlineMs?: number): Promise<Finding[]> => {
  const error: unknown = await compile(rego, data, deadlineMs).then(
    () => 'it was not refused',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CrankError);
  expect(error).toMatchObject({ code: 'not-deployable' });
  return (error as CrankError).extras.findings!;
};

describe.skipIf(opaPath === undefined)('compileBundle', () => {
  it('takes the vision as Rego v0, word for word', async () => {
    expect(vision).toContain('redact_pii[field] {');
    expect(await compile(vision)).toMatchObject({
      name: 'crank.privacy',
      packages: ['crank.privacy'],
      entrypoints: ['crank/privacy/redact_pii', 'crank/privacy/required_resources'],
      regoVersion: 'v0',
      data: '{}',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
  });

  it('gives the same digest for the same sources, another for others', async () => {
    const [one, same, other] = await Promise.all([
      compile(vision),
      compile(vision),
      compile(vision.replace('"@"', '"+"')),
    ]);
    expect(one.digest).toBe(same.digest);
    expect(one.digest).not.toBe(other.digest);
  });

  it('takes Rego v1 and data, of several packages and files, without its tests', async () => {
    const bundle = await compileBundle(
      [
        {
          path: 'a/hours.rego',
          text: 'package crank.authz.hours\nimport data.crank.lib\ndeny contains "closed" if lib.closed',
        },
        { path: 'lib.rego', text: 'package crank.lib\nclosed if input.time < data.opens' },
        { path: 'egress.rego', text: 'package crank.egress\ndeny contains "no" if input.content.url' },
        { path: 'hours_test.rego', text: 'this is not Rego' },
        { path: 'data.yml', text: 'opens: "2026"' },
        { path: 'input.json', text: '{"opens": "never read"}' },
      ],
      { opaPath: opaPath! },
    );
    expect(bundle).toMatchObject({
      name: 'crank.authz.hours+crank.egress',
      packages: ['crank.authz.hours', 'crank.egress', 'crank.lib'],
      entrypoints: ['crank/authz/hours/deny', 'crank/egress/deny'],
      regoVersion: 'v1',
      data: '{"opens":"2026"}',
    });
  });

  it('reports the faults of the version that it is, with file and line', async () => {
    const v1 = await refusal('package crank.x\ndeny contains "a" if {\n\tnosuch(input)\n}');
    expect(v1).toEqual([
      { level: 'error', file: 'policy.rego', line: 3, message: 'undefined function nosuch', fix: expect.any(String) },
    ]);
    const v0 = await refusal('package crank.x\ndeny["a"] {\n\tnosuch(input)\n}');
    expect(v0.map(({ line, message }) => [line, message])).toEqual([[3, 'undefined function nosuch']]);
  });

  it('reports the faults of both versions where it reads as neither', async () => {
    const findings = await refusal('package crank.x\n\ndeny contains contains {{');
    expect(findings.some(({ message, line }) => message.startsWith('as Rego v1: ') && line === 3)).toBe(true);
    expect(findings.some(({ message, line }) => message.startsWith('as Rego v0: ') && line === 3)).toBe(true);
  });

  it.each([
    'http.send({"method": "get", "url": "http://x"})',
    'time.now_ns()',
    'io.jwt.decode(input.content)',
    'opa.runtime()',
  ])('refuses what needs a built-in that is not there: %s', async (call) => {
    const findings = await refusal(`package crank.x\n# ${call}\ndeny contains "a" if {\n\tx := ${call}\n\tx\n}`);
    expect(findings.map(({ file, line }) => [file, line])).toEqual([['policy.rego', 4]]);
    expect(findings[0]!.message).toContain(`the built-in ${call.split('(')[0]} is not there`);
  });

  it('refuses what conflicts, with its place', async () => {
    const [finding] = await refusal(
      'package crank.x\nlevel := 1 if input.action\nlevel := 2 if input.point\ndeny contains "a" if level > 5',
    );
    expect(finding).toMatchObject({ file: 'policy.rego', line: 3, message: expect.stringContaining('conflict') });
  });

  it('refuses what runs away', async () => {
    const [finding] = await refusal(
      'package crank.x\ndeny contains "a" if {\n\tr := numbers.range(1, 4000)\n\tcount([1 | some a in r; some b in r; some c in r; a * b == c]) < 0\n}',
      undefined,
      250,
    );
    expect(finding!.message).toBe('crank/x/deny failed when it was tried: it did not answer within 250 ms');
  });

  it('refuses what needs more memory than there is', async () => {
    const text = 'package crank.x\ndeny contains "a" if count(numbers.range(1, 900000)) < 0';
    const options = { opaPath: opaPath!, deadlineMs: 20_000, memoryBytes: 4 * 2 ** 20 };
    await expect(compileBundle([{ path: 'policy.rego', text }], options)).rejects.toMatchObject({
      code: 'not-deployable',
      extras: { findings: [{ message: expect.stringMatching(/crank\/x\/deny failed when it was tried: .*memory/) }] },
    });
  });

  it('refuses a policy of which nothing is asked', async () => {
    const [finding] = await refusal('package privacy\nredact_pii contains "/a" if true');
    expect(finding!.message).toContain('nothing in it is ever asked (its rules are privacy/redact_pii)');
  });

  it('refuses data that is none', async () => {
    expect((await refusal('package crank.x\ndeny contains "a" if data.x', '{"x": ')).length).toBeGreaterThan(0);
  });

  it('reaches no network for schemas', async () => {
    const findings = await refusal(
      '# METADATA\n# scope: package\n# schemas:\n#   - input: {"$ref": "http://127.0.0.1:9/x.json"}\npackage crank.x\ndeny contains "a" if input.x',
    );
    expect(findings[0]!.message).toMatch(/remote reference loading disabled|not allowed/);
  });

  it.each(['../x.rego', '/etc/x.rego', 'a//x.rego', './x.rego', '-x.rego', 'a\\x.rego', 'a\0.rego', '.hidden.rego'])(
    'refuses the path %j',
    async (path) => {
      const work = compileBundle([{ path, text: vision }], { opaPath: opaPath! });
      await expect(work).rejects.toMatchObject({ code: 'not-deployable' });
    },
  );

  it('refuses what holds no Rego', async () => {
    await expect(compileBundle([{ path: 'data.json', text: '{}' }], { opaPath: opaPath! })).rejects.toThrow(
      /no \.rego file/,
    );
  });
});
