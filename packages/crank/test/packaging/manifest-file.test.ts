import { describe, expect, test } from 'vitest';
import { readManifest } from '#src/engines/packaging/manifest-file.ts';
import { parseBytes, parseDuration } from '#src/engines/packaging/units.ts';

const read = (path: string, text: string) => readManifest({ files: new Map([[path, new TextEncoder().encode(text)]]) });

const full = {
  name: 'words',
  description: 'Counts words.',
  entry: './src/words.py',
  python: '>=3.10',
  isolation: 'warm',
  limits: { memory: '1Gi', wall: '1m30s', cpuMs: 5000, output: '2 MB', threads: 4, subprocesses: 2 },
  requirements: ['six>=1'],
  operations: { top: { description: 'The most frequent.' }, all: {} },
};

describe('the manifest', () => {
  test('names destinations in one form, and refuses what is none with its line', () => {
    const { manifest, findings } = read('crank.json', '{"network": ["B.org:443", "[2001:DB8::1]:80", "b.org:443"]}');
    expect(findings).toEqual([]);
    expect(manifest).toEqual({ network: ['[2001:db8::1]:80', 'b.org:443'] });
    expect(read('crank.json', '{"network": []}')).toEqual({ manifest: {}, findings: [] });
    for (const bad of ['"a:1"', '[1]', '["example.org"]', '["http://example.org:80"]', '["127.1:80"]', '["*:443"]']) {
      const { findings: found } = read('crank.yaml', `name: a\nnetwork: ${bad}`);
      expect(
        found.map(({ level, line }) => [level, line]),
        bad,
      ).toEqual([['error', 2]]);
    }
  });

  test('may say everything, in JSON and in YAML', () => {
    const { manifest, findings } = read('crank.json', JSON.stringify(full));
    expect(findings).toEqual([]);
    expect(manifest).toEqual({
      ...full,
      entry: 'src/words.py',
      limits: {
        memoryBytes: 2 ** 30,
        wallMs: 90_000,
        cpuMs: 5_000,
        outputBytes: 2_000_000,
        threads: 4,
        subprocesses: 2,
      },
      operations: new Map(Object.entries(full.operations)),
    });
    const yaml = 'name: words\nlimits:\n  memory: 1Gi\noperations: [top, all]\n';
    expect(read('crank.yaml', yaml)).toEqual({
      manifest: {
        name: 'words',
        limits: { memoryBytes: 2 ** 30 },
        operations: new Map([
          ['top', {}],
          ['all', {}],
        ]),
      },
      findings: [],
    });
  });

  test.each([
    ['crank.json', '{"nmae": "x"}', /"nmae" is unknown/, 1],
    ['crank.json', '{\n "name": "x",\n "limits": {"memroy": "1Gi"}}', /no limit called "memroy"/, 3],
    ['crank.json', '{"limits": {"memory": "1Gi", "memoryBytes": 5}}', /the same limit/, 1],
    ['crank.json', '{"limits": {"wall": "10 parsecs"}}', /"wall" cannot be read/, 1],
    ['crank.json', '{"limits": {"wallMs": 1e300}}', /"wallMs" cannot be read/, 1],
    ['crank.json', '{"limits": {"memory": "1Ki"}}', /out of range/, 1],
    ['crank.json', '{"limits": []}', /not an object/, 1],
    ['crank.json', '{"name": "x", "name": "y"}', /unique/, 1],
    ['crank.json', '{"name": "x",}', /not JSON/, undefined],
    ['crank.json', '["x"]', /not an object/, undefined],
    ['crank.json', '{"__proto__": {"name": "x"}}', /"__proto__" is unknown/, 1],
    ['crank.json', '{"constructor": 1}', /"constructor" is unknown/, 1],
    ['crank.json', '{"entry": "../x.py"}', /leaves the folder/, 1],
    ['crank.json', '{"isolation": "none"}', /none of "fresh", "warm", "container"/, 1],
    ['crank.json', '{"operations": {"f": {"x": 1}}}', /"x" is unknown/, 1],
    ['crank.json', '{"operations": []}', /not a list of names/, 1],
    ['crank.json', `{"name": "${'x'.repeat(70_000)}"}`, /more than 64 KiB/, undefined],
    ['crank.yaml', 'name: words\npython: 3.10\n', /"python" is not a text/, 2],
    ['crank.yaml', 'a: &a [1]\nb: *a\n', /alias/i, undefined],
    ['crank.yaml', 'name: !!js/function "x"\n', /cannot be read/, 1],
    ['crank.yaml', 'name: [\n', /cannot be read/, 2],
    ['crank.yaml', '', /not an object/, undefined],
  ])('%s %s is refused', (path, text, message, line) => {
    const { findings } = read(path, text);
    expect(findings[0]).toMatchObject({ level: 'error', file: path, message: expect.stringMatching(message) });
    expect(findings[0]?.line).toBe(line);
    expect(findings[0]?.fix).not.toBe('');
  });

  test('given with the deployment stands for the one in the source', () => {
    const files = new Map([['crank.json', new TextEncoder().encode('{"name": "a"}')]]);
    expect(readManifest({ files }, 'name: b').manifest).toEqual({ name: 'b' });
    expect(readManifest({ files: new Map() })).toEqual({ manifest: {}, findings: [] });
  });

  test('exists once', () => {
    const files = new Map(['crank.json', 'crank.yaml'].map((path) => [path, new TextEncoder().encode('{}')] as const));
    expect(readManifest({ files }).findings[0]?.message).toContain('more than one manifest');
  });
});

test.each<[string, number | undefined]>([
  ['512Mi', 512 * 2 ** 20],
  ['1.5 GiB', 1.5 * 2 ** 30],
  ['10k', 10_000],
  ['7', 7],
  ['-1', undefined],
  ['1e9', undefined],
  ['1 light year', undefined],
  ['', undefined],
])('%s in bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each<[string, number | undefined]>([
  ['10s', 10_000],
  ['250ms', 250],
  ['1m30s', 90_000],
  ['1.5 h', 5_400_000],
  ['2min', 120_000],
  ['10', undefined],
  ['s', undefined],
  ['1d', undefined],
])('%s in milliseconds', (text, ms) => expect(parseDuration(text)).toBe(ms));
