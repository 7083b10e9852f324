import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standardLibrary } from '../../../../bench/command-lines/cases.ts';
import { compare, interpreterOf } from '../../../../bench/command-lines/compare.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A script, a package, what reads stdin, what writes files, what fails, what looks at itself. */
const CHOSEN = [
  'json/tool.py',
  'calendar.py',
  'zipfile.py',
  'tarfile.py',
  'tokenize.py',
  'compileall.py',
  'symtable.py',
];
const MORE = ['filecmp.py', 'unittest'];

interface Result {
  stdout: string;
  stdout_base64?: string;
  exit_code: number;
  files: { name: string; base64: string; size: number }[];
  json?: unknown;
}

describe('scripts that were not written for Crank', () => {
  const folder = temporaryFolder('lines');
  let node: TestNode;
  let python: string;
  let library: string;

  beforeAll(async () => {
    node = await startNode();
    const target = { url: node.url, headers: { authorization: `Bearer ${node.key}` } };
    ({ python, library } = await interpreterOf(target));
  });
  afterAll(async () => {
    await node.remove();
    folder.remove();
  });

  const deploy = async (name: string, files: Record<string, string>): Promise<void> => {
    const { status, text } = await node.deploy(name, files);
    expect(status, text).toBe(201);
  };
  const call = (name: string, json: object) => node.request<Result>('POST', `/v1/services/${name}`, { json });

  it('do through a node what they do on the command line: tools of the standard library', async () => {
    const sources = [...CHOSEN, ...MORE].map((path) => `stdlib:${path}`);
    const cases = standardLibrary.filter(({ source }) => sources.includes(source));
    const target = { url: node.url, headers: { authorization: `Bearer ${node.key}` } };
    const rows = await compare(target, python, cases, (source) => join(library, source.slice('stdlib:'.length)));
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter(({ cause }) => cause !== undefined)).toEqual([]);
  }, 60_000);

  it('answer with all that was printed, and fail where that is more than a result may be', async () => {
    await deploy('much', {
      'much.py': 'import sys\nfor n in range(int(sys.argv[1])):\n    print("x" * 1023)\n',
    });
    const whole = await call('much/run', { args: ['2000'] });
    expect(whole.json.stdout).toHaveLength(2_000 * 1_024);
    const { text, status } = await call('much/run', { args: ['9000'] });
    expect([status, JSON.parse(text).code]).toEqual([500, 'output-too-large']);
  });

  it('keep bytes that are no text, digits of JSON, and exit codes', async () => {
    await deploy('prints', {
      'prints.py':
        'import sys\nif sys.argv[1] == "bytes":\n    sys.stdout.buffer.write(bytes(range(256)))\nelif sys.argv[1] == "json":\n    print("{\\"n\\": 12345678901234567890.10}")\nelse:\n    sys.exit("no")\n',
    });
    const bytes = (await call('prints/run', { args: ['bytes'] })).json;
    expect(Buffer.from(bytes.stdout_base64!, 'base64')).toEqual(Buffer.from(Array.from({ length: 256 }, (_, n) => n)));
    expect((await call('prints/run', { args: ['json'] })).text).toContain('"json":{"n": 12345678901234567890.10}');
    expect((await call('prints/run', { args: ['x'] })).json).toMatchObject({ exit_code: 1, stderr: 'no\n' });
  });

  it('fail as script-error where they end with an exception', async () => {
    await deploy('fails', {
      'fails.py': 'class Odd(Exception):\n    pass\n\nif __name__ == "__main__":\n    raise Odd("why")\n',
    });
    const { status, json } = await node.request('POST', '/v1/services/fails/run', { json: {} });
    expect(status).toBe(500);
    expect(json).toMatchObject({ code: 'script-error', exception: { type: 'Odd', message: 'why' } });
    expect((json['exception'] as { traceback: string }).traceback).toContain('File "fails.py", line 5');
  });

  it('find nothing of the call before, and the version as it was deployed', async () => {
    await deploy('state', {
      'main.py':
        'import os\nseen = sorted(os.listdir("."))\nwith open("count.txt", "a") as file:\n    file.write("x")\nopen("new.txt", "w").close()\nprint(seen, len(open("count.txt").read()))\n',
      'count.txt': 'x',
    });
    for (let n = 0; n < 3; n++) {
      const { json } = await call('state/run', {});
      expect(json.stdout).toBe("['count.txt'] 2\n");
      expect(json.files.map(({ name, size }) => [name, size])).toEqual([
        ['count.txt', 2],
        ['new.txt', 0],
      ]);
    }
  });

  it('take files with folders in their names, and none that leads out', async () => {
    await deploy('tree', {
      'tree.py':
        'import argparse, os\np = argparse.ArgumentParser()\np.add_argument("--input-file")\na = p.parse_args()\nprint(sorted(os.path.join(r, f) for r, _, fs in os.walk(".") for f in fs))\nprint(a.input_file and open(a.input_file).read())\n',
    });
    const form = new FormData();
    form.append('files', new Blob(['1']), 'a/b/c.txt');
    form.append('files', new Blob(['2']), '../../etc/d.txt');
    form.append('input_file', 'a/b/c.txt');
    const { json } = await node.request<Result>('POST', '/v1/services/tree/run', { body: form });
    expect(json.stdout).toBe("['./a/b/c.txt', './etc/d.txt']\n1\n");
    const inline = { name: '/x/../y.txt', base64: 'eQ==' };
    expect((await call('tree/run', { files: [inline] })).json.stdout).toContain("['./x/y.txt']");
    for (const path of ['/code/tree.py', '../../code/tree.py', '/etc/passwd']) {
      const { status, text } = await call('tree/run', { input_file: path });
      expect([status, JSON.parse(text).code], path).toEqual([422, 'invalid-input']);
    }
  });

  it('have parsers of other libraries: click, typer, fire, docopt', async () => {
    const needs = (name: string): string => `# /// script\n# dependencies = ["${name}"]\n# ///\n`;
    await deploy('with-click', {
      'a.py': `${needs('click')}import click\n@click.command()\n@click.argument("src", type=click.File())\n@click.option("--times", default=1)\n@click.option("--who", prompt=True)\ndef go(src, times, who):\n    click.echo(src.read() * times + who)\nif __name__ == "__main__":\n    go()\n`,
    });
    const src = { name: 'a.txt', base64: 'eA==' };
    expect((await call('with-click/run', { src, times: 2, answers: ['Ann'] })).json.stdout).toBe('Who: xxAnn\n');
    await deploy('with-typer', {
      'a.py': `${needs('typer')}import typer\napp = typer.Typer()\n@app.command()\ndef hello(name: str, loud: bool = False):\n    print(name.upper() if loud else name)\n@app.command()\ndef bye(n: int = 1):\n    print("bye" * n)\napp()\n`,
    });
    expect((await call('with-typer/hello', { name: '-ann', loud: true })).json.stdout).toBe('-ANN\n');
    expect((await call('with-typer/bye', { n: 2 })).json.stdout).toBe('byebye\n');
    await deploy('with-fire', {
      'a.py': `${needs('fire')}import fire\ndef twice(text, n: int = 2):\n    return text * n\nif __name__ == "__main__":\n    fire.Fire(twice)\n`,
    });
    // The command line has its own function's name to itself: \`run\`.
    expect((await call('with-fire/run', { text: '10', n: 3 })).json.stdout).toBe('101010\n');
    await deploy('with-docopt', {
      'a.py': `"""Moves.\n\nUsage:\n  a.py move <x> [--speed=<kn>]\n\nOptions:\n  --speed=<kn>  Speed [default: 10].\n"""\n${needs('docopt-ng')}from docopt import docopt\nfound = docopt(__doc__)\nprint(found["<x>"], found["--speed"])\n`,
    });
    expect((await call('with-docopt/run', { move: true, x: 3 })).json.stdout).toBe('3 10\n');
  }, 120_000);

  it('are pleasant to call from a shell', async () => {
    writeFileSync(join(folder.path, 'x.json'), '{"b": 1, "a": 2}');
    const tool = join(library, 'json', 'tool.py');
    expect((await node.crank(['deploy', tool])).stdout).toContain('tool.run(infile?, outfile?, sort_keys?');
    const shown = await node.crank(['call', 'tool', '-a', 'indent=1', '-f', `infile=@${folder.path}/x.json`]);
    expect(shown).toMatchObject({ code: 0, stdout: '{\n "b": 1,\n "a": 2\n}\n' });
    // Text is text, whatever it reads as.
    expect((await node.crank(['call', 'tool', '-a', 'compact=true', '-a', 'stdin={"q": 1}'])).stdout).toBe('{"q":1}\n');
    const to = ['-a', 'outfile=o.json', '-f', `infile=@${folder.path}/x.json`, '-o', `${folder.path}/out/`];
    expect((await node.crank(['call', 'tool', ...to])).code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder.path, 'out', 'o.json'), 'utf8'))).toEqual({ b: 1, a: 2 });
    const printed = ['-a', 'stdin=[1]', '-a', 'compact=true', '-o', `${folder.path}/printed.json`];
    expect(await node.crank(['call', 'tool', ...printed])).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(join(folder.path, 'printed.json'), 'utf8')).toBe('[1]\n');
    const refused = await node.crank(['call', 'tool', '-a', 'infile=absent.json']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/usage: .*can't open 'absent.json'.*exit code 2/s);
    const many = await node.crank(['deploy', join(library, 'calendar.py'), '--name', 'months']);
    expect(many.stdout).toContain('months.run(');
    expect(many.stdout).toMatch(/and \d+ more methods: crank describe months/);
    expect(many.stdout.split('\n').length).toBeLessThan(30);
    const about = await node.crank(['describe', 'tool']);
    expect(about.stdout).toContain('--indent');
  });
});
