import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SandboxResult } from '#src/engines/sandbox/sandbox.ts';
import { jsonOf } from '../sandbox/harness.ts';
import type { Ring } from './ring.ts';
import { suite } from './suite.ts';

const root = process.getuid?.() === 0;
const asSandbox = root ? { uid: 61_234, gid: 61_234 } : {};
const WAYS = ['/spaces/0', '/spaces/0/one', '/spaces/0/one/a.txt', '/tmp/upper'];

/** A workspace with one state, as the platform lays it out. */
const workspace = ({ shop }: Ring) => {
  const folder = join(shop.root, 'states');
  const stage = join(shop.root, 'stage');
  try {
    mkdirSync(join(folder, 'one', 'sub'), { recursive: true });
    mkdirSync(stage);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' && (error as NodeJS.ErrnoException).code !== 'EACCES')
      throw error;
    return { folder, stage };
  }
  writeFileSync(join(folder, 'one', 'a.txt'), 'first');
  writeFileSync(join(folder, 'one', 'sub', 'b.txt'), 'second');
  if (root) execFileSync('chown', ['-R', '61234:61234', join(folder, 'one')]);
  chmodSync(folder, 0o711);
  return { folder, stage };
};

const stateOf = (folder: string): string[] => [
  readFileSync(join(folder, 'one', 'a.txt'), 'utf8'),
  readFileSync(join(folder, 'one', 'sub', 'b.txt'), 'utf8'),
  ...readdirSync(join(folder, 'one'), { recursive: true, encoding: 'utf8' }).sort(),
];
const STATE = ['first', 'second', 'a.txt', 'sub', 'sub/b.txt'];

suite(
  'workspaces',
  ({ probe }) => {
    const open = (ring: Ring, entry: string, key = entry) => {
      const { folder, stage } = workspace(ring);
      const call = ring.service(entry, 'fresh', { key, workspaces: [{ name: 'notes', folder }] });
      const reading = { workspaces: [{ name: 'notes', state: 'one' }] };
      const writing = { workspaces: [{ name: 'notes', state: 'one', write: { stage, bytes: 2 ** 20 } }] };
      return { folder, stage, call, reading, writing };
    };

    probe('states of before, by where they lie', async (ring) => {
      const { call, reading, writing } = open(ring, 'in_folders.py');
      for (const given of [reading, writing]) {
        const seen = jsonOf(await call('states', { path: 'one' }, given)) as Record<string, string>;
        for (const way of WAYS) expect(seen[way], way).toMatch(/ENOENT|EACCES/);
        expect(seen['/proc/1/root/spaces/0/one']).toMatch(/ENOENT|EACCES/);
      }
    });

    probe('changing what may only be read', async (ring) => {
      const { call, reading, folder } = open(ring, 'in_folders.py');
      const said = jsonOf(await call('change_what_is_read', {}, reading)) as Record<string, string>;
      for (const way of ['write', 'make', 'remove', 'mode', 'times', 'label']) expect(said[way], way).toBe('EROFS');
      for (const way of ['remount', 'cover']) expect(said[way], way).toBe('EPERM');
      expect(stateOf(folder)).toEqual(STATE);
    });

    probe('whiteouts, devices and labels of the overlay, forged', async (ring) => {
      const { call, writing, folder } = open(ring, 'in_folders.py');
      const result = await call('forge', {}, writing);
      const said = jsonOf(result) as Record<string, unknown>;
      expect(said).toMatchObject({
        whiteout: 'EPERM',
        device: 'EPERM',
        trusted: 'EPERM',
        handles: [],
        hidden: ['b.txt'],
      });
      const told = result.changes!.changed.get('notes')!.map(({ type, path }) => `${type} ${path}`);
      expect(told.filter((one) => one.startsWith('removed'))).toEqual([]);
      expect(stateOf(folder)).toEqual(STATE);
    });

    probe('a program with the rights of its owner', async (ring) => {
      const { call, writing } = open(ring, 'in_folders.py');
      const { changes } = await call('set_id', {}, writing);
      // Of modes nothing is told but whether a file can be run.
      expect(changes!.changed.get('notes')).toEqual([
        { type: 'file', path: 'program', executable: true, size: 10, content: expect.any(String) },
      ]);
    });

    const lies = ['a path that leads out', 'an absolute path', 'a link that leads out'] as const;
    const violations = [
      ...['a path through a link', 'a path through a file', 'a path twice', 'another workspace'],
      ...['no kind', 'a size that is none', 'no text'],
    ];
    probe('changes that were never made, told by the import', async (ring) => {
      const { call, writing, stage, folder } = open(ring, 'lying_folders.py');
      const before = readdirSync(stage);
      for (const what of lies) {
        const { changes } = await call('lie', { what }, writing);
        expect(changes?.refused, what).toMatchObject({ workspace: 'notes' });
      }
      for (const what of violations) {
        // That is the end of its sandbox, and of the version's: each has another one.
        const { outcome, changes } = await open(ring, 'lying_folders.py', what).call('lie', { what }, writing);
        expect([outcome.type, changes], what).toEqual(['failed', undefined]);
      }
      const kept = readdirSync(stage).filter((name) => !before.includes(name));
      for (const name of kept) expect(name).toMatch(/^[0-9a-f]{24}$/); // the platform's own names, in its own folder
      expect(stateOf(folder)).toEqual(STATE);
    });

    probe('content without end, told by the import', async (ring) => {
      const { call, writing, stage } = open(ring, 'lying_folders.py');
      const before = readdirSync(stage).length;
      const ends = (result: SandboxResult) => [result.outcome.type, result.changes?.refused?.full];
      expect(ends(await call('lie', { what: 'without end' }, writing))).toEqual(['value', true]);
      const half = await call('lie', { what: 'half' }, writing);
      expect([half.outcome.type, half.changes]).toEqual(['failed', undefined]);
      expect(readdirSync(stage)).toHaveLength(before);
    });
  },
  asSandbox,
);
