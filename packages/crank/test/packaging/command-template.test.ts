import { describe, expect, test } from 'vitest';
import { type CommandTemplate, parseCommandTemplate } from '../../src/engines/packaging/command-template.ts';
import { fillCommands } from '../support/fill-command.ts';

const read = (text: string): CommandTemplate => {
  const found = parseCommandTemplate(text);
  if ('wrong' in found) throw new Error(`${found.wrong}. ${found.fix}`);
  return found;
};
/** The words that the runtime makes. `values`: an object, or its JSON text. */
const argv = (text: string, values: object | string): string[] => {
  const { groups, parameters } = read(text);
  const places = Object.entries(parameters).map(([name, { schema, ...place }]) => [
    name,
    { ...place, default: schema['default'] },
  ]);
  const run = { groups, parameters: Object.fromEntries(places) };
  return fillCommands([{ run, values: typeof values === 'string' ? values : JSON.stringify(values) }])[0]!;
};

describe('a command template', () => {
  test('becomes one argument for each word, whatever the values hold', () => {
    const text = 'pandoc -f {from} -t {to} -o {out:file} {in:file}';
    const values = { from: 'markdown', to: 'a b; $(id) "x"\n', out: '/w/out', in: '/w/in' };
    expect(argv(text, values)).toEqual(['-f', 'markdown', '-t', values.to, '-o', '/w/out', '/w/in']);
    const { parameters, tool } = read(text);
    expect(tool).toBe('pandoc');
    expect([parameters['out']?.kind, parameters['in']?.kind]).toEqual(['out-file', 'in-file']);
  });

  test('has choices, defaults, optional words, flags and arrays', () => {
    const text = "tool [--toc {toc:flag}] [--dpi {dpi:int}] --mode={mode:a|b=a} -n {n:int=3} 'lit{er}al []' {more...}";
    expect(argv(text, {})).toEqual(['--mode=a', '-n', '3', 'lit{er}al []']);
    expect(argv(text, { toc: true, dpi: 90, mode: 'b', n: 0, more: ['x', 'y z', ''] })).toEqual([
      '--toc',
      '--dpi',
      '90',
      '--mode=b',
      '-n',
      '0',
      'lit{er}al []',
      'x',
      'y z',
      '',
    ]);
    expect(read(text).parameters['dpi']).toMatchObject({ kind: 'int', required: false });
  });

  test('lets no value become an option', () => {
    const pattern = (text: string, name: string): RegExp =>
      new RegExp(String(read(text).parameters[name]!.schema['pattern']), 'u');
    expect(pattern('grep {what}', 'what').test('-f/etc/passwd')).toBe(false);
    expect(pattern('grep {what...}', 'what').test('--x')).toBe(false);
    expect(pattern('grep {what}', 'what').test('a-b')).toBe(true);
    expect(pattern('grep {what}', 'what').test('')).toBe(true);
    expect(pattern('grep -- {what}', 'what').test('-x')).toBe(true);
    expect(pattern('grep {a}{b}', 'b').test('-x')).toBe(false); // {a} may be empty
    expect(argv('head -{n:int}', { n: 3 })).toEqual(['-3']);
    expect(pattern('grep [-- {x}] {what}', 'what').test('-x')).toBe(false); // the -- may be absent
    expect(pattern('grep [-- {x}] {what}', 'x').test('-x')).toBe(true);
    expect(pattern('grep --regexp={what}', 'what').test('-x')).toBe(true);
    expect(pattern('grep -- {what}', 'what').test('a\0b')).toBe(false);
    expect(read('head -n {n:int}').parameters['n']?.schema).toEqual({ type: 'integer', minimum: 0 });
    expect(read('head --lines={n:int}').parameters['n']?.schema).toEqual({ type: 'integer' });
  });

  test('stands a flag for a word, and takes input that is no argument', () => {
    const text = 'tool {loud:bool?--volume=11} [{text:stdin}] -q {q:1..100=75} {n!:int}';
    const { parameters } = read(text);
    expect(argv(text, { loud: true, n: -3 })).toEqual(['--volume=11', '-q', '75', '-3']);
    expect(argv(text, { loud: false, n: 0, q: 5 })).toEqual(['-q', '5', '0']);
    expect(parameters['q']?.schema).toEqual({ type: 'integer', minimum: 1, maximum: 100, default: 75 });
    expect(parameters['text']).toMatchObject({ kind: 'stdin', required: false });
    expect(parameters['n']?.schema).toEqual({ type: 'integer' });
    expect(read('echo {x!}').parameters['x']?.schema['pattern']).not.toContain('-]');
    expect(read('cat {a...:in}').parameters['a']).toMatchObject({ kind: 'in-file', array: true, required: true });
  });

  test('writes numbers as tools read them, and none with a dash that was not given one', () => {
    const text = 'tool {n:int} {x:number}';
    expect(argv(text, '{"n": 2.0, "x": -0.0}')).toEqual(['2', '0']);
    expect(argv(text, '{"n": 123456789012345678901234567890, "x": 0.1}')).toEqual([
      '123456789012345678901234567890',
      '0.1',
    ]);
    expect(argv(text, '{"n": -0.0, "x": 1e3}')).toEqual(['0', '1000']);
  });

  test.each([
    ['tool [{x:bool?-x}]', 'within brackets'],
    ['tool {x:stdin} {y:stdin}', 'more than one standard input'],
    ['tool a{x:stdin}', 'within a word'],
    ['tool {n:-5..5}', 'negative'],
    ['tool {n:9..1}', 'range'],
    ['tool {n:1..9=10}', 'not of type'],
    ['tool {x=-rf}', 'an option'],
    ['tool {f!:in}', 'no value is an option'],
    ['tool -{x!}', 'any option'],
    ['', 'name of a tool'],
    ['/bin/sh -c {x}', 'name of a tool'],
    ['{x} a', 'name of a tool'],
    ['cat {a:in} | wc', 'only a shell'],
    ['cat a > b', 'only a shell'],
    ['echo $HOME', 'only a shell'],
    ['cat {a} {a}', 'twice'],
    ['cat {a', 'does not end'],
    ["cat 'a", 'does not end'],
    ['cat [-x {a}', 'does not end'],
    ['cat {a}]', '] without'],
    ['cat [-x]', 'without a parameter'],
    ['cat [a [b {c}]]', 'within brackets'],
    ['cat {a:flag}', 'outside of brackets'],
    ['cat x{a...}', 'within a word'],
    ['cat {a:colour}', 'not known'],
    ['cat {n:int=x}', 'not of type'],
    ['cat {m:a|b=c}', 'none of its choices'],
    ['cat {a:out} {b:out}', 'more than one'],
    ['cat {}', 'names no parameter'],
    ['cat --{x}', 'any option'],
    ['cat -{a}{b}', 'any option'],
    ['cat a\\', 'backslash'],
  ])('%j is refused', (text, reason) => {
    expect(parseCommandTemplate(text)).toMatchObject({ wrong: expect.stringContaining(reason) });
  });
});
