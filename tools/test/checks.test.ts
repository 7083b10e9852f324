import { describe, expect, test } from 'vitest';
import { catalogue } from '../../packages/crank/src/core/error.ts';
import { judgeAudit } from '../checks/audit-report.ts';
import { fileFaults, registryHosts } from '../checks/file-faults.ts';
import { pages, table } from '../checks/generated-docs.ts';
import { isAllowed, licenceFaults } from '../checks/licences.ts';
import { anchors, deadLinks } from '../checks/links.ts';
import { lockFaults } from '../checks/lock.ts';
import { componentsOf, sbom } from '../checks/sbom.ts';

describe('links', () => {
  const files: Record<string, string> = {
    'README.md': '# A\n',
    'docs/a.md': '# One two: `three`\n\n## Twice\n\n## Twice\n',
  };
  const dead = (path: string, text: string) =>
    deadLinks(
      path,
      text,
      (goal) => goal in files,
      (goal) => files[goal]!,
    );

  test.each([
    ['relative', 'docs/a.md', '[x](../README.md)'],
    ['from the root', 'docs/a.md', '[x](/README.md "title")'],
    ['anchor elsewhere', 'README.md', '[x](docs/a.md#one-two-three)'],
    ['second heading of one name', 'README.md', '[x](docs/a.md#twice-1)'],
    ['a scheme is not followed', 'README.md', '[x](https://example.org/gone) [y](mailto:a@example.org)'],
    ['code is no link', 'README.md', '`[x](gone.md)`\n\n```\n[x](gone.md)\n```\n'],
  ])('%s', (_, path, text) => expect(dead(path, text)).toEqual([]));

  test.each([
    ['gone', 'README.md', 'line\n[x](docs/b.md)', 'README.md:2: links to docs/b.md, which'],
    ['image', 'README.md', '![x](b.png)', 'links to b.png'],
    ['reference', 'README.md', '[x]\n\n[x]: docs/b.md\n', 'README.md:3: links to docs/b.md'],
    ['above the root', 'README.md', '[x](../README.md)', 'links to ../README.md'],
    ['no such heading', 'README.md', '[x](docs/a.md#four)', 'no such heading'],
    ['no such heading here', 'docs/a.md', '[x](#four)', 'no such heading'],
  ])('%s', (_, path, text, fault) => expect(dead(path, text).join('\n')).toContain(fault));

  test('anchors are as GitHub makes them', () => {
    expect([...anchors('# Köln: *a* [link](x.md) & b_c\n```\n# no heading\n```\n')]).toEqual(['köln-a-link--b_c']);
  });
});

describe('files', () => {
  // Joined here, so that this file may pass the check that it tests.
  const slash = (...parts: string[]) => `/${parts.join('/')}`;

  test.each([
    ['machine path', 'docs/a.md', `see ${slash('work', 'main', 'x')}`, 'docs/a.md:1: holds a path of one machine'],
    ['home of root', 'a.ts', `\n'${slash('root', '.cache')}'`, 'a.ts:2: holds a path of one machine'],
    [
      'lock',
      'package-lock.json',
      `"resolved": "${'https'}://example.org/a.tgz"`,
      'package-lock.json:1: holds a download',
    ],
    ['uv lock', 'x/uv.lock', `registry = "https://example.org/simple"`, 'uv.lock:1: holds a download'],
    ['host', 'a.md', 'from mirror.example.org', 'a.md:1: names the registry host mirror.example.org'],
    ['long', 'a.py', 'x\n'.repeat(401), 'a.py:1: has 401 lines'],
  ])('%s', (_, path, text, fault) => {
    const found = fileFaults(path, text, ['mirror.example.org']);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(fault);
  });

  test.each([
    ['400 lines', 'a.ts', 'x\n'.repeat(400)],
    ['a long test', 'packages/crank/test/a.test.ts', 'x\n'.repeat(500)],
    ['a word in a path', 'a.md', `packages/network/root/x and https://example.org/${'work'}/x`],
    ['the folder inside', 'a.ts', `'/work'`],
  ])('%s', (_, path, text) => expect(fileFaults(path, text, [])).toEqual([]));

  test('hosts come from the environment', () => {
    const hosts = registryHosts({
      npm_config_registry: 'https://npm.example.org/x/',
      PIP_INDEX_URL: 'https://py.example.org',
      GOPROXY: 'https://go.example.org,direct',
      HOME: 'https://no.example.org',
    });
    expect(hosts).toEqual(expect.arrayContaining(['npm.example.org', 'py.example.org', 'go.example.org']));
    expect(hosts).not.toContain('no.example.org');
  });
});

describe('pages made from the code', () => {
  test('errors.md has every code with its status and exit code', () => {
    for (const [code, { status, exit, retry }] of Object.entries(catalogue)) {
      expect(pages()['docs/errors.md']).toContain(`| ${status} | \`${code}\` | ${exit} | ${retry} |`);
    }
  });

  test('a cell cannot break its table', () => {
    expect(table(['a'], [['x|y\nz']])).toBe('| a |\n| --- |\n| x\\|y z |');
  });
});

test('a lock without the binaries for other systems is found: npm ci would refuse it', () => {
  const tool = { optionalDependencies: { '@x/linux': '1.0.0', '@x/darwin': '1.0.0' } };
  const lock = (packages: object) => lockFaults(JSON.stringify({ packages: { 'node_modules/x': tool, ...packages } }));
  expect(lock({ 'node_modules/@x/linux': {} })).toEqual([
    expect.stringContaining('lacks @x/darwin, which node_modules/x'),
  ]);
  expect(lock({ 'node_modules/@x/linux': {}, 'node_modules/x/node_modules/@x/darwin': {} })).toEqual([]);
});

describe('supply', () => {
  const lock = JSON.stringify({
    packages: {
      '': { name: 'ours', license: 'Apache-2.0', workspaces: ['packages/one'], devDependencies: { '@b/tool': '1' } },
      'packages/one': {
        name: 'one',
        version: '0.1.0',
        license: 'Apache-2.0',
        dependencies: { a: '1', alias: 'npm:c@3' },
      },
      'node_modules/one': { resolved: 'packages/one', link: true },
      'node_modules/a': { version: '1.0.0', license: 'MIT', integrity: 'sha512-AAEC', dependencies: { b: '2' } },
      'node_modules/b': { version: '1.0.0', license: 'ISC', dev: true },
      'node_modules/a/node_modules/b': { version: '2.0.0', license: 'GPL-3.0-only' },
      'node_modules/alias': { name: 'c', version: '3.0.0', license: '(MIT OR GPL-2.0-only)', optional: true },
      'node_modules/@b/tool': { version: '1.0.0', license: 'MIT AND SSPL-1.0', dev: true, dependencies: { b: '1' } },
    },
  });
  const text = sbom(lock, [{ type: 'application', name: 'uv', version: '1', licence: 'MIT', description: 'x' }]);
  const told = JSON.parse(text) as {
    components: { 'bom-ref': string; scope?: string; hashes?: object[] }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };

  test('names all that the lock does, by the names that they have where they come from', () => {
    expect(told.components.map((one) => [one['bom-ref'], one.scope])).toEqual([
      ['pkg:npm/%40b/tool@1.0.0', 'excluded'],
      ['pkg:npm/a@1.0.0', 'required'],
      ['pkg:npm/b@1.0.0', 'excluded'],
      ['pkg:npm/b@2.0.0', 'required'],
      ['pkg:npm/c@3.0.0', 'optional'],
      ['pkg:npm/one@0.1.0', 'required'],
      ['uv@1', undefined],
    ]);
    expect(told.components[1]!.hashes).toEqual([{ alg: 'SHA-512', content: '000102' }]);
    const on = Object.fromEntries(told.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    expect(on['ours']).toEqual(['pkg:npm/%40b/tool@1.0.0']);
    expect(on['pkg:npm/a@1.0.0']).toEqual(['pkg:npm/b@2.0.0']);
    expect(on['pkg:npm/%40b/tool@1.0.0']).toEqual(['pkg:npm/b@1.0.0']);
    expect(on['pkg:npm/one@0.1.0']).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/c@3.0.0']);
    expect(sbom(lock, [])).toBe(sbom(lock, []));
    expect(sbom(lock.replaceAll('3.0.0', '3.0.1'), [])).not.toBe(sbom(lock, []));
  });

  test('licences are those of the list, of each component', () => {
    expect(isAllowed('MIT OR GPL-2.0-only') && isAllowed('(ISC AND MIT)')).toBe(true);
    expect(isAllowed('MIT AND SSPL-1.0') || isAllowed('UNLICENSED') || isAllowed('MIT WITH x')).toBe(false);
    const faults = licenceFaults([...componentsOf(text), { name: 'z', version: '1', licence: undefined }]);
    expect(faults.map((fault) => fault.split(' ').slice(1, 3).join(' '))).toEqual(['@b/tool 1.0.0', 'b 2.0.0', 'z 1']);
  });

  test('an audit fails for what is grave, and tells where it could not be made', () => {
    const found = (severity: string) => ({
      a: { severity, range: '<2', via: [{ title: 'Eats files', url: 'https://example.org/1' }, 'b'] },
    });
    const report = (severity: string) =>
      JSON.stringify({ vulnerabilities: found(severity), metadata: { vulnerabilities: { [severity]: 1, total: 1 } } });
    for (const severity of ['high', 'critical'])
      expect(judgeAudit(report(severity))).toEqual({
        faults: [`package-lock.json:1: a <2 has a ${severity} fault: Eats files (https://example.org/1); by b`],
        said: `1 ${severity}`,
      });
    expect(judgeAudit(report('moderate'))).toEqual({ faults: [], said: '1 moderate' });
    expect(judgeAudit('{"vulnerabilities": {}, "metadata": {"vulnerabilities": {"total": 0}}}').said).toBe(
      'no known faults',
    );
    const refused = '{"message": "405 Method Not Allowed - POST https://x.example/audit"}';
    expect(judgeAudit(refused)).toEqual({ faults: [], said: 'not checked: the registry said 405 Method Not Allowed' });
    expect(judgeAudit('', 'spawn npm ENOENT')).toEqual({ faults: [], said: 'not checked: spawn npm ENOENT' });
  });
});
