import { describe, expect, test } from 'vitest';
import {
  argumentsOf,
  type CommandTemplate,
  parseCommandTemplate,
  type Values,
} from '../../src/engines/packaging/command-template.ts';

const read = (text: string): CommandTemplate => {
  const found = parseCommandTemplate(text);
  if ('wrong' in found) throw new Error(`${found.wrong}. ${found.fix}`);
  return found;
};
const argv = (text: string, values: Values): string[] => argumentsOf(read(text), values);

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
    expect(pattern('grep --regexp={what}', 'what').test('-x')).toBe(true);
    expect(pattern('grep -- {what}', 'what').test('a\0b')).toBe(false);
    expect(read('head -n {n:int}').parameters['n']?.schema).toEqual({ type: 'integer', minimum: 0 });
    expect(read('head --lines={n:int}').parameters['n']?.schema).toEqual({ type: 'integer' });
  });

  test.each([
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
