import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { findUsableEngine } from './container-engine.ts';
import { calling, eventually, jsonOf, limits, templateOf, type Workshop, workshop } from './harness.ts';
import { sandboxContract } from './sandbox.contract.ts';

const found = await findUsableEngine();
if ('reason' in found) {
  describe('sandboxes as containers', () => {
    it.skip(`real containers: not run, for no engine runs any here: ${found.reason}`, () => {});
  });
} else {
  const { engine, remove } = found;
  afterAll(remove);
  sandboxContract('container', () => workshop({ container: { engine } }));
  sandboxContract('container', () => workshop({ container: { engine, namespaces: false } }), true);

  describe('sandboxes as containers', () => {
    const open: Workshop[] = [];
    const opened = (container: { namespaces?: boolean } = {}): Workshop => {
      const shop = workshop({ container: { engine, ...container } });
      open.push(shop);
      return shop;
    };
    afterEach(async () => {
      for (const shop of open.splice(0)) await shop.remove();
    });
    const [command = '', ...options] = engine.split(' ');
    const run = (...args: string[]) => execFileSync(command, [...options, ...args], { encoding: 'utf8' }).trim();
    /** Containers of any node, by their names. */
    const containers = () =>
      run('ps', '--all', '--filter', 'label=crank.node', '--format', '{{.Names}}').split('\n').filter(Boolean);

    it.each([true, false])('pass their own test (namespaces inside: %s)', async (namespaces) => {
      const checks = await opened({ namespaces }).sandbox.selfTest();
      const bad = checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
      expect(bad).toEqual([]);
      expect(checks[0]!.name).toBe('container engine');
      expect(checks.length).toBeGreaterThan(15);
    });

    it('without namespaces inside: calls that leave traces everywhere see nothing of one another', async () => {
      const shop = opened({ namespaces: false });
      const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'container'));
      const results = await Promise.all(Array.from({ length: 6 }, (_, i) => call('remember', { value: `trace-${i}` })));
      for (const result of results) expect(jsonOf(result)).toEqual([1, ['work'], [], null, '/tmp/work']);
    });

    it('without namespaces inside: a call that left nothing hands its container to the next one', async () => {
      const shop = opened({ namespaces: false });
      const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'container'));
      const seen = new Set<string>();
      for (let i = 0; i < 5; i++) {
        expect(jsonOf(await call('add', { a: i, b: 1 }))).toBe(i + 1);
        seen.add(containers().join());
      }
      expect(seen.size).toBe(1);
    });

    it('leave no container behind when the engine closes, with calls under way', async () => {
      const shop = opened();
      const call = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'container'));
      await call('add', { a: 1, b: 1 });
      const [name] = containers();
      const slow = call('sleep', { seconds: 60 });
      await shop.remove();
      expect((await slow).outcome).toMatchObject({ type: 'failed' });
      await eventually(() => !containers().includes(name!));
    });

    it('are removed by the next node where one was killed', async () => {
      const shop = opened();
      await shop.sandbox.interpreters();
      const image = run('images', '--format', '{{.Repository}}:{{.Tag}}')
        .split('\n')
        .find((name) => name.includes('crank-base'))!;
      // Of a process that has ended: ours was not started at that time.
      const program = [
        '-v',
        '/usr:/usr:ro',
        '--network',
        'none',
        '--ulimit',
        'nofile=64:64',
        '--ulimit',
        'nproc=64:64',
      ];
      const name = `crank-orphan-${process.pid}`;
      run(
        'run',
        '-d',
        '--name',
        name,
        '--label',
        `crank.node=${process.pid}-1-${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0]}`,
        ...program,
        image,
        '/usr/bin/sleep',
        '1000',
      );
      expect(containers()).toContain(name);
      const other = opened();
      await other.sandbox.interpreters();
      expect(containers()).not.toContain(name);
    });

    it('are the only level there is, and none where they are not configured', async () => {
      const shop = opened();
      const refused = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'fresh'))('add', { a: 1, b: 1 });
      await expect(refused).rejects.toMatchObject({ code: 'isolation-unavailable' });
      expect(shop.sandbox.level('fresh')).toBe('container');
    });

    it('run subprocesses within the bounds of the container, however many there are', async () => {
      const shop = opened({ namespaces: false });
      const template = templateOf(shop, 'hostile.py', 'container', {
        limits: { ...limits, subprocesses: 4, threads: 4 },
      });
      const started = jsonOf(await calling(shop.sandbox, template)('threads', { wanted: 500 })) as number;
      expect(started).toBeLessThan(60);
    });
  });
}

describe('sandboxes as containers, configured otherwise', () => {
  it('bubblewrap refuses the level', async () => {
    const shop = workshop();
    try {
      expect(shop.sandbox.level('container')).toBe('container');
      const refused = calling(shop.sandbox, templateOf(shop, 'ordinary.py', 'container'))('add', { a: 1, b: 1 });
      await expect(refused).rejects.toMatchObject({
        code: 'isolation-unavailable',
        message: expect.stringContaining('CRANK_ISOLATION=container') as string,
      });
    } finally {
      await shop.remove();
    }
  });

  it('says what is missing where no engine answers', async () => {
    const shop = workshop({ container: { engine: '/nowhere/docker' } });
    try {
      const checks = await shop.sandbox.selfTest();
      expect(checks).toMatchObject([{ name: 'container engine', ok: false }]);
      expect(checks[0]!.detail).toContain('/nowhere/docker');
    } finally {
      await shop.remove();
    }
  });
});
