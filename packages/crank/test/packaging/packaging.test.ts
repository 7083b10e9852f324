import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { defaultLimits } from '#src/core/service.ts';
import {
  createPackaging,
  type DeployOptions,
  type Packaging,
  type Prepared,
} from '#src/engines/packaging/packaging.ts';
import { python } from './python.ts';
import { openWorkshop } from './workshop.ts';

const home = mkdtempSync(join(tmpdir(), 'crank-packaging-'));
const tools = join(home, 'tools');
chmodSync(home, 0o755);
const { workshop, close } = openWorkshop();
afterAll(async () => {
  await close();
  rmSync(home, { recursive: true, force: true });
});

let folders = 0;
const open = (root = join(home, `data-${folders++}`), interpreters = [python]) => {
  const [versionsDir, envsDir] = [join(root, 'versions'), join(root, 'envs')];
  const packaging = createPackaging({ versionsDir, envsDir, toolsDir: tools, interpreters, workshop, log: () => {} });
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);
  return { packaging, root, versionsDir, envsDir, versions: () => list(versionsDir), envs: () => list(envsDir) };
};
const source = (files: Record<string, string>, folder?: string) => ({
  files: new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)])),
  ...(folder === undefined ? {} : { folder }),
});
const prepare = (packaging: Packaging, files: Record<string, string>, options: DeployOptions = {}) =>
  packaging.prepare(source(files), options);
const refusal = async (promise: Promise<unknown>): Promise<CrankError> => {
  const error = await promise.then(
    () => new Error('it was deployed'),
    (reason: unknown) => reason,
  );
  if (error instanceof CrankError) return error;
  throw error;
};
const descriptorOf = (...names: string[]) => {
  const operations = names.map((name) => ({
    name,
    description: '',
    input: { type: 'object' },
    output: true,
    result: 'json',
    files: [],
    line: 1,
  }));
  return new TextEncoder().encode(JSON.stringify({ description: 'From the docstring.', operations, findings: [] }));
};
const hello = { 'hello.py': 'def hello(name: str) -> str:\n    return "Hello " + name\n' };
const modes = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).map((entry) => {
    const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o7777;
    return `${entry.isDirectory() ? 'd' : 'f'}${mode.toString(8)}`;
  });

describe('a script without dependencies', () => {
  test('becomes a version whose digest is that of its content', async () => {
    const { packaging, versions, envs, versionsDir } = open();
    const prepared = await prepare(packaging, hello);
    expect(prepared).toMatchObject({
      name: 'hello',
      entry: 'hello.py',
      python: python.version.split('.').slice(0, 2).join('.'),
      interpreter: python.path,
      libDirs: [],
      lock: null,
      requirements: [],
      limits: defaultLimits,
      isolation: 'fresh',
      findings: [],
    });
    expect(prepared.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(prepared.codeDir).toBe(join(versionsDir, prepared.digest.slice(7), 'code'));
    expect(readFileSync(join(prepared.codeDir, 'hello.py'), 'utf8')).toBe(hello['hello.py']);
    expect(versions()).toEqual([prepared.digest.slice(7)]);
    expect(envs()).toEqual([]);
    const { interpreter, codeDir, libDirs } = prepared;
    expect(packaging.locate(prepared)).toEqual({ interpreter, codeDir, libDirs });
  });

  test('is readable for everybody and writable for its owner, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      const { packaging, versionsDir } = open();
      const prepared = await prepare(packaging, { ...hello, 'data/a/b.txt': 'x' });
      expect(new Set(modes(join(versionsDir, prepared.digest.slice(7))))).toEqual(new Set(['d755', 'f644']));
      expect(statSync(join(versionsDir, prepared.digest.slice(7))).mode & 0o777).toBe(0o755);
    } finally {
      process.umask(before);
    }
  });

  test('the digest changes with what changes behaviour, and with nothing else', async () => {
    const { packaging } = open();
    const digestOf = async (files: Record<string, string>, options?: DeployOptions) =>
      (await prepare(packaging, files, options)).digest;
    const first = await digestOf({ ...hello, 'a.txt': 'a' });
    expect(await digestOf({ 'a.txt': 'a', ...hello })).toBe(first);
    expect(await digestOf({ 'a.txt': 'a', ...hello, '.git/HEAD': 'x', '__pycache__/hello.pyc': 'y' })).toBe(first);
    expect(await digestOf({ './/a.txt': 'a', ...hello })).toBe(first);
    const others = await Promise.all([
      digestOf({ ...hello, 'a.txt': 'b' }),
      digestOf({ ...hello, 'b.txt': 'a' }),
      digestOf(hello),
      digestOf({ ...hello, 'a.txt': 'a' }, { name: 'other' }),
      digestOf({ ...hello, 'a.txt': 'a' }, { manifest: '{"isolation": "warm"}' }),
      digestOf({ ...hello, 'a.txt': 'a' }, { manifest: '{"limits": {"memory": "1Gi"}}' }),
      digestOf({ ...hello, 'a.txt': 'a' }, { manifest: '{"operations": ["hello"]}' }),
      digestOf({ ...hello, 'a.txt': 'a' }, { manifest: '{"description": "x"}' }),
    ]);
    expect(new Set([first, ...others]).size).toBe(others.length + 1);
    expect(await digestOf({ ...hello, 'a.txt': 'a' }, { manifest: 'isolation: fresh' })).toBe(first);
  });

  test('many files are written whole', async () => {
    const { packaging } = open();
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`d${i % 7}/f${i}.txt`, `${i}`]));
    const { codeDir } = await prepare(packaging, { ...files, ...hello });
    for (const [path, text] of Object.entries(files)) expect(readFileSync(join(codeDir, path), 'utf8')).toBe(text);
  });
});

describe('the manifest of a version', () => {
  test('joins what is declared with what the code says of itself', async () => {
    const { packaging } = open();
    const manifest =
      '{"name": "greeter", "limits": {"wall": "5s"}, "operations": {"hello": {"description": "Greets."}}}';
    const prepared = await prepare(packaging, { ...hello, 'crank.json': manifest });
    const { manifest: made, findings } = packaging.complete(prepared, descriptorOf('hello', 'other'));
    expect(findings).toEqual([]);
    expect(made).toMatchObject({
      name: 'greeter',
      description: 'From the docstring.',
      runtime: 'python',
      entry: 'hello.py',
      isolation: 'fresh',
      limits: { ...defaultLimits, wallMs: 5_000 },
      requirements: [],
      lock: null,
    });
    expect(Object.keys(made.operations)).toEqual(['hello']);
    expect(made.operations['hello']).toMatchObject({ description: 'Greets.', result: 'json' });
    expect(made.operations['constructor']).toBeUndefined();
  });

  test.each([
    ['{"operations": ["bye"]}', /"bye", which is not there/],
    ['{"operations": {"hello": {"contentType": "image/png"}}}', /its result is no file/],
  ])('%s does not fit', async (manifest, message) => {
    const { packaging } = open();
    const prepared = await prepare(packaging, hello, { manifest });
    expect(() => packaging.complete(prepared, descriptorOf('hello'))).toThrow(
      expect.objectContaining({ code: 'not-deployable', message: expect.stringMatching(message) }),
    );
  });
});

describe('a deployment that fails', () => {
  test('leaves nothing', async () => {
    const { packaging, versions } = open();
    const prepared = await prepare(packaging, hello);
    expect(() => packaging.complete(prepared, new Uint8Array())).toThrow(
      expect.objectContaining({ code: 'not-deployable' }),
    );
    await packaging.discard(prepared);
    expect(versions()).toEqual([]);
  });

  test('does not take away a version that was there or is deployed meanwhile', async () => {
    const { packaging, root, versions } = open();
    const [one, two] = (await Promise.all([prepare(packaging, hello), prepare(packaging, hello)])) as [
      Prepared,
      Prepared,
    ];
    await packaging.discard(one);
    expect(versions()).toHaveLength(1);
    packaging.complete(two, descriptorOf('hello'));
    const again = open(root).packaging; // the node starts anew
    await again.discard(await prepare(again, hello));
    expect(versions()).toHaveLength(1);
    expect(existsSync(two.codeDir)).toBe(true);
    await again.drop(two.digest);
    await again.drop(two.digest);
    expect(versions()).toEqual([]);
  });

  test('a thousand deployments of which most fail, at the same time', async () => {
    const { packaging, versions } = open();
    for (let round = 0; round < 40; round++) {
      const kept = round % 2 === 0;
      await Promise.all(
        Array.from({ length: 25 }, async (_, i) => {
          const prepared = await prepare(packaging, { 'x.py': `# ${round}` });
          await new Promise((resolve) => setTimeout(resolve, i % 3));
          expect(existsSync(join(prepared.codeDir, 'x.py'))).toBe(true);
          if (!kept || i > 0) await packaging.discard(prepared);
        }),
      );
    }
    expect(versions()).toHaveLength(20);
  });

  test('what a killed node left half-way is gone after the next start', () => {
    const { versionsDir, root, versions } = open();
    for (const [name, age] of [
      ['.new-old', 7_200],
      ['.new-young', 0],
    ] as const) {
      mkdirSync(join(versionsDir, name, 'code'), { recursive: true });
      utimesSync(join(versionsDir, name), Date.now() / 1_000 - age, Date.now() / 1_000 - age);
    }
    open(root);
    expect(versions()).toEqual(['.new-young']);
  });

  test.each<[Record<string, string>, DeployOptions, RegExp]>([
    [{ '../x.py': '' }, {}, /leaves the folder/],
    [{ 'a.py': '', 'b.py': '' }, {}, /2 \.py files/],
    [{ 'a.py': '' }, { name: '!' }, /makes no service name/],
    [{ 'a.py': '' }, { manifest: '{"x": 1}' }, /"x" is unknown/],
    [{ 'a.py': '' }, { python: '3.99' }, /needs Python 3\.99; this node has 3\./],
    [{ 'a.py': '' }, { python: 'three' }, /cannot be read/],
    [{ 'a.py': '# /// script\n# requires-python = "<3"\n# ///\n' }, {}, /^a\.py: It needs Python <3/],
    [{ 'a.py': '', 'requirements.txt': '--index-url http://x' }, {}, /^requirements\.txt:1: /],
  ])('%j %j', async (files, options, message) => {
    const { packaging, versions, envs } = open();
    const error = await refusal(prepare(packaging, files, options));
    expect(error.code).toBe('not-deployable');
    expect(error.message).toMatch(message);
    for (const finding of error.extras.findings!) expect(finding.fix).not.toBe('');
    expect([...versions(), ...envs()]).toEqual([]);
  });

  test('an unmet requires-python says what to install; --python decides over it', async () => {
    const { packaging } = open(undefined, [{ ...python, version: python.version.split('.').slice(0, 2).join('.') }]);
    const files = { 'a.py': '# /// script\n# requires-python = ">=3.13.99"\n# ///\n' };
    expect((await refusal(prepare(packaging, files))).message).toMatch(/Install Python 3\.14 on the node/);
    expect((await prepare(packaging, files, { python: '>=3.9' })).interpreter).toBe(python.path);
    expect((await prepare(packaging, { 'a.py': '' }, { python: python.version })).interpreter).toBe(python.path);
  });

  test('a version whose interpreter is gone says so', () => {
    const { packaging } = open();
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(() => packaging.locate({ digest, python: '3.4', lock: null })).toThrow(/Python 3\.4.*no longer/);
  });
});

describe('dependencies', { timeout: 180_000 }, () => {
  const deps = {
    'when.py': [
      '# /// script',
      '# requires-python = ">=3.9"',
      '# dependencies = ["six", "python-dateutil>=2.8", "PyYAML"]',
      '# ///',
      'def when(text: str) -> str:',
      '    import dateutil.parser, six, yaml',
      '    return dateutil.parser.parse(text).isoformat()',
    ].join('\n'),
  };
  const first = open();
  let prepared: Prepared;
  const said: string[] = [];

  beforeAll(async () => {
    const before = process.umask(0o077);
    try {
      prepared = await first.packaging.prepare(source(deps), {}, (message) => said.push(message));
    } finally {
      process.umask(before);
    }
  }, 300_000);

  test('are locked with hashes and installed', () => {
    expect(prepared.requirements).toEqual(['six', 'python-dateutil>=2.8', 'pyyaml']);
    expect(prepared.lock).toMatch(/^sha256:/);
    expect(prepared.libDirs).toHaveLength(1);
    const [lib] = prepared.libDirs as [string];
    const code = `import sys; sys.path.append(${JSON.stringify(lib)}); sys.path.append(${JSON.stringify(prepared.codeDir)}); import when, yaml; print(when.when("1 May 2024 noon"[:10]), yaml.__file__)`;
    const printed = execFileSync(python.path, ['-I', '-S', '-c', code], { encoding: 'utf8' });
    expect(printed).toContain('2024-05-01T00:00:00');
    expect(printed).toContain(lib);
    expect(said.join('\n')).toMatch(/Resolving 3 packages[\s\S]*Installing .*six==/);
    const [lock] = readdirSync(join(first.envsDir, 'locks')) as [string];
    const text = readFileSync(join(first.envsDir, 'locks', lock), 'utf8');
    expect(text).toMatch(/^(?:[a-z-]+==[\w.]+(?: \\\n {4}--hash=sha256:[0-9a-f]{64})+\n)+$/);
  });

  test('are compiled, and readable for everybody', () => {
    const [lib] = prepared.libDirs as [string];
    expect(existsSync(join(lib, '__pycache__', `six.cpython-${prepared.python.replace('.', '')}.pyc`))).toBe(true);
    expect(existsSync(join(lib, '.lock'))).toBe(false);
    for (const mode of new Set(modes(lib))) expect(['d755', 'f644', 'f755']).toContain(mode);
    expect(first.envs()).toEqual([lib.slice(first.envsDir.length + 1), 'locks']);
  });

  test('of an unchanged script are there at once: no tool is run, and the digest is the same', async () => {
    const { root } = first;
    // A node whose tools folder cannot exist: anything that would run uv fails.
    const packaging = createPackaging({
      versionsDir: join(root, 'versions'),
      envsDir: join(root, 'envs'),
      toolsDir: '/proc/nowhere/tools',
      interpreters: [python],
      workshop,
      log: () => {},
    });
    const again = await packaging.prepare(source(deps), {});
    expect(again.digest).toBe(prepared.digest);
    const changed = await packaging.prepare(source({ 'when.py': `${deps['when.py']}\n# changed` }), {});
    expect(changed.digest).not.toBe(prepared.digest);
    expect(changed.libDirs).toEqual(prepared.libDirs);
    const otherOrder = {
      'when.py': deps['when.py'].replace('"six", "python-dateutil>=2.8"', '"python-dateutil >= 2.8", "SIX"'),
    };
    expect((await packaging.prepare(source(otherOrder), {})).lock).toBe(prepared.lock);
  });

  test('are installed again without network from the wheels that were fetched', async () => {
    rmSync(prepared.libDirs[0]!, { recursive: true });
    process.env['UV_OFFLINE'] = '1';
    try {
      const again = await first.packaging.prepare(source(deps), {});
      expect(again.digest).toBe(prepared.digest);
      expect(existsSync(join(again.libDirs[0]!, 'six.py'))).toBe(true);
      const [other, same] = await Promise.all([
        open(first.root).packaging.prepare(source(deps), {}),
        first.packaging.prepare(source(deps), {}),
      ]);
      expect(other.libDirs).toEqual(same.libDirs);
    } finally {
      delete process.env['UV_OFFLINE'];
    }
  });

  test('that cannot be asked for without network are no fault of the script', async () => {
    process.env['UV_OFFLINE'] = '1';
    try {
      const { packaging, versions } = open();
      const error = await refusal(prepare(packaging, { 'a.py': '', 'requirements.txt': 'toolz' }));
      expect(error.code).toBe('unavailable');
      expect(error.message).toMatch(/package index cannot be reached/);
      expect(versions()).toEqual([]);
    } finally {
      delete process.env['UV_OFFLINE'];
    }
  });

  test.each<[string, RegExp]>([
    ['six==99', /six cannot be resolved\. The resolver says: .*no version of six==99/],
    ['six>=1.16\nsix<1.10', /six cannot be resolved.*six<1\.10 and six>=1\.16/],
    [`six==1.16.0 --hash=sha256:${'0'.repeat(64)}`, /No --hash given for six/],
  ])("%j ends in a finding with the resolver's words", async (requirements, message) => {
    const { packaging, versions, envs, envsDir } = open();
    const error = await refusal(prepare(packaging, { 'a.py': '', 'requirements.txt': requirements }));
    expect(error.code).toBe('not-deployable');
    expect(error.extras.findings).toMatchObject([
      { level: 'error', file: 'requirements.txt', message: expect.stringMatching(message) },
    ]);
    expect(versions()).toEqual([]);
    expect(envs()).toEqual(['locks']);
    expect(readdirSync(join(envsDir, 'locks'))).toEqual([]);
  });

  test("with the author's own hashes are held to them", async () => {
    const hash = 'sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254'; // six-1.16.0-py2.py3-none-any.whl
    const { packaging, envsDir } = open();
    await prepare(packaging, { 'a.py': '', 'requirements.txt': `six==1.16.0 --hash=${hash}\n` });
    const [lock] = readdirSync(join(envsDir, 'locks')) as [string];
    expect(readFileSync(join(envsDir, 'locks', lock), 'utf8')).toBe(`six==1.16.0 \\\n    --hash=${hash}\n`);
  });

  test('whose conditions do not hold here are none', async () => {
    const { packaging } = open();
    const result = await prepare(packaging, { 'a.py': '', 'requirements.txt': 'six ; sys_platform == "win32"\n' });
    expect(result).toMatchObject({ lock: null, libDirs: [], requirements: ['six ; sys_platform == "win32"'] });
  });

  test('constraints bound versions', async () => {
    const { packaging, envsDir } = open();
    await prepare(packaging, { 'a.py': '', 'requirements.txt': 'six\n-c c.txt\n', 'c.txt': 'six<1.17\n' });
    const [lock] = readdirSync(join(envsDir, 'locks')) as [string];
    expect(readFileSync(join(envsDir, 'locks', lock), 'utf8')).toMatch(/^six==1\.16\.0 /);
  });
});
