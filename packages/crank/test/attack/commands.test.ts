import { randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, processesWith } from '../sandbox/harness.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { attacks } from './list.ts';

const BOUNDS = { wall: '8s', cpu: '500ms', memory: '64Mi', output: 50_000, file: 100_000, tmp: '2Mi', subprocesses: 6 };
const sh = (script: string): string => `sh -c '${script}'`;
/** Holds the tool's output, in a session of its own, and would go on for ever. */
const LINGER = '(trap "" TERM HUP; exec setsid sleep 36000) & echo answered';

const OPERATIONS = {
  show: { command: "printf '<%s>' {a} {b...}" },
  options: { command: 'ls {path} [--color={when}] [-- {rest}]' },
  number: { command: 'printf %s {n:int} {x:number} [-w {w!:int}]' },
  list: { command: 'ls -d {files...:in}' },
  awk: { command: "awk 'END{print NR, FILENAME, x}' {table:in}" },
  cat: { command: 'cat {old:in} {new:in}' },
  take: { command: 'cp {doc:in} {out:out.txt}' },
  link: { command: 'ln -s /etc/passwd {out:out}' },
  pipe: { command: 'mkfifo {out:out}' },
  folder: { command: 'mkdir {out:out}' },
  device: { command: 'ln -s /dev/zero {out:out}' },
  nothing: { command: 'true {out:out}' },
  endless: { command: 'cat /dev/zero' },
  file: { command: 'cat /dev/zero', output: 'file' },
  line: { command: 'cat /dev/zero', output: 'lines' },
  errors: { command: sh('cat /dev/zero >&2') },
  linger: { command: sh(LINGER) },
  deaf: { command: sh('trap "" TERM INT HUP; while :; do sleep 36000; done') },
  grandchild: { command: sh('(while :; do :; done) & (while :; do :; done) & wait') },
  kill: { command: sh('kill -9 -1; echo alive') },
  channel: { command: sh('echo x >&3; echo y >&4; echo z > /proc/$PPID/fd/3; ls /proc/$PPID/fd; echo done') },
  memory: { command: sh('cat /proc/$PPID/environ /proc/$PPID/maps; head -c 1 /proc/$PPID/mem; echo done') },
  look: { command: 'ls -A . /tmp' },
  ok: { command: 'echo ok' },
};

describe('attacks: commands', { timeout: 60_000 }, () => {
  let node: TestNode;
  let clean: string;
  const done: string[] = [];
  const tool = `crank-test-${randomBytes(6).toString('hex')}`;
  const installed = `/usr/local/bin/${tool}`;

  const call = <T = unknown>(operation: string, json: object = {}) =>
    node.request<T>('POST', `/v1/services/tools/${operation}`, { json });
  /** As `call`, where one process serves all of them. */
  const warm = (operation: string) => node.request<string>('POST', `/v1/services/warm/${operation}`, { json: {} });
  const file = (name: string, text = 'text') => ({ name, base64: Buffer.from(text).toString('base64') });
  const codeOf = async (operation: string, json: object = {}): Promise<string | undefined> =>
    (await call<{ code?: string } | undefined>(operation, json)).json?.code;
  const deploy = async (name: string, manifest: object) =>
    node.deploy(name, { 'crank.json': JSON.stringify({ runtime: 'command', ...manifest }) });

  beforeAll(async () => {
    node = await startNode();
    const answer = await deploy('tools', { operations: OPERATIONS, limits: BOUNDS });
    expect(answer.status, answer.text).toBe(201);
    const { linger, memory } = OPERATIONS;
    const count = { command: sh('echo /proc/[0-9]*') };
    await deploy('warm', { operations: { linger, memory, count }, isolation: 'warm' });
    clean = (await call<string>('look')).json;
  });
  afterAll(async () => {
    rmSync(installed, { force: true });
    await node.remove();
  });

  /** Afterwards others are answered, nothing lies about and nothing runs. */
  const probe = (name: keyof (typeof attacks)['commands'], act: () => Promise<void>, why?: string): void => {
    done.push(name);
    it.skipIf(why !== undefined)(why === undefined ? name : `${name} (${why})`, async () => {
      await act();
      expect((await call('ok')).json).toBe('ok\n');
      expect((await call('look')).json).toBe(clean);
      await eventually(() => processesWith('sleep\x0036000').length === 0);
    });
  };

  probe('an option in the place of a value', async () => {
    for (const path of ['-la', '--help', '-', '--'])
      expect(await codeOf('options', { path }), path).toBe('invalid-input');
    for (const b of [['x', '-v'], ['--']]) expect(await codeOf('show', { a: 'x', b })).toBe('invalid-input');
    // Behind an equals sign, or behind --, it is no option.
    expect((await call('options', { path: '/', rest: '-la' })).text).toContain("cannot access '-la'");
    expect((await call('options', { path: '/', when: '--help' })).text).toContain('invalid argument');
    for (const command of ['ls {a}{b}', 'ls -{a}', 'ls [-- {x}] {y}', 'ls --{a}={b}', 'env {x...}']) {
      const { status, json } = await deploy('other', { command });
      if (status === 201) expect(JSON.stringify(json), command).toContain('\\u0000-]');
      else expect(JSON.stringify(json), command).toContain('option');
    }
  });

  probe('an option from a number', async () => {
    const said = async (n: string, x: string): Promise<unknown> =>
      node
        .request('POST', '/v1/services/tools/number', {
          body: `{"n": ${n}, "x": ${x}}`,
          headers: { 'content-type': 'application/json' },
        })
        .then(({ json }) => (json as { code?: string }).code ?? json);
    expect(await said('-1', '0')).toBe('invalid-input');
    expect(await said('0', '-0.5')).toBe('invalid-input');
    expect(await said('-0', '-0.0')).toBe('00');
    expect(await said('-0.0', '-0e5')).toBe('00');
    expect((await call('number', { n: 1, x: 2, w: -3 })).json).toBe('12-w-3');
  });

  probe('an option from the name of a file', async () => {
    const files = ['-la', '--help', '-rf *', '@list', '--checkpoint-action=exec=id'].map((name) => file(name));
    const { text, json } = await call<string>('list', { files });
    expect(json, text).toBe('./--checkpoint-action=exec=id\n./--help\n./-la\n./-rf *\n./@list\n');
  });

  probe('a shell in a value', async () => {
    const values = [
      '$(id)',
      '`id`',
      '; id',
      '| id',
      '&& id',
      '> /tmp/x',
      '*',
      '~',
      '$HOME',
      "'",
      '"',
      '\\',
      'a\nb\r\n',
      '%s%n',
      '',
    ];
    const { text, json } = await call<string>('show', { a: values[0], b: values.slice(1) });
    expect(json, text).toBe(values.map((value) => `<${value}>`).join(''));
  });

  probe('a value that no argument can be', async () => {
    expect(await codeOf('show', { a: 'a\0b', b: ['x'] })).toBe('invalid-input');
    const long = await call('show', { a: 'a'.repeat(200_000), b: ['x'] });
    expect(long.json).toMatchObject({ code: 'invalid-input' });
    expect(long.text).toContain('too long for a command line');
    expect(await codeOf('show', { a: 'a', b: Array.from({ length: 40 }, () => 'x'.repeat(100_000)) })).toBe(
      'invalid-input',
    );
    const half = { body: '{"a": "\\ud800", "b": ["x"]}', headers: { 'content-type': 'application/json' } };
    expect((await node.request('POST', '/v1/services/tools/show', half)).json).toMatchObject({ code: 'invalid-input' });
  });

  probe('a program to the tool, in the name of a file', async () => {
    const { json, text } = await call<string>('awk', { table: file('x=1', 'a\nb\n') });
    expect(json, text).toBe('2 ./x=1 \n');
    const drawn = await call<string>('list', {
      files: [file('msl:a'), file('|id'), file('host:a'), file('a%d[0].png')],
    });
    expect(drawn.json).toBe('./a%d[0].png\n./host:a\n./msl:a\n./|id\n');
  });

  probe('a name of a file that leads out', async () => {
    const names = ['../../etc/passwd', '/etc/shadow', '..', 'a\u0000b', '..\\x'];
    const { json, text } = await call<string>('list', { files: names.map((name) => file(name)) });
    expect(json, text).toBe('ab\nfile\npasswd\nshadow\nx\n');
  });

  probe('two files of one name', async () => {
    expect((await call('cat', { old: file('x', 'old'), new: file('x', 'new') })).json).toBe('oldnew');
    // Nor does a file take the place in which the answer comes to lie.
    expect((await call('take', { doc: file('.out', 'mine') })).text).toBe('mine');
  });

  probe('an output that is a link to what lies elsewhere', async () => {
    expect(await codeOf('link')).toBe('invalid-output');
  });
  probe('an output that is a pipe, a device or a folder', async () => {
    for (const operation of ['pipe', 'folder', 'device'])
      expect(await codeOf(operation), operation).toBe('invalid-output');
  });
  probe('an output that is not there', async () => {
    expect((await call('nothing')).text).toMatch(/invalid-output.*wrote no file/s);
  });
  probe('output without end', async () => {
    expect(await codeOf('endless')).toBe('output-too-large');
  });
  probe('a file without end', async () => {
    expect(await codeOf('file')).toBe('output-too-large');
  });
  probe('a line without end', async () => {
    expect((await call('line')).text).toContain('output-too-large');
  });
  probe('errors without end', async () => {
    expect(['script-error', 'timeout']).toContain(await codeOf('errors'));
  });
  probe('a process that stays and holds the output', async () => {
    for (let round = 0; round < 3; round++) expect((await call('linger')).json).toBe('answered\n');
    // A warm process has nobody who ends what is left in it but itself.
    const before = (await warm('count')).json.split(' ').length;
    for (let round = 0; round < 3; round++) expect((await warm('linger')).json).toBe('answered\n');
    expect((await warm('count')).json.split(' ')).toHaveLength(before);
  });
  probe('deaf to SIGTERM', async () => {
    const path = '/v1/services/tools/deaf';
    const answer = await node.request('POST', path, { json: {}, headers: { 'crank-deadline': '300ms' } });
    expect(answer.json).toMatchObject({ code: 'timeout' });
  });
  probe('CPU time used by what it started', async () => {
    const answer = await call<{ code: string; call: string }>('grandchild');
    expect(answer.json, answer.text).toMatchObject({ code: 'timeout' });
    expect(answer.text).toContain('CPU time');
    const { usage } = (await node.request<{ usage: { cpuNs: number } }>('GET', `/v1/calls/${answer.json.call}`)).json;
    expect(usage.cpuNs).toBeGreaterThan(480e6);
  });
  probe('killing everything', async () => {
    expect(['crashed', undefined]).toContain(await codeOf('kill'));
  });
  probe('an answer on the channel', async () => {
    const answer = await call<string>('channel');
    expect(answer.json, answer.text).toBe('done\n');
  });
  probe("memory of the runtime's process", async () => {
    expect((await call('memory')).json).toBe('done\n');
    expect((await warm('memory')).json).toBe('done\n');
  });

  const root = process.getuid?.() === 0 ? undefined : 'only root can put a program where tools are found';
  probe(
    'another program in the place of the tool',
    async () => {
      const install = (script: string): void => {
        writeFileSync(`${installed}.new`, `#!/bin/sh\n${script}\n`);
        chmodSync(`${installed}.new`, 0o755);
        renameSync(`${installed}.new`, installed);
      };
      const say = () => node.request<Record<string, unknown>>('POST', '/v1/services/replaced/run', { json: {} });
      install('echo good');
      const first = await deploy('replaced', { command: tool });
      expect(first.status, first.text).toBe(201);
      expect((await say()).json).toBe('good\n');
      install('echo good'); // the same program, as a package that is installed again brings it
      expect((await say()).json).toBe('good\n');
      install('echo evil');
      const refused = await say();
      expect(refused.json).toMatchObject({ code: 'crashed' });
      expect(refused.text).toContain('deploy again');
      const second = await deploy('replaced', { command: tool });
      expect([second.status, second.json['version'] === first.json['version']]).toEqual([201, false]);
      expect((await say()).json).toBe('evil\n');
      const old = `/v1/services/replaced/run?version=${String(first.json['version'])}`;
      expect((await node.request('POST', old, { json: {} })).text).toContain('deploy again');
      rmSync(installed);
      expect((await say()).json).toMatchObject({ code: 'crashed' });
      expect((await deploy('replaced', { command: tool })).text).toContain(`no tool \\"${tool}\\"`);
    },
    root,
  );

  it('are those of the list', () => {
    expect(done.toSorted()).toEqual(Object.keys(attacks.commands).toSorted());
  });
});
