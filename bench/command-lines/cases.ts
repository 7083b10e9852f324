import { fixtures } from './fixtures.ts';

/** One command line: what is typed, and the same as a call. */
export interface Case {
  /** `stdlib:` with a path in the standard library, or `OWNER/REPOSITORY:` with a path in a folder of fetched repositories. */
  source: string;
  words?: readonly string[];
  /** Arguments of the call; `file('x')` stands for a fixture. */
  input?: Readonly<Record<string, unknown>>;
  operation?: string;
  /** Fixtures that lie in the folder beside those in the arguments. */
  files?: readonly string[];
  stdin?: string;
  /** What the folder of a package is started as, where `source` is one: `python -m NAME`. */
  module?: string;
  /** What is never twice the same in stdout: times, addresses. */
  blur?: RegExp;
}

/** A fixture as a file parameter takes it. */
const file = (name: keyof typeof fixtures): { name: string; base64: string } => ({
  name,
  base64: fixtures[name].toString('base64'),
});

const std = (path: string, rest: Omit<Case, 'source'> = {}): Case => ({ source: `stdlib:${path}`, ...rest });
const NUMBER = /-?\d[\d.e+-]*/g;
const ADDRESS = /0x[0-9a-f]+/g;

export const standardLibrary: readonly Case[] = [
  std('json/tool.py', { words: ['x.json'], input: { infile: file('x.json') } }),
  std('json/tool.py', {
    words: ['--indent', '2', '--sort-keys', 'x.json', 'out.json'],
    input: { indent: 2, sort_keys: true, infile: file('x.json'), outfile: 'out.json' },
  }),
  std('json/tool.py', { words: ['--compact'], stdin: '{"a": [1, 2]}', input: { compact: true } }),
  std('json/tool.py', { words: ['bad.json'], input: { infile: file('bad.json') } }),
  std('base64.py', { words: ['-e'], stdin: 'hello\n', input: { args: ['-e'] } }),
  std('base64.py', { words: ['-e', 'words.txt'], input: { args: ['-e', 'words.txt'] }, files: ['words.txt'] }),
  std('gzip.py', { words: ['-d', 'data.gz'], input: { decompress: true, args: [file('data.gz')] } }),
  std('zipfile.py', { words: ['-l', 'a.zip'], input: { list: file('a.zip') } }),
  std('zipfile.py', { words: ['-e', 'a.zip', 'there'], input: { extract: [file('a.zip'), 'there'] } }),
  std('zipfile.py', { words: ['-t', 'a.zip'], input: { test: file('a.zip') } }),
  std('tarfile.py', { words: ['-l', 'a.tar'], input: { list: file('a.tar') } }),
  std('tarfile.py', { words: ['-v', '-e', 'a.tar'], input: { verbose: true, extract: [file('a.tar')] } }),
  std('calendar.py', { words: ['2026'], input: { year: 2026 } }),
  std('calendar.py', { words: ['-t', 'html', '2026', '2'], input: { type: 'html', year: 2026, month: 2 } }),
  std('calendar.py', { words: ['-w', '4', '--months', '2', '2025'], input: { width: 4, months: 2, year: 2025 } }),
  std('tokenize.py', { words: ['small.py'], input: { filename: file('small.py') } }),
  std('tokenize.py', { words: ['-e'], stdin: 'a = (1 + 2)\n', input: { exact: true } }),
  std('ast.py', { words: ['--indent', '1', 'small.py'], input: { indent: 1, infile: file('small.py') } }),
  std('ast.py', { words: ['-m', 'eval'], stdin: '1 + 2', input: { mode: 'eval' } }),
  std('dis.py', { words: ['small.py'], input: { infile: file('small.py') }, blur: ADDRESS }),
  std('compileall.py', {
    words: ['--invalidation-mode', 'unchecked-hash', 'small.py'],
    input: { invalidation_mode: 'unchecked-hash', compile_dest: [file('small.py')] },
  }),
  std('timeit.py', {
    words: ['-n', '10', '-r', '2', '1 + 1'],
    input: { args: ['-n', '10', '-r', '2', '1 + 1'] },
    blur: NUMBER,
  }),
  std('py_compile.py', { words: ['small.py'], input: { filenames: [file('small.py')] } }),
  std('tabnanny.py', { words: ['-v', 'small.py'], input: { args: ['-v', 'small.py'] }, files: ['small.py'] }),
  std('pyclbr.py', { words: ['small.py'], input: { args: ['small.py'] }, files: ['small.py'] }),
  std('quopri.py', { stdin: 'caf\u00e9 = 1\n', input: {} }),
  std('quopri.py', { words: ['-d', 'qp.txt'], input: { args: ['-d', 'qp.txt'] }, files: ['qp.txt'] }),
  std('uu.py', { words: ['words.txt', 'out.uu'], input: { args: ['words.txt', 'out.uu'] }, files: ['words.txt'] }),
  std('pickle.py', { words: ['data.pickle'], input: { pickle_file: [file('data.pickle')] } }),
  std('pickletools.py', { words: ['data.pickle'], input: { pickle_file: [file('data.pickle')] } }),
  std('pickletools.py', {
    words: ['-a', 'data.pickle'],
    input: { annotate: true, pickle_file: [file('data.pickle')] },
  }),
  std('inspect.py', { words: ['textwrap:dedent'], input: { object: 'textwrap:dedent' } }),
  std('mimetypes.py', { words: ['a.html', 'b.png'], input: { args: ['a.html', 'b.png'] } }),
  std('platform.py', { words: ['terse'], input: { args: ['terse'] } }),
  std('getopt.py', { words: ['-a', 'x'], input: { args: ['-a', 'x'] } }),
  std('textwrap.py'),
  std('shlex.py', { words: ['words.txt'], input: { args: ['words.txt'] }, files: ['words.txt'] }),
  std('symtable.py'),
  std('locale.py'),
  std('random.py', { blur: NUMBER }),
  std('heapq.py'),
  std('difflib.py'),
  std('this.py'),
  std('doctest.py', { words: ['doc.py', '-v'], input: { verbose: true, file: [file('doc.py')] } }),
  std('trace.py', {
    words: ['--count', '-C', 'cover', 'plain.py'],
    input: { count: true, coverdir: 'cover', progname: file('plain.py') },
  }),
  std('trace.py', { words: ['--listfuncs', 'small.py'], input: { listfuncs: true, progname: file('small.py') } }),
  std('cProfile.py', { words: ['small.py'], input: { args: ['small.py'] }, files: ['small.py'], blur: NUMBER }),
  std('profile.py', {
    words: ['small.py'],
    input: { args: ['small.py'] },
    files: ['small.py'],
    blur: /0x[0-9a-f]+|[\d.]+|\s+/g,
  }),
  std('pdb.py', {
    words: ['-c', 'next', '-c', 'quit', 'small.py'],
    input: { args: ['-c', 'next', '-c', 'quit', 'small.py'] },
    files: ['small.py'],
  }),
  std('pydoc.py', { words: ['textwrap.dedent'], input: { args: ['textwrap.dedent'] } }),
  std('pydoc.py', {
    words: ['-w', 'small'],
    input: { args: ['-w', 'small'] },
    files: ['small.py'],
    blur: /href="[^"]*"/g,
  }),
  std('code.py', { words: ['-q'], stdin: 'print(6 * 7)\n', input: { q: true } }),
  std('modulefinder.py', { words: ['small.py'], input: { args: ['small.py'] }, files: ['small.py'], blur: / +\S*$/gm }),
  std('netrc.py'),
  std('zipapp.py', {
    words: ['app', '-o', 'app.pyz', '-m', 'main:go'],
    input: { source: 'app', output: 'app.pyz', main: 'main:go' },
    files: ['app/main.py'],
    blur: /.*/g,
  }),
  std('encodings/rot_13.py', { stdin: 'Hello\n', input: {} }),
  std('unittest', {
    module: 'unittest',
    words: ['discover'],
    input: { tests: ['discover'] },
    files: ['test_small.py'],
  }),
  std('lib2to3', { module: 'lib2to3', words: ['-l'], input: { list_fixes: true } }),
  std('lib2to3', {
    module: 'lib2to3',
    words: ['-f', 'print', '-w', '-n', '-o', 'new', 'old.py'],
    input: { fix: ['print'], write: true, nobackups: true, output_dir: 'new', args: ['old.py'] },
    files: ['old.py'],
  }),
  std('filecmp.py', {
    words: ['one', 'two'],
    input: { args: ['one', 'two'] },
    files: ['one/a.txt', 'two/a.txt', 'two/b.txt'],
  }),
  std('imghdr.py', { words: ['dot.png'], input: { args: ['dot.png'] }, files: ['dot.png'] }),
  std('sndhdr.py', { words: ['dot.png'], input: { args: ['dot.png'] }, files: ['dot.png'] }),
  std('runpy.py', { words: ['textwrap'], input: { args: ['textwrap'] } }),
  std('fileinput.py', { words: ['words.txt'], input: { args: ['words.txt'] }, files: ['words.txt'] }),
];

const wanted = (path: string, rest: Omit<Case, 'source'>): Case => ({
  source: `WantedChip/python-scripts:${path}`,
  ...rest,
});
const geek = (path: string, answers: readonly string[], rest: Partial<Case> = {}): Case => ({
  source: `geekcomputers/Python:${path}`,
  ...(answers.length > 0 && { stdin: answers.map((line) => `${line}\n`).join(''), input: { answers } }),
  ...rest,
});

export const repositories: readonly Case[] = [
  wanted('converters/json-to-csv-converter/main.py', {
    words: ['rows.json', 'out.csv', '--delimiter', ';'],
    input: { input: file('rows.json'), output: 'out.csv', delimiter: ';' },
  }),
  wanted('converters/text-case-converter/main.py', {
    words: ['-m', 'upper', 'words.txt'],
    input: { mode: 'upper', input_file: file('words.txt') },
  }),
  wanted('converters/text-case-converter/main.py', {
    words: ['--mode', 'title', '-i', 'words.txt'],
    input: { mode: 'title', in_place: true, input_file: file('words.txt') },
  }),
  wanted('converters/text-case-converter/main.py', {
    words: ['-m', 'snake'],
    stdin: 'Hello There',
    input: { mode: 'snake' },
  }),
  wanted('converters/csv-column-reorder/main.py', {
    words: ['-i', 't.csv', '-c', 'city,name'],
    input: { input: file('t.csv'), columns: 'city,name' },
  }),
  wanted('tools/csv-deduplicate-rows/main.py', {
    words: ['-i', 't.csv', '--keys', 'city', '--keep', 'last', '-o', 'out.csv'],
    input: { input: file('t.csv'), keys: 'city', keep: 'last', output: 'out.csv' },
  }),
  wanted('tools/text-diff-tool/main.py', {
    words: ['words.txt', 'other.txt'],
    input: { file1: file('words.txt'), file2: file('other.txt') },
  }),
  wanted('checkers/json-shape/json_shape.py', {
    words: ['rows.json', '-a', '-j', 'shape.json'],
    input: { input_file: file('rows.json'), all: true, json: 'shape.json' },
  }),
  wanted('tools/word-frequency-counter/main.py', {
    words: ['words.txt', '-n', '3', '-f', 'json'],
    input: { input_file: file('words.txt'), top: 3, format: 'json' },
  }),
  wanted('tools/find-and-replace-text/main.py', {
    words: ['one', '-s', 'same', '-r', 'other'],
    input: { directory: 'one', search: 'same', replace: 'other' },
    files: ['one/a.txt'],
  }),
  wanted('converters/json-flatten-nested/main.py', {
    words: ['-i', 'x.json', '--format', 'json'],
    input: { input: file('x.json'), format: 'json' },
  }),
  wanted('converters/null-value-filler/main.py', {
    words: ['-c', 'age', '-s', 'mean', '--', 'gaps.csv', 'out.csv'],
    input: { input: file('gaps.csv'), output: 'out.csv', columns: ['age'], strategy: 'mean' },
  }),
  wanted('tools/json-formatter-cli/main.py', {
    words: ['format', 'x.json'],
    operation: 'format',
    input: { source: file('x.json') },
  }),
  wanted('tools/json-formatter-cli/main.py', {
    words: ['query', 'x.json', 'a[1]'],
    operation: 'query',
    input: { source: file('x.json'), path: 'a[1]' },
  }),
  wanted('tools/json-formatter-cli/main.py', {
    words: ['minify', '{"b": 1}'],
    operation: 'minify',
    input: { source: '{"b": 1}' },
  }),
  wanted('tools/ascii-table-generator-cli/main.py', {
    words: ['-i', 't.csv', '-s', 'markdown'],
    input: { input: file('t.csv'), style: 'markdown' },
  }),
  wanted('tools/ascii-table-generator-cli/main.py', {
    words: ['--no-header'],
    stdin: 'a,b\n1,2\n',
    input: { no_header: true },
  }),
  wanted('converters/date-format-standardizer/main.py', {
    words: ['-i', 'dates.csv', '--columns', 'when', '--day-first'],
    input: { input: file('dates.csv'), columns: 'when', day_first: true },
  }),
  wanted('converters/text-normalizer/text_normalizer.py', {
    words: ['words.txt', '-l'],
    input: { file: file('words.txt'), lowercase: true },
  }),
  wanted('tools/syllable-counter/syllable_counter.py', { words: ['-w', 'banana'], input: { word: 'banana' } }),
  wanted('tools/syllable-counter/syllable_counter.py', {
    words: ['words.txt', '-f', 'json'],
    input: { input: file('words.txt'), format: 'json' },
  }),
  wanted('converters/base64-image-encoder/base64_image_encoder.py', {
    words: ['encode', 'dot.png'],
    operation: 'encode',
    input: { input: file('dot.png') },
  }),
  wanted('converters/markdown-to-html-converter/main.py', {
    words: ['notes.md', '-t', 'Notes', '-o', 'notes.html'],
    input: { input_file: file('notes.md'), title: 'Notes', output: 'notes.html' },
  }),
  wanted('tools/log-merge/log_merge.py', {
    words: ['a.log', 'b.log', '-o', 'all.log'],
    input: { log_files: [file('a.log'), file('b.log')], output: 'all.log' },
  }),
  wanted('tools/csv-merge-tool/main.py', {
    words: ['t.csv', 'gaps.csv', '-o', 'all.csv', '-t', 'from'],
    input: { inputs: [file('t.csv'), file('gaps.csv')], output: 'all.csv', tag_source: 'from' },
  }),
  wanted('tools/keyword-extractor/main.py', {
    words: ['words.txt', '--json', '--ngram', '2'],
    input: { file: file('words.txt'), json_output: true, ngram: 2 },
  }),
  wanted('tools/sentiment-analyzer-basic/main.py', {
    words: ['--text', 'good and bad'],
    input: { text: 'good and bad' },
  }),
  wanted('tools/sentiment-analyzer-basic/main.py', {
    words: ['--file', 'words.txt', '--json'],
    input: { file: file('words.txt'), json_output: true },
  }),
  wanted('tools/data-type-inferencer/main.py', {
    words: ['-i', 't.csv', '-s', 'schema.json'],
    input: { input_file: file('t.csv'), schema_output: 'schema.json' },
  }),
  wanted('tools/filename-sanitizer/main.py', {
    words: ['-p', 'odd', '-l'],
    input: { path: 'odd', lowercase: true },
    files: ['odd/My File.txt'],
  }),
  wanted('converters/phone-number-formatter/main.py', {
    words: ['-i', 'phones.csv', '-o', 'out.csv', '-c', 'phone'],
    input: { input_file: file('phones.csv'), output_file: 'out.csv', column: 'phone' },
  }),
  wanted('tools/text-summarizer-extractive/main.py', {
    words: ['notes.md', '--sentences', '1'],
    input: { file: file('notes.md'), sentences: 1 },
  }),
  {
    source: 'DhanushNehru/Python-Scripts:CSV_TO_NDJSON/csv_to_ndjson.py',
    words: ['t.csv', 't.ndjson'],
    input: { args: ['t.csv', 't.ndjson'] },
    files: ['t.csv'],
  },
  geek('text_file_replace.py', [], {
    words: ['-f', 'words.txt', '-o', 'be', '-n', 'see'],
    input: { file: file('words.txt'), old: 'be', new: 'see' },
  }),
  geek('Armstrong_number.py', ['153']),
  geek('Binary_to_Decimal.py', []),
  geek('Decimal_To_Binary.py', ['10.625']),
  geek('Day_of_week.py', ['1/2/1999']),
  geek('palindrome.py', ['Never odd or even']),
  geek('leap year.py', []),
  geek('gcd.py', ['12', '18']),
  geek('rotatelist.py', []),
  geek('string_palin.py', ['level']),
  geek('decimal to binary.py', ['10']),
  geek('power_of_two.py', ['8']),
  geek('StringToBinary.py', ['hi']),
  geek('ex20.py', [], { words: ['words.txt'], input: { args: ['words.txt'] }, files: ['words.txt'] }),
  geek('multiplication_table.py', [], { words: ['3', '4'], input: { args: ['3', '4'] } }),
];
