import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CrankError, type Finding } from '#src/core/error.ts';
import { defaultLimits } from '#src/core/service.ts';
import { createPackaging, type DeployOptions } from '#src/engines/packaging/packaging.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { python } from './python.ts';
import { openWorkshop } from './workshop.ts';

const home = temporaryFolder('dependencies');
const { workshop, close } = openWorkshop();
afterAll(async () => {
  await close();
  home.remove();
});

const open = () =>
  createPackaging({
    versionsDir: join(home.path, 'versions'),
    envsDir: join(home.path, 'envs'),
    toolsDir: join(home.path, 'tools'),
    ...{ interpreters: [python], workshop, log: () => {} },
  });
const packaging = open();
const encoded = (files: Record<string, string>) => ({
  files: new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)])),
});
const prepare = (files: Record<string, string>, options: DeployOptions = {}) =>
  packaging.prepare(encoded(files), options);
const findingsOf = async (promise: Promise<unknown>): Promise<readonly Finding[]> => {
  const error = await promise.then(
    () => new Error('it was prepared'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CrankError) || error.code !== 'not-deployable') throw error;
  return error.extras.findings!;
};
const words = (findings: readonly Finding[]) => findings.map(({ message }) => message).join('\n');

describe('imports that nobody declared', { timeout: 120_000 }, () => {
  test('are installed by the names of their distributions, and said so', async () => {
    const prepared = await prepare({
      'a.py': 'import yaml\nfrom bs4 import BeautifulSoup\ndef f(x: int):\n    import six\n',
    });
    expect(prepared.requirements).toEqual(['pyyaml', 'beautifulsoup4', 'six']);
    expect(words(prepared.findings)).toMatch(
      /^Nothing declares .* pyyaml==.* for yaml, beautifulsoup4==.* for bs4, six==/,
    );
    expect(existsSync(join(prepared.libDirs[0]!, 'bs4'))).toBe(true);
    // Another version with the same imports has the same lock.
    const next = await prepare({ 'a.py': 'import six, yaml, bs4\n' });
    expect(next.lock).toBe(prepared.lock);
  });

  test('an option that is missing is taken where it is known, and left where it is not', async () => {
    const attempt = (name: string) => `try:\n    import ${name}\nexcept ImportError:\n    pass\n`;
    const prepared = await prepare({ 'a.py': attempt('six') + attempt('no_such_module_of_ours') });
    expect(prepared.requirements).toEqual(['six']);
  });

  test('a guess is said to be one, and is kept only where it brings the module', async () => {
    // No table has it, and the index does.
    const prepared = await prepare({ 'a.py': 'import iniconfig\n' });
    expect(prepared.requirements).toEqual(['iniconfig']);
    expect(words(prepared.findings)).toMatch(/iniconfig was guessed from the import of iniconfig/);
    const absent = await findingsOf(prepare({ 'a.py': 'import no_such_module_of_ours\n' }));
    expect(words(absent)).toMatch(/no-such-module-of-ours was not taken for it: .*not found in the package registry/);
    // The distribution of this name brings another module.
    const other = await findingsOf(prepare({ 'a.py': 'import types_six\n' }));
    expect(words(other)).toMatch(/types-six was not taken for it: the package types-six has no such module/);
    const lazily = await prepare({ 'a.py': 'def f():\n    import types_six\n' });
    expect(lazily).toMatchObject({ requirements: [], lock: null });
    expect(words(lazily.findings)).toMatch(/types-six was not taken for it/);
  });

  test('what looks like a slip, or like a module of their own, is not', async () => {
    const prepared = await prepare({ 'a.py': 'import reqeusts\nimport utils\nimport urllib2\n' });
    expect(prepared).toMatchObject({ requirements: [], lock: null });
    expect(words(prepared.findings)).toMatch(
      /a slip of requests\.[\s\S]*utils is not among the files[\s\S]*of Python 2/,
    );
  });

  test('beside declared ones: what is missing is added, from extras first', async () => {
    const project = '[project]\ndependencies = ["six"]\n[project.optional-dependencies]\ny = ["PyYAML<7"]\n';
    const prepared = await prepare({ 'main.py': 'import six, yaml, toml\n', 'pyproject.toml': project });
    expect(prepared.requirements).toEqual(['six', 'pyyaml<7', 'toml']);
    expect(words(prepared.findings)).toMatch(/pyproject\.toml does not name all that is imported; added: pyyaml==/);
    const manifest = '{"requirements": ["six"]}';
    expect((await prepare({ 'main.py': 'import six, yaml\n' }, { manifest })).requirements).toEqual(['six']);
  });
});

test('what a source evidently needs becomes its limits, and a network is only spoken of', async () => {
  const files = {
    'a.py': 'import subprocess, urllib.request\nsubprocess.run(["ls"])\nurllib.request.urlopen("https://a.test/")\n',
  };
  const prepared = await prepare(files);
  expect(prepared.limits).toEqual({ ...defaultLimits, subprocesses: 16 });
  expect(prepared.declared.network).toBeUndefined();
  expect(prepared.findings).toMatchObject([
    { file: 'a.py', line: 2, message: expect.stringContaining('starts processes (subprocess.run)') },
    { line: 3, fix: expect.stringContaining('{"network":["a.test:443"]}') },
  ]);
  const told = await prepare(files, { manifest: '{"limits": {"subprocesses": 2}, "network": ["a.test:443"]}' });
  expect(told.limits.subprocesses).toBe(2);
  expect(told.findings).toEqual([]);
});

describe('source distributions', { timeout: 180_000 }, () => {
  const files = { 'a.py': '', 'requirements.txt': 'docopt==0.6.2\ncrcmod==1.7\nsix\n' };

  test('are built, one with an extension in C among them, and kept', async () => {
    const prepared = await prepare(files);
    const [folder] = prepared.libDirs as [string];
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['docopt.py', 'crcmod', 'six.py']));
    expect(readdirSync(join(folder, 'crcmod'))).toContainEqual(expect.stringMatching(/^_crcfunext.*\.so$/));
    // The installed packages are gone, and so is the index: wheels that were fetched and built do.
    rmSync(folder, { recursive: true });
    process.env['UV_OFFLINE'] = '1';
    try {
      const again = await open().prepare(encoded({ ...files, 'a.py': '# another version' }), {});
      expect(again.lock).toBe(prepared.lock);
      expect(existsSync(join(folder, 'docopt.py'))).toBe(true);
    } finally {
      delete process.env['UV_OFFLINE'];
    }
  });

  test('a build that fails says so in its own words', async () => {
    const found = await findingsOf(prepare({ 'a.py': '', 'requirements.txt': 'sklearn==0.0.post12\n' }));
    expect(found).toMatchObject([{ level: 'error', file: 'requirements.txt' }]);
    expect(words(found)).toMatch(/^sklearn has .*build[\s\S]* says: [\s\S]*scikit-learn/);
  });

  test('installed packages that no version uses are removed', async () => {
    const stale = open();
    const { lock, python: series, libDirs } = await packaging.prepare(encoded(files), {});
    await stale.collect([{ lock: lock!, python: series }]);
    expect(existsSync(libDirs[0]!)).toBe(true);
    await packaging.collect([]); // it prepared that a moment ago
    expect(existsSync(libDirs[0]!)).toBe(true);
    await stale.collect([]);
    expect(existsSync(libDirs[0]!)).toBe(false);
  });
});
