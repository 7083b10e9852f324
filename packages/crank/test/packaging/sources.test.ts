import { describe, expect, test } from 'vitest';
import { fileHosts, packageIndex } from '#src/engines/packaging/package-index.ts';
import { poetryVersions } from '#src/engines/packaging/poetry.ts';
import { readNeeds } from '#src/engines/packaging/requirements.ts';

const needsOf = (files: Record<string, string>, setup = {}) => {
  const encoded = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  const { needs, findings } = readNeeds({ files: new Map(encoded) }, 'main.py', {}, setup);
  const texts = (list: readonly { text: string }[]) => list.map(({ text }) => text);
  return {
    ...{ file: needs.file, python: needs.python?.specifier, findings },
    ...{ texts: texts(needs.requirements), constraints: texts(needs.constraints), offered: texts(needs.offered) },
    hashes: needs.constraints.flatMap(({ hashes }) => hashes),
  };
};
const hash = (letter: string): string => `sha256:${letter.repeat(64)}`;

describe('pyproject.toml', () => {
  const project = [
    '[project]\nname = "mine"\ndependencies = ["requests>=2"]\nrequires-python = ">=3.10"',
    '[project.optional-dependencies]\nplot = ["matplotlib>=3"]\nall = ["mine[plot]"]',
    '[dependency-groups]\ndev = ["pytest", {include-group = "lint"}]\nlint = ["ruff"]\n',
  ].join('\n');

  test('extras and groups are offered, not asked for', () => {
    expect(needsOf({ 'main.py': '', 'pyproject.toml': project })).toMatchObject({
      file: 'pyproject.toml',
      texts: ['requests>=2'],
      offered: ['matplotlib>=3', 'pytest', 'ruff'],
      python: '>=3.10',
      findings: [],
    });
  });

  test('uv.lock bounds versions and hashes', () => {
    const lock = [
      'version = 1',
      `[[package]]\nname = "requests"\nversion = "2.31.0"\nsource = { registry = "https://index" }\nsdist = { url = "x", hash = "${hash('a')}" }\nwheels = [{ url = "x", hash = "${hash('b')}" }]`,
      '[[package]]\nname = "numpy"\nversion = "1.26.0"\nsource = { registry = "https://index" }',
      '[[package]]\nname = "numpy"\nversion = "2.1.0"\nsource = { registry = "https://index" }',
      '[[package]]\nname = "mine"\nversion = "0.1"\nsource = { editable = "." }',
    ].join('\n');
    expect(needsOf({ 'main.py': '', 'pyproject.toml': project, 'uv.lock': lock })).toMatchObject({
      texts: ['requests>=2'],
      constraints: ['requests==2.31.0'],
      hashes: [hash('a'), hash('b')],
    });
    const script = '# /// script\n# dependencies = ["requests"]\n# ///\n';
    expect(needsOf({ 'main.py': script, 'main.py.lock': lock })).toMatchObject({ constraints: ['requests==2.31.0'] });
  });

  test('a package from elsewhere is not looked for in the index', () => {
    const sources = `${project}\n[tool.uv.sources]\nrequests = { git = "https://x" }\n`;
    expect(needsOf({ 'main.py': '', 'pyproject.toml': sources }).findings).toMatchObject([
      { level: 'error', message: expect.stringContaining('"requests" from elsewhere') },
    ]);
  });

  test("Poetry's", () => {
    const poetry = [
      '[tool.poetry.dependencies]\npython = "^3.9"\nrequests = "^2.28"\nrich = { version = "~13.1", extras = ["jupyter"] }',
      'numpy = [{ version = "<2", python = "<3.12" }, { version = ">=2", python = ">=3.12" }]',
      'torch = { version = "*", optional = true }\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
    ].join('\n');
    expect(needsOf({ 'main.py': '', 'pyproject.toml': poetry })).toMatchObject({
      texts: [
        ...['requests<3,>=2.28', 'rich[jupyter]<13.2,>=13.1'],
        ...["numpy<2 ; python_version < '3.12'", "numpy>=2 ; python_version >= '3.12'"],
      ],
      offered: ['torch', 'pytest'],
      python: '>=3.9,<4',
      findings: [],
    });
    const git = '[tool.poetry.dependencies]\nx = { git = "https://x" }\n';
    expect(needsOf({ 'main.py': '', 'pyproject.toml': git }).findings).toMatchObject([{ level: 'error' }]);
  });

  test.each([
    ['^1.2.3', '>=1.2.3,<2'],
    ['^0.2.3', '>=0.2.3,<0.3'],
    ['^0.0.3', '>=0.0.3,<0.0.4'],
    ['^0', '>=0,<1'],
    ['~1.2.3', '>=1.2.3,<1.3'],
    ['~1', '>=1,<2'],
    ['1.2.*', '==1.2.*'],
    ['>= 1.2, < 2', '>=1.2,<2'],
    ['1.2', '==1.2'],
    ['*', ''],
    ['^1 || ^2', undefined],
  ])('%s', (given, expected) => expect(poetryVersions(given)).toBe(expected));
});

test('Pipfile and its lock', () => {
  const pipfile =
    '[packages]\nrequests = "*"\nflask = {version = ">=2", extras = ["async"], markers = "python_version > \'3.8\'"}\n[dev-packages]\npytest = "*"\n[requires]\npython_version = "3.11"\n';
  const lock = JSON.stringify({ default: { requests: { version: '==2.31.0', hashes: [hash('c')], index: 'pypi' } } });
  expect(needsOf({ 'main.py': '', Pipfile: pipfile, 'Pipfile.lock': lock })).toMatchObject({
    file: 'Pipfile',
    texts: ['requests', "flask[async]>=2 ; python_version > '3.8'"],
    constraints: ['requests==2.31.0'],
    hashes: [hash('c')],
    offered: ['pytest'],
    python: '3.11',
    findings: [],
  });
  expect(needsOf({ 'main.py': '', 'Pipfile.lock': lock })).toMatchObject({ texts: ['requests==2.31.0'] });
  const git = '[packages]\nx = {git = "https://x"}\n';
  expect(needsOf({ 'main.py': '', Pipfile: git }).findings).toMatchObject([{ level: 'error', file: 'Pipfile' }]);
});

test('setup.cfg, and setup.py as far as it is literal', () => {
  const cfg =
    '[metadata]\nname = x\n[options]\npython_requires = >=3.9\ninstall_requires =\n    requests>=2  # web\n    six; python_version < "4"\n';
  expect(needsOf({ 'main.py': '', 'setup.cfg': cfg })).toMatchObject({
    file: 'setup.cfg',
    texts: ['requests>=2', 'six ; python_version < "4"'],
    python: '>=3.9',
  });
  const setup = { requirements: ['six>=1'], python: '>=3.8' };
  expect(needsOf({ 'main.py': '', 'setup.py': 'x' }, setup)).toMatchObject({
    ...{ file: 'setup.py', texts: ['six>=1'], python: '>=3.8' },
  });
});

test('environment.yml: pip as it stands, plain names by the index, the rest remarked on', () => {
  const conda = [
    'name: x\nchannels: [conda-forge]\ndependencies:',
    '  - python=3.11\n  - numpy=1.26\n  - conda-forge::pandas>=2,<3\n  - pytorch\n  - opencv==4.9.0=py311_0\n  - cudatoolkit=11\n  - pip',
    '  - pip:\n    - rich==13.0\n',
  ].join('\n');
  expect(needsOf({ 'main.py': '', 'environment.yml': conda })).toMatchObject({
    file: 'environment.yml',
    texts: ['numpy==1.26.*', 'pandas<3,>=2', 'torch', 'opencv-python-headless==4.9.0', 'rich==13.0'],
    python: '==3.11.*',
    findings: [{ level: 'warning', message: expect.stringContaining('"cudatoolkit" is no package') }],
  });
  expect(needsOf({ 'main.py': '', 'environment.yml': '{' }).findings).toMatchObject([{ level: 'error' }]);
});

describe('which file decides', () => {
  const all = {
    'main.py': '',
    'requirements.txt': 'a',
    Pipfile: '[packages]\nb = "*"\n',
    'pyproject.toml': '[project]\ndependencies = ["c"]\n',
    'setup.cfg': '[options]\ninstall_requires = d\n',
    'setup.py': '',
    'environment.yml': 'dependencies: [f]\n',
  };
  test('the first in the order of the documents', () => {
    const files: Record<string, string> = { ...all };
    for (const [name, text] of [
      ['requirements.txt', 'a'],
      ['Pipfile', 'b'],
      ['pyproject.toml', 'c'],
      ['setup.cfg', 'd'],
      ['setup.py', 'e'],
      ['environment.yml', 'f'],
    ] as const) {
      expect(needsOf(files, { requirements: ['e'] })).toMatchObject({ file: name, texts: [text] });
      delete files[name];
      if (name === 'setup.py') expect(needsOf(files)).toMatchObject({ file: 'environment.yml' });
    }
  });

  test('the only list that is not for development', () => {
    const files = { 'main.py': '', 'requirements-prod.txt': 'a', 'requirements-dev.txt': 'b' };
    expect(needsOf(files)).toMatchObject({ file: 'requirements-prod.txt', texts: ['a'] });
    expect(needsOf({ ...files, 'requirements_gpu.txt': 'c' })).toMatchObject({
      file: '',
      findings: [{ level: 'warning', message: expect.stringContaining('several lists') }],
    });
  });
});

describe('the package index of builds', () => {
  const at = (env: Record<string, string>) => {
    const index = packageIndex({ UV_CONFIG_FILE: '/nowhere', ...env }, []);
    return 'wrong' in index ? index : index.destinations.map(({ host, port }) => `${host}:${port}`);
  };
  test('is that of uv', () => {
    expect(at({})).toEqual(['pypi.org:443']);
    expect(at({ UV_INDEX_URL: 'http://mirror.test:8080/simple' })).toEqual(['mirror.test:8080']);
    expect(at({ UV_DEFAULT_INDEX: 'https://a.test/simple', UV_INDEX: 'own=https://b.test/x' })).toEqual([
      ...['a.test:443', 'b.test:443'],
    ]);
  });
  test('keeps its files where it says', async () => {
    const stdout = 'wheels = [{ url = "https://files.test/x.whl" }, { url = "https://files.test/y.whl" }]\n';
    expect(await fileHosts(async () => ({ code: 0, stdout, stderr: '' }))).toEqual([{ host: 'files.test', port: 443 }]);
    expect(await fileHosts(async () => ({ code: 1, stdout, stderr: '' }))).toEqual([]);
  });
  test('with credentials is none for build scripts', () => {
    expect(at({ UV_INDEX_URL: 'https://me:secret@a.test/simple' })).toMatchObject({
      wrong: expect.stringMatching(/credentials/),
    });
    expect(at({ UV_INDEX_URL: 'file:///x' })).toMatchObject({ wrong: expect.stringMatching(/no web address/) });
  });
});
