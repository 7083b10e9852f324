import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { satisfies } from '#src/engines/packaging/pep440.ts';
import { parseRequirement } from '#src/engines/packaging/pep508.ts';
import { findBlocks } from '#src/engines/packaging/pep723.ts';
import { readNeeds } from '#src/engines/packaging/requirements.ts';

const needsOf = (files: Record<string, string>, manifest = {}) => {
  const encoded = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  const { needs, findings } = readNeeds({ files: new Map(encoded) }, 'main.py', manifest);
  return { ...needs, texts: needs.requirements.map(({ text }) => text), findings };
};

// The first example of PEP 723, section "Example".
const peps = `# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#   "rich",
# ]
# ///

import requests
from rich.pretty import pprint

resp = requests.get("https://peps.python.org/api/peps.json")
data = resp.json()
pprint([(k, v["title"]) for k, v in data.items()][:10])
`;

describe('PEP 723', () => {
  test("the PEP's example", () => {
    const needs = needsOf({ 'main.py': peps });
    expect(needs).toMatchObject({ texts: ['requests<3', 'rich'], file: 'main.py', findings: [] });
    expect(needs.python).toEqual({ specifier: '>=3.11', file: 'main.py' });
    expect(needsOf({ 'main.py': peps.replaceAll('\n', '\r\n') }).texts).toEqual(['requests<3', 'rich']);
  });

  test("the PEP's example of a block with comment marks inside", () => {
    const block = [
      '# /// some-toml',
      '# embedded-csharp = """',
      '# /// <summary>',
      '# /// text',
      '# ///',
      '# /// </summary>',
      '# public class MyClass { }',
      '# """',
      '# ///',
    ];
    const [found] = findBlocks(block.join('\n'));
    expect(found).toEqual({
      type: 'some-toml',
      line: 1,
      content: block
        .slice(1, -1)
        .map((l) => l.slice(2))
        .join('\n'),
    });
  });

  test('blocks are those that the reference expression finds', () => {
    const reference = (script: string) =>
      [...script.matchAll(/^# \/\/\/ (?<type>[a-zA-Z0-9-]+)$\s(?<content>(?:^#(?:| .*)$\s)+)^# \/\/\/$/gm)].map(
        (match) => ({
          type: match.groups!['type'],
          content: match
            .groups!['content']!.split('\n')
            .slice(0, -1)
            .map((line) => (line.startsWith('# ') ? line.slice(2) : line.slice(1)))
            .join('\n'),
        }),
      );
    const line = fc.constantFrom(
      '# /// script',
      '# /// a-b',
      '# ///',
      '#',
      '# x = 1',
      '#x',
      '',
      'code()',
      '# /// two words',
      ' # ///',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const script = lines.join('\n');
        expect(findBlocks(script).map(({ type, content }) => ({ type, content }))).toEqual(reference(script));
      }),
      { numRuns: 5_000 },
    );
  });

  test('hostile scripts are read once', () => {
    // The reference expression would take hours.
    expect(findBlocks('# /// a\n'.repeat(500_000))).toEqual([]);
    expect(findBlocks(`${'# /// a\n'.repeat(500_000)}# ///\n`)).toHaveLength(1);
  });

  test.each([
    ['# /// script\n# dependencies = ["six"\n# ///\n', /not TOML/, 2],
    ['# /// script\n# dependencies = "six"\n# ///\n', /"dependencies" is not a list/, 1],
    ['# /// script\n# requires-python = 3.11\n# ///\n', /"requires-python" is not a text/, 1],
    ['# /// script\n# a = 1\n# ///\n\n# /// script\n# a = 1\n# ///\n', /a second/, 5],
  ])('%j is refused', (script, message, line) => {
    const [finding] = needsOf({ 'main.py': script }).findings.filter(({ level }) => level === 'error');
    expect(finding).toMatchObject({ level: 'error', file: 'main.py', line, message: expect.stringMatching(message) });
  });

  test('an empty list means nothing, whatever other files say', () => {
    const needs = needsOf({ 'main.py': '# /// script\n# dependencies = []\n# ///\n', 'requirements.txt': 'six' });
    expect(needs.texts).toEqual([]);
    expect(needs.findings).toMatchObject([{ level: 'warning', file: 'requirements.txt' }]);
  });
});

describe('requirements.txt', () => {
  test('as people write it', () => {
    const needs = needsOf({
      'main.py': '',
      'requirements.txt': [
        '\ufeff# what we need',
        '',
        'Requests[Socks, security] >= 2.31, <3  # web',
        'PyYAML==6.0.1 \\',
        `    --hash=sha256:${'a'.repeat(64)} \\`,
        `    --hash=sha256:${'b'.repeat(64)}`,
        'zope.interface (>=5)',
        "tomli ; python_version < '3.11' and sys_platform == 'linux'",
        '-r more/dev.txt',
        '-cmore/bounds.txt',
        '--prefer-binary',
      ].join('\r\n'),
      'more/dev.txt': 'six\n-r ../requirements-base.txt\n',
      'more/bounds.txt': 'urllib3<2\n',
      'requirements-base.txt': 'attrs\n',
    });
    expect(needs.findings).toEqual([]);
    expect(needs.texts).toEqual([
      'requests[security,socks]<3,>=2.31',
      'pyyaml==6.0.1',
      'zope-interface>=5',
      "tomli ; python_version < '3.11' and sys_platform == 'linux'",
      'six',
      'attrs',
    ]);
    expect(needs.requirements[1]?.hashes).toEqual([`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`]);
    expect(needs.constraints.map(({ text }) => text)).toEqual(['urllib3<2']);
  });

  test.each([
    ['--index-url https://index.example/simple', /chooses where packages come from/],
    ['-i https://index.example/simple', /chooses where packages come from/],
    ['--extra-index-url=https://index.example', /chooses where packages come from/],
    ['-f ./wheels', /chooses where packages come from/],
    ['-e .', /not supported/],
    ['--no-binary six', /not supported/],
    ['git+https://example.org/x.git', /path or URL/],
    ['six @ https://example.org/six.whl', /path or URL/],
    ['./six.whl', /path or URL/],
    ['/tmp/six.whl', /path or URL/],
    ['file:///etc/passwd', /path or URL/],
    ['six --config-settings=x', /option that is not supported/],
    ['six --hash=md5:00', /option that is not supported/],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what uv would fill in from our environment.
    ['six==${SECRET}', /versions that cannot be read/],
    ['six ; $(id)', /condition that cannot be read/],
    ['six ; secret == "x"', /condition that cannot be read/],
    ['-r /etc/passwd', /not among the files/],
    ['-r ../other.txt', /not among the files/],
    ['-r requirements.txt', /includes itself/],
    ['six==1 six==2', /versions that cannot be read/],
    ['%', /not a dependency/],
  ])('%s is refused', (line, message) => {
    const { findings } = needsOf({ 'main.py': '', 'requirements.txt': `# first\n${line}\n` });
    expect(findings).toMatchObject([
      { level: 'error', file: 'requirements.txt', line: 2, message: expect.stringMatching(message) },
    ]);
  });

  test('a file that includes another many times is read in time', () => {
    const files: Record<string, string> = { 'main.py': '', 'requirements.txt': '-r a0.txt\n'.repeat(500) };
    for (let i = 0; i < 50; i++) files[`a${i}.txt`] = `-r a${i + 1}.txt\n`.repeat(2);
    files['a50.txt'] = `six\n${'# nothing\n'.repeat(100_000)}`;
    expect(needsOf(files)).toMatchObject({ texts: ['six'], findings: [] });
  });

  test('spaces without end are read in time', () => {
    expect(needsOf({ 'main.py': '', 'requirements.txt': `six${' '.repeat(2_000_000)}--hash` }).findings).toHaveLength(
      1,
    );
  });
});

describe('what reaches the resolver', () => {
  test('is one line of names, versions and conditions, whatever was given', () => {
    const piece = fc.constantFrom(
      'six',
      '-',
      ' ',
      '\n',
      '@',
      '/',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what uv would fill in.
      '${X}',
      '--index-url',
      '==1',
      ';',
      'python_version',
      "'3'",
      '"',
      '\\',
      '[a]',
      ',',
      '#',
      '>=',
      'file:',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (given) => {
          const requirement = parseRequirement(given);
          if ('wrong' in requirement) return;
          expect(requirement.text).toMatch(
            /^[a-z0-9][a-z0-9-]*(\[[a-z0-9,-]+\])?[=<>!~A-Za-z0-9.,*+!_-]*( ; [^\n\\$#;@]+)?$/,
          );
          expect(parseRequirement(requirement.text)).toEqual(requirement);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe('precedence', () => {
  const files = {
    'main.py': peps,
    'requirements.txt': 'from-file',
    'pyproject.toml': '[project]\nname = "x"\nrequires-python = ">=3.8"\ndependencies = ["from-project"]\n',
  };
  test('manifest, then script, then requirements.txt, then pyproject.toml', () => {
    expect(needsOf(files, { requirements: ['from-manifest'], python: '3.12' })).toMatchObject({
      texts: ['from-manifest'],
      python: { specifier: '3.12', file: 'manifest' },
    });
    expect(needsOf(files)).toMatchObject({ texts: ['requests<3', 'rich'], python: { specifier: '>=3.11' } });
    expect(needsOf({ ...files, 'main.py': '' })).toMatchObject({
      texts: ['from-file'],
      python: { specifier: '>=3.8', file: 'pyproject.toml' },
    });
    expect(needsOf({ 'main.py': '', 'pyproject.toml': files['pyproject.toml'] }).texts).toEqual(['from-project']);
    expect(needsOf({ 'main.py': '' })).toMatchObject({ texts: [], findings: [] });
  });

  test('what pyproject.toml says in ways that are not read is remarked on', () => {
    const dynamic = '[project]\ndynamic = ["dependencies"]\n';
    expect(needsOf({ 'main.py': '', 'pyproject.toml': dynamic }).findings).toMatchObject([{ level: 'warning' }]);
    expect(needsOf({ 'main.py': '', 'pyproject.toml': '[project\n' }).findings).toMatchObject([
      { level: 'error', line: 1 },
    ]);
  });
});

test.each<[string, string, boolean | undefined]>([
  ['3.11.7', '>=3.11', true],
  ['3.11.7', '>=3.8,<3.11', false],
  ['3.11.7', '==3.11.*', true],
  ['3.11.7', '!=3.11.*', false],
  ['3.11.7', '==3.11', false],
  ['3.11.0', '==3.11', true],
  ['3.11.7', '~=3.8', true],
  ['3.11.7', '~=3.8.1', false],
  ['4.0.0', '~=3.8', false],
  ['3.11.7', '>3.11.7', false],
  ['3.11.7', '<=3.11.7', true],
  ['3.9.18', '>=3.10', false],
  ['3.10.1', '>=3.9', true],
  ['3.12.0', '>=3.12.0rc1', true],
  ['3.12.0', '<=3.12.0rc1', false],
  ['3.11.7', '', true],
  ['3.11.7', 'three', undefined],
  ['3.11.7', '~=3', undefined],
  ['3.11.7', '>=3.*', undefined],
])('Python %s meets %s: %s', (version, specifier, expected) => expect(satisfies(version, specifier)).toBe(expected));
