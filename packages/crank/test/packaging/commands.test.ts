import { describe, expect, it } from 'vitest';
import type { Finding } from '#src/core/error.ts';
import { findTools } from '../../src/engines/packaging/command-tools.ts';
import { readCommands } from '../../src/engines/packaging/commands.ts';
import { readManifest } from '../../src/engines/packaging/manifest-file.ts';
import type { Workshop } from '../../src/engines/packaging/workshop.ts';

/** What is said of a manifest, and of a deployment's own command. */
const findingsOf = (manifest: unknown, given: { command?: string; output?: string } = {}): Finding[] => {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  const { manifest: said, findings } = readManifest({ files: new Map() }, text);
  if (findings.length === 0) readCommands(said, given, findings);
  return findings;
};
const of = (operation: object): object => ({
  operations: { f: { command: 'sort {n:int} {text} {docs...:in}', ...operation } },
});

describe('a manifest of commands', () => {
  it.each([
    ['no command', { runtime: 'command' }, 'no command'],
    ['another runtime', { runtime: 'python', command: 'sort {a:in}' }, '"runtime": "python"'],
    ['an entry', { command: 'sort {a:in}', entry: 'a.py' }, '"entry"'],
    ['requirements', { command: 'sort {a:in}', requirements: ['six'] }, '"requirements"'],
    ['no subprocess', { command: 'sort {a:in}', limits: { subprocesses: 0 } }, 'a tool is one'],
    ['one and several', { command: 'sort {a:in}', ...of({}) }, '"command" and "operations"'],
    ['an operation without one', { operations: { f: { command: 'sort {a:in}' }, g: {} } }, '"g" has no command'],
    ['a template that is none', { command: 'sort {a:in} | uniq' }, 'only a shell'],
    ['an output of no kind', { command: 'sort {a:in}', output: 'xml' }, 'is none of'],
    ['an output without a command', { output: 'json' }, 'there is no command'],
    ['an output beside a file', { operations: { f: { command: 'cp {a:in} {b:out}', output: 'text' } } }, '{b}'],
    ['an output of several', { output: 'json', ...of({}) }, 'several operations'],
    ['exit codes of success', of({ exitCodes: [0] }), 'from 1 to 255'],
    ['exit codes that are none', of({ exitCodes: '1' }), 'from 1 to 255'],
    ['a parameter that is not there', of({ parameters: { x: {} } }), 'no parameter "x"'],
    ['a bound that does not go with it', of({ parameters: { text: { maximum: 3 } } }), 'does not go with it'],
    ['a bound of no number', of({ parameters: { n: { maximum: '3' } } }), 'no such number'],
    ['a length below nothing', of({ parameters: { text: { minLength: -1 } } }), 'no such number'],
    ['a negative bound of an open place', of({ parameters: { n: { minimum: -1 } } }), 'would be an option'],
    ['fields of a command without one', { operations: { f: { output: 'text' } } }, 'no text "command"'],
    ['a field of no kind', of({ shell: true }), '"shell" is unknown'],
  ])('is refused that has %s', (_, manifest, said) => {
    const errors = findingsOf(manifest).filter(({ level }) => level === 'error');
    expect(errors.map(({ message }) => message).join('\n')).toContain(said);
    for (const { fix } of errors) expect(fix).not.toBe('');
  });

  it('is told at its line', () => {
    expect(findingsOf('operations:\n  f:\n    command: sort {a:in} > b\n')).toMatchObject([{ line: 3 }]);
    expect(findingsOf('runtime: command\ncommand: "sort {a"\n')).toMatchObject([{ line: 2 }]);
  });

  it('stands beside no second one', () => {
    expect(findingsOf({ command: 'sort {a:in}' }, { command: 'cat {a:in}' })).toMatchObject([{ level: 'error' }]);
    expect(findingsOf({ name: 'x' }, { command: 'cat {a:in}', output: 'lines' })).toEqual([]);
    expect(findingsOf({ name: 'x' }, { command: 'cat {a:in}', output: 'xml' })).toMatchObject([{ level: 'error' }]);
  });

  it('is remarked on where callers write programs', () => {
    for (const command of [
      'sh -c {x}',
      'awk {x} {a:in}',
      'python3 {x:stdin}',
      'sqlite3 {db:in} {sql}',
      'find / {x...}',
    ])
      expect(findingsOf({ command }), command).toMatchObject([{ level: 'warning' }]);
    for (const command of ['sh -c "echo hello"', 'awk -f sum.awk {a:in}', 'sort {x}'])
      expect(findingsOf({ command }), command).toEqual([]);
  });
});

describe('tools', () => {
  const work = { account: 'a', interpreter: '/usr/bin/python3' };
  const saying = (answer: string): Workshop => ({
    tools: () => Promise.resolve(Buffer.from(answer)),
    scan: () => Promise.reject(new Error('not asked')),
    build: () => Promise.reject(new Error('not asked')),
  });
  const digest = `sha256:${'0'.repeat(64)}`;

  it('are what the sandbox found, and nothing else that it says', async () => {
    const found = { path: '/usr/bin/sort', digest, version: 'sort \u001b[31m9.1\ud800', more: 1 };
    expect(await findTools(['sort'], 'f', saying(JSON.stringify({ sort: found, other: found })), work)).toEqual({
      sort: { path: '/usr/bin/sort', digest, version: 'sort  [31m9.1\ufffd' },
    });
  });

  it.each([
    ['null', '{"sort": null}'],
    ['nothing', '{}'],
    ['a path that is none', JSON.stringify({ sort: { path: '../sort', digest, version: '' } })],
    ['a digest that is none', JSON.stringify({ sort: { path: '/usr/bin/sort', digest: 'x', version: '' } })],
    ['no JSON', 'x'],
  ])('are not there where it says %s', async (_, answer) => {
    await expect(findTools(['sort'], 'f', saying(answer), work)).rejects.toMatchObject({ code: 'not-deployable' });
  });
});
