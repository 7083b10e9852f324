import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const CRANK = fileURLToPath(new URL('../../bin/crank', import.meta.url));

const source = (version: number, more = ''): string => `"""Says which."""

def which(x: int = ${version}) -> int:
    print("asked", x)
    return 10 // (x - 1)
${more}`;

interface Event {
  event: 'deployed' | 'failed' | 'call';
  version?: string;
  changes?: string[];
  problem?: { findings?: { file: string; line: number; column?: number }[]; exception?: { traceback: string } } | null;
  serving?: string | null;
  stdout?: string;
  outcome?: string;
}

/** `crank dev` as its user has it, with its events as they come. */
class Dev {
  readonly child: ChildProcess;
  readonly events: Event[] = [];
  said = '';
  #taken = 0;

  constructor(args: readonly string[], env: Record<string, string>, json = true) {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('CRANK_'));
    this.child = spawn(CRANK, ['dev', ...args, ...(json ? ['--json'] : [])], {
      env: { ...Object.fromEntries(own), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.said += chunk.toString();
    });
    let rest = '';
    this.child.stdout!.on('data', (chunk: Buffer) => {
      this.said += chunk.toString();
      if (!json) return;
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.events.push(JSON.parse(line) as Event);
    });
  }

  /** The next event, which is of this kind. */
  async next(kind: Event['event']): Promise<Event> {
    await this.until(() => this.events.length > this.#taken);
    const event = this.events[this.#taken++]!;
    expect(event, JSON.stringify(event)).toMatchObject({ event: kind });
    return event;
  }

  async until(holds: () => boolean): Promise<void> {
    for (const limit = Date.now() + 60_000; !holds(); ) {
      if (this.child.exitCode !== null) throw new Error(`it ended with ${this.child.exitCode}: ${this.said}`);
      if (Date.now() > limit) throw new Error(`it does not come to that: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async interrupt(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'close');
    this.child.kill('SIGINT');
    await ended;
    return this.child.exitCode;
  }
}

describe('crank dev', () => {
  let node: TestNode;
  let dev: Dev | undefined;
  const folder = temporaryFolder('dev');
  const aside = temporaryFolder('aside');
  const at = (name: string): string => join(folder.path, name);
  const start = (args: readonly string[]): Dev => {
    dev = new Dev(args, { CRANK_URL: node.url, CRANK_KEY: node.key });
    return dev;
  };
  const which = async (service: string, input: object = {}) =>
    node.request<unknown>('POST', `/v1/services/${service}/which?version=dev`, { json: input });
  /** As editors do: another file in its place. So nobody ever reads half of it. */
  const save = (name: string, text: string): void => {
    writeFileSync(join(aside.path, 'new'), text);
    renameSync(join(aside.path, 'new'), at(name));
  };

  beforeAll(async () => {
    node = await startNode();
  });
  afterEach(() => dev?.interrupt());
  afterAll(async () => {
    await node.remove();
    folder.remove();
    aside.remove();
  });

  it('serves a file as it changes, and the last good version while it is wrong', async () => {
    writeFileSync(at('tool.py'), source(2));
    await node.deploy('tool', { 'tool.py': source(9) });
    const one = start([at('tool.py')]);
    const first = await one.next('deployed');
    expect(first.changes).toEqual(['    tool.which(x?)']);
    expect(await which('tool')).toMatchObject({ status: 200, json: 10 });
    expect(await one.next('call')).toMatchObject({ outcome: 'ok', stdout: 'asked 2\n', version: first.version });

    save('tool.py', source(3, '\ndef more() -> int:\n    return 1\n'));
    expect((await one.next('deployed')).changes).toEqual(['  ~ tool.which(x?)', '  + tool.more()']);
    expect((await which('tool')).json).toBe(5);
    await one.next('call');

    // What production gets is something else.
    expect((await node.request('POST', '/v1/services/tool/which', { json: {} })).json).toBe(1);

    save('tool.py', source(3).replace('(x - 1)', '(x - 1'));
    const wrong = await one.next('failed');
    expect(wrong.problem!.findings![0]).toMatchObject({ file: 'tool.py', line: 5, column: 18 });
    expect(wrong.serving).not.toBeNull();
    expect((await which('tool')).json).toBe(5);
    await one.next('call');

    save('tool.py', `import nowhere_at_all_x\n${source(3)}`);
    const missing = await one.next('failed');
    expect(missing.problem!.findings![0]).toMatchObject({ file: 'tool.py', line: 1 });

    save('tool.py', source(4));
    expect((await one.next('deployed')).changes).toEqual(['  ~ tool.which(x?)', '  - tool.more()']);
    expect((await which('tool', { x: 1 })).status).toBe(500);
    const failed = await one.next('call');
    expect(failed).toMatchObject({ outcome: 'script-error', stdout: 'asked 1\n' });
    expect(failed.problem!.exception!.traceback).toContain('File "tool.py", line 5, in which');

    // Saved again without a change, and beside a file that is none of it, nothing is done.
    save('tool.py', source(4));
    save('other.py', 'x = 1\n');
    await new Promise((resolve) => setTimeout(resolve, 500));
    save('tool.py', source(5));
    for (const until = Date.now() + 60_000; (await which('tool')).json !== 2; )
      expect(Date.now(), 'the last state is not served').toBeLessThan(until);

    expect(await one.interrupt()).toBe(0);
    expect(one.events.filter(({ event }) => event === 'deployed')).toHaveLength(4);
    // Versions that were only tried are gone, but for the one that dev names.
    const { versions } = (
      await node.request<{ versions: { aliases: string[] }[] }>('GET', '/v1/services/tool/-/versions')
    ).json;
    expect(versions.map(({ aliases }) => aliases)).toEqual([['dev'], ['latest']]);
  });

  it('serves a folder: its modules, its data, its manifest, new files and bursts of changes', async () => {
    const main = 'from helper import VALUE\n\ndef which() -> int:\n    return VALUE\n';
    mkdirSync(at('app'));
    writeFileSync(at('app/app.py'), main);
    writeFileSync(at('app/helper.py'), 'VALUE = 1\n');
    const one = start([at('app'), '--alias', 'dev']);
    await one.next('deployed');
    expect((await which('app')).json).toBe(1);
    await one.next('call');
    save('app/helper.py', 'VALUE = 2\n');
    await one.next('deployed');
    expect((await which('app')).json).toBe(2);
    await one.next('call');
    mkdirSync(at('app/data'));
    save('app/data/n.txt', '3');
    await one.next('deployed');
    save(
      'app/helper.py',
      'from pathlib import Path\nVALUE = int((Path(__file__).parent / "data/n.txt").read_text())\n',
    );
    await one.next('deployed');
    expect((await which('app')).json).toBe(3);
    await one.next('call');
    save('app/crank.json', '{"description": "Mine."}');
    await one.next('deployed');
    // A burst ends in its last state, in a few deployments at most.
    for (let i = 0; i < 50; i++) save('app/data/n.txt', `${100 + i}`);
    const before = one.events.length;
    for (const until = Date.now() + 60_000; (await which('app')).json !== 149; )
      expect(Date.now(), 'the last state is not served').toBeLessThan(until);
    expect(one.events.slice(before).filter(({ event }) => event === 'deployed').length).toBeLessThan(10);
    // What tools leave is none of it.
    mkdirSync(at('app/__pycache__'));
    writeFileSync(at('app/__pycache__/x.pyc'), 'x');
    expect(await one.interrupt()).toBe(0);
  });

  it('shows people the line and where in it', async () => {
    writeFileSync(at('words.py'), 'def count(text: str -> int:\n    return 1\n');
    dev = new Dev([at('words.py')], { CRANK_URL: node.url, CRANK_KEY: node.key }, false);
    await dev.until(() => dev!.said.includes('nothing is served yet'));
    expect(dev.said).toMatch(/words\.py:1:\d+: SyntaxError: .*\n {2}1 \| def count\(text: str -> int:\n {4}\| +\^\n/);
    save('words.py', 'def count(text: str) -> int:\n    return 1\n');
    await dev.until(() => /words@dev.* [0-9a-f]{12}, served \d+ ms after the change/.test(dev!.said));
  });

  it('starts a node where there is none, and leaves no process behind', async () => {
    writeFileSync(at('alone.py'), source(2));
    const probe = await startNode();
    const { url } = probe;
    await probe.remove();
    const data = at('data');
    const one = new Dev([at('alone.py')], { CRANK_URL: url, CRANK_DATA: data });
    dev = one;
    await one.next('deployed');
    const key = readFileSync(join(data, 'owner.key'), 'utf8').trim();
    const answer = await fetch(`${url}/v1/services/alone/which?version=dev`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await answer.text()).toBe('10');
    const mine = (): string[] =>
      readdirSync('/proc')
        .filter((pid) => /^\d+$/.test(pid))
        .filter((pid) => {
          try {
            return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data);
          } catch {
            return false;
          }
        });
    expect(mine().length).toBeGreaterThan(0);
    expect(await one.interrupt()).toBe(0);
    // What is killed is gone a moment later.
    await expect.poll(mine, { timeout: 60_000 }).toEqual([]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('says so where the path or the node is none', async () => {
    expect((await node.crank(['dev', at('nothing.py')])).code).toBe(2);
    const far = await node.crank(['dev', at('tool.py'), '--url', 'http://node.invalid:7700']);
    expect(far).toMatchObject({ code: 4 });
  });
});
