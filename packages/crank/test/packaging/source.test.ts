import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { findEntry, serviceName } from '#src/engines/packaging/entry.ts';
import { asPackage } from '#src/engines/packaging/package-folder.ts';
import { normalisePath, readSource } from '#src/engines/packaging/source.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const sourceOf = (files: Record<string, string>, folder?: string) =>
  readSource(
    Object.entries(files).map(([path, text]) => [path, bytes(text)] as const),
    folder,
  ).source;
const refusal = (files: [string, string][]) => {
  try {
    readSource(files.map(([path, text]) => [path, bytes(text)] as const));
  } catch (error) {
    if (error instanceof CrankError)
      return { code: error.code, text: error.message, findings: error.extras.findings ?? [] };
    throw error;
  }
  return undefined;
};

describe('paths', () => {
  test.each([
    ['/etc/passwd', 'is absolute'],
    ['../up.py', 'leaves the folder'],
    ['a/../../up.py', 'leaves the folder'],
    ['a/../b.py', 'leaves the folder'],
    ['a\\..\\b.py', 'has a backslash'],
    ['C:/x.py', 'is absolute'],
    ['a\0.py', 'has a control character'],
    ['a\n.py', 'has a control character'],
    ['', 'is empty'],
    ['.', 'names a folder'],
    ['a/', 'names a folder'],
    ['\ud800.py', 'is not well-formed Unicode'],
    ['a/\uff0e\uff0e/b.py', 'has a character that can be mistaken for a separator'],
    ['a\uff0fb.py', 'has a character that can be mistaken for a separator'],
    ['\u2025/b.py', 'has a character that can be mistaken for a separator'],
    [`${'a/'.repeat(40)}x.py`, 'is deeper than 32 folders'],
    [`${'é'.repeat(200)}.py`, 'has a name longer than 255 bytes'],
  ])('%j is refused', (path, wrong) => {
    expect(normalisePath(path)).toEqual({ wrong });
    expect(
      refusal([
        [path, ''],
        ['ok.py', ''],
      ])?.code,
    ).toBe('not-deployable');
  });

  test('are brought into one form', () => {
    expect(normalisePath('./a//b/./c.py')).toEqual({ path: 'a/b/c.py' });
    expect(normalisePath('cafe\u0301.py')).toEqual({ path: 'caf\u00e9.py' });
    expect(normalisePath('..a/...b')).toEqual({ path: '..a/...b' });
  });

  test('none that is let through leaves the folder or changes when read again', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '\\', '\0', 'a', '…', '\u2024', '\u2025', 'C:'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const normal = normalisePath(parts.join('/'));
        if ('wrong' in normal) return;
        const { pathname } = new URL(`file:///base/${normal.path.split('/').map(encodeURIComponent).join('/')}`);
        expect(pathname.startsWith('/base/')).toBe(true);
        expect(normal.path).not.toMatch(/^\/|(^|\/)\.{0,2}(\/|$)|\\|\p{Cc}/u);
        expect(normalisePath(normal.path)).toEqual(normal);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that are one file elsewhere are refused', () => {
    expect(
      refusal([
        ['Words.py', ''],
        ['words.py', ''],
      ])?.text,
    ).toContain('the same on some file systems');
    expect(
      refusal([
        ['caf\u00e9.py', ''],
        ['cafe\u0301.py', ''],
      ])?.text,
    ).toContain('the same on some file systems');
    expect(
      refusal([
        ['stra\u00dfe.py', ''],
        ['STRASSE.py', ''],
      ])?.text,
    ).toContain('the same on some file systems');
    expect(
      refusal([
        ['a', ''],
        ['a/b.py', ''],
      ])?.text,
    ).toContain('needs it to be a folder');
    expect(
      refusal([
        ['A', ''],
        ['a/b.py', ''],
      ])?.text,
    ).toContain('needs it to be a folder');
  });
});

describe('a source', () => {
  test('is without what tools leave behind', () => {
    const source = sourceOf({
      'b.py': '',
      'a/x.txt': '',
      '.git/config': '',
      'a/__pycache__/b.pyc': '',
      '.venv/lib/x.py': '',
    });
    expect([...source.files.keys()]).toEqual(['a/x.txt', 'b.py']);
    expect(refusal([['.git/HEAD', '']])?.text).toContain('There is no file in it');
  });

  test('is bounded', () => {
    const many = Array.from({ length: 2_001 }, (_, i) => [`f${i}.py`, ''] as [string, string]);
    expect(refusal(many)?.text).toContain('more than 2000 files');
    expect(refusal(many.slice(0, 2_000))).toBeUndefined();
    const big = new Uint8Array(33 * 2 ** 20);
    expect(() =>
      readSource([
        ['a.bin', big],
        ['b.bin', big],
      ]),
    ).toThrow(/more than 64 MiB/);
  });

  test('with a .env file is remarked on', () => {
    const { findings } = readSource([
      ['x.py', bytes('')],
      ['conf/.env', bytes('SECRET=1')],
    ]);
    expect(findings).toMatchObject([{ level: 'warning', file: 'conf/.env' }]);
  });

  test.each<[Record<string, string>, string | undefined, string | undefined, string | RegExp]>([
    [{ 'words.py': '', 'data.csv': '' }, undefined, undefined, 'words.py'],
    [{ 'lib/words.py': '' }, undefined, undefined, 'lib/words.py'],
    [{ 'main.py': '', 'x.py': '' }, undefined, undefined, 'main.py'],
    [{ 'service.py': '', 'app.py': '' }, undefined, undefined, 'app.py'],
    [{ 'report.py': '', 'x.py': '' }, 'report', undefined, 'report.py'],
    [{ 'report.py': '', 'lib/x.py': '', 'lib/main.py': '' }, undefined, undefined, 'report.py'],
    [{ 'main.py': '', 'x.py': '' }, undefined, 'x.py', 'x.py'],
    [{ 'book.ipynb': '', 'data.csv': '' }, undefined, undefined, 'book.ipynb'],
    [{ 'tool.py': '', 'setup.py': '', 'test_tool.py': '' }, undefined, undefined, 'tool.py'],
    [
      { 'a.py': '', 'b.py': '', 'pack/__init__.py': '', 'pack/__main__.py': '' },
      undefined,
      undefined,
      'pack/__main__.py',
    ],
    [
      { 'src/pack/cli.py': '', 'a.py': '', 'b.py': '', 'pyproject.toml': '[project.scripts]\nx = "pack.cli:main"' },
      undefined,
      undefined,
      'src/pack/cli.py',
    ],
    [
      { 'a.py': '', 'b.py': '', 'pyproject.toml': '[project.scripts]\nx = "elsewhere:main"' },
      undefined,
      undefined,
      /2 \.py files/,
    ],
    [{ 'main.py': '' }, undefined, 'y.py', /not among the files/],
    [{ 'main.py': '', 'y.txt': '' }, undefined, 'y.txt', /neither a \.py file nor a notebook/],
    [{ 'y.py': '', 'x.py': '' }, undefined, undefined, /2 \.py files and none is called main\.py/],
    [{ 'y.txt': '' }, undefined, undefined, /no \.py, /],
  ])('%j (folder %s, entry %s): %s', (files, folder, declared, expected) => {
    const found = findEntry(sourceOf(files, folder), declared);
    if (typeof expected === 'string') expect(found).toEqual({ entry: expected });
    else expect('finding' in found && found.finding.message).toMatch(expected);
  });

  test('that is a package goes below its name', () => {
    const files = { '__init__.py': '', '__main__.py': '', 'data/x.csv': '', 'requirements.txt': '' };
    const paths = (folder?: string, name?: string) => [...asPackage(sourceOf(files, folder), name).files.keys()];
    const below = (name: string) => [`${name}/__init__.py`, `${name}/__main__.py`, `${name}/data/x.csv`];
    expect(paths('pack')).toEqual([...below('pack'), 'requirements.txt']);
    expect(paths(undefined, 'named')).toEqual([...below('named'), 'requirements.txt']);
    expect(paths('../a b')).toEqual([...below('package'), 'requirements.txt']);
    const plain = sourceOf({ 'main.py': '' }, 'pack');
    expect(asPackage(plain, 'x')).toBe(plain);
  });

  test.each<[string, string | undefined, string | undefined, string | undefined, string | null]>([
    ['Top_Words.py', undefined, undefined, undefined, 'top-words'],
    ['Report 2024 (final).py', undefined, undefined, undefined, 'report-2024-final'],
    ['main.py', 'my_tool', undefined, undefined, 'my-tool'],
    ['words.py', 'my_tool', undefined, undefined, 'words'],
    ['my_tool/__main__.py', undefined, undefined, undefined, 'my-tool'],
    ['book.ipynb', undefined, undefined, undefined, 'book'],
    ['words.py', undefined, 'Other_Name', 'declared', 'other-name'],
    ['words.py', undefined, undefined, 'declared', 'declared'],
    ['words.py', undefined, 'a b', undefined, null],
    ['words.py', undefined, '-a', undefined, null],
    ['words.py', undefined, 'a'.repeat(64), undefined, null],
    ['数.py', undefined, undefined, undefined, null],
  ])('name of %s (folder %s, asked %s, declared %s): %s', (entry, folder, asked, declared, expected) => {
    const named = serviceName(sourceOf({ [entry]: '' }, folder), entry, asked, declared);
    expect('name' in named ? named.name : null).toBe(expected);
  });
});
