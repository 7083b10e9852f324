import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrankError } from '#src/core/error.ts';
import { type Builds, createBuilds } from '#src/engines/packaging/builds.ts';
import { ensureUv } from '#src/engines/packaging/ensure-uv.ts';
import { python } from '../packaging/python.ts';
import { openWorkshop } from '../packaging/workshop.ts';
import { eventually } from '../sandbox/harness.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type HostileIndex, openIndex } from './builds/index.ts';
import { attacks } from './list.ts';
import { descendantsOf } from './processes.ts';

/** Builds that end by themselves take a second or two; those that do not are given less than users' are. */
const LONGEST_MS = 8_000;

describe('attacks: builds', () => {
  const folder = temporaryFolder('builds');
  const { workshop, close } = openWorkshop();
  const mark = `crank-attack-${randomBytes(6).toString('hex')}`;
  const reached: Socket[] = [];
  let index: HostileIndex;
  let secret: Server;
  let builds: Builds;
  let results: Record<string, string>;

  const build = (name: string, act: string, more: Record<string, unknown> = {}): Promise<string> =>
    builds.build(index.add(name, { act, mark, ...more }), {
      ...{ account: 'test', interpreter: python, file: 'requirements.txt', progress: () => {} },
    });
  const refusal = async (promise: Promise<unknown>): Promise<string> => {
    const error = await promise.then(
      () => new Error('it was built'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof CrankError)) throw error;
    expect(error.code).toBe('not-deployable');
    expect(error.extras.findings).toMatchObject([{ level: 'error', file: 'requirements.txt' }]);
    return error.message;
  };
  const healthy = async (): Promise<void> => {
    const wheel = await build(`good${randomBytes(3).toString('hex')}`, 'nothing');
    expect(existsSync(wheel)).toBe(true);
    expect(reached).toEqual([]);
    await eventually(() => descendantsOf(process.pid).every((pid) => !commandOf(pid).includes('bwrap')));
    for (const place of ['/', '/tmp', '/usr', '/etc', folder.path]) expect(readdirSync(place)).not.toContain(mark);
  };

  beforeAll(async () => {
    mkdirSync(join(folder.path, 'keys'), { mode: 0o700 });
    writeFileSync(join(folder.path, 'keys', 'log.key'), 'secret', { mode: 0o600 });
    mkdirSync(join(folder.path, 'sources'));
    index = await openIndex(join(folder.path, 'sources'));
    secret = createServer((socket) => reached.push(socket));
    await once(secret.listen(0, '127.0.0.1'), 'listening');
    // What an operator's shell may have, and package tools outside are told.
    process.env['UV_PUBLISH_TOKEN'] = `${mark}-secret`;
    builds = createBuilds({
      workshop: { ...workshop, build: (work) => workshop.build({ ...work, wallMs: LONGEST_MS }) },
      index: async () => ({
        destinations: [{ host: '127.0.0.1', port: index.port }],
        environment: { UV_DEFAULT_INDEX: `http://127.0.0.1:${index.port}/simple` },
      }),
      folder: join(folder.path, 'built'),
      uv: (progress) => ensureUv(join(folder.path, 'tools'), progress, [python.path, 'python3']),
    });
    const wheel = await build('hostile', 'everything', {
      secretPort: (secret.address() as AddressInfo).port,
      secrets: [
        ...['/etc/shadow', '/etc/hostname', '/etc/resolv.conf', '/proc/kcore', '/sys/kernel/notes'],
        ...[join(folder.path, 'keys', 'log.key'), `${process.cwd()}/package.json`, `${homedir()}/.bashrc`, '/dev/mem'],
      ],
      folders: [
        '/',
        '/usr',
        '/etc',
        '/dev',
        '/runtime',
        '/libs',
        '/libs/0',
        '/var',
        '/home',
        folder.path,
        process.cwd(),
      ],
    });
    const code = 'import sys; sys.path.insert(0, sys.argv[1]); import hostile; print(hostile.RESULTS)';
    results = JSON.parse(execFileSync(python.path, ['-I', '-c', code, wheel], { encoding: 'utf8' }));
  }, 120_000);
  afterAll(async () => {
    delete process.env['UV_PUBLISH_TOKEN'];
    await close();
    index.close();
    secret.close();
    folder.remove();
  });

  const done: string[] = [];
  const attack = (name: keyof (typeof attacks)['builds'], run: () => Promise<void>): void => {
    done.push(name);
    it(name, { timeout: 60_000 }, run);
  };
  const refused = (name: keyof (typeof attacks)['builds'], pattern: RegExp): void =>
    attack(name, async () => expect(results[name]).toMatch(pattern));

  attack('the environment', async () => {
    expect(results['the environment']).toContain('HTTPS_PROXY');
    expect(results['the environment']).not.toContain(mark);
    expect(results['the environment']).not.toContain(process.env['HOME'] === '/' ? '\0' : `"${process.env['HOME']}"`);
  });
  refused('secrets of the host', /^refused: /);
  refused('writing outside of /tmp', /^refused: .*(?:Read-only|Permission denied|No such file)/);
  refused('the program that builds', /^refused: .*(?:Read-only|Permission denied|busy)/);
  refused('a connection to this machine', /^refused: .*Connection refused/);
  refused('a connection to another machine', /^refused: .*unreachable/);
  refused('this machine through the proxy', /^refused: HTTPError: HTTP Error 403|^refused: HTTP Error 403/);
  refused('another host through the proxy', /^refused: .*403/);
  refused('asking a name server', /^refused: .*not permitted/);
  refused('listening', /^refused: .*not permitted/);
  refused('namespaces', /^refused: .*not permitted/);
  refused('a mount', /^refused: .*(?:not permitted|not implemented)/);
  refused("the builder's descriptors", /^refused: .*(?:Permission denied|No such (?:file|device))/);
  refused("the builder's memory", /^refused: .*Permission denied/);
  attack('a process left behind', async () => {
    expect(results['a process left behind']).toMatch(/^it worked/);
    await eventually(() => descendantsOf(process.pid).every((pid) => !commandOf(pid).includes(mark)));
  });

  // All at one time: each is given so long that the others take their part of the machine.
  let floods: Promise<string>[] | undefined;
  for (const [i, [name, said]] of (
    [
      ['a build without end', /took longer than 8 s/],
      ['a fork bomb', /took longer|failed|ended with/],
      ['memory without end', /memory|failed|ended with|took longer/i],
      ['files without end', /too large|No space|failed|memory|ended with|took longer/i],
      ['output without end', /failed|memory|ended with|took longer/i],
    ] as const
  ).entries()) {
    attack(name, async () => {
      floods ??= ['without end', 'a fork bomb', 'memory', 'disk', 'output'].map((act, n) =>
        refusal(build(`flood${n}`, act)),
      );
      const all = await Promise.all(floods);
      expect(all[i]).toMatch(said);
      await healthy();
    });
  }
  for (const [name, act, said] of [
    ['a wheel of another package', 'another name', /it is other 1\.0, not|failed/],
    ['a wheel with paths that lead outside', 'paths', /a path in it is not plain|failed/],
    ['a wheel with links', 'links', /link is no file|failed/],
    ['a wheel that makes scripts outside', 'scripts', /an entry point has no plain name|failed/],
  ] as const) {
    attack(name, async () => {
      expect(await refusal(build(act.replaceAll(' ', ''), act))).toMatch(said);
      await healthy();
    });
  }

  it('are those of the list', () => {
    expect(done.toSorted()).toEqual(Object.keys(attacks.builds).toSorted());
  });
});

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return ''; // it has ended
  }
};
