import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkspaceChange } from '#src/core/workspace.ts';
import type { SandboxResult, SandboxTemplate } from '#src/engines/sandbox/sandbox.ts';
import { calling, jsonOf, templateOf, type Workshop, workshop } from './harness.ts';

const root = process.getuid?.() === 0;

describe('workspaces of a call', () => {
  let shop: Workshop;
  let folder: string;
  let stage: string;
  let template: SandboxTemplate;
  let run: ReturnType<typeof calling>;

  beforeAll(() => {
    shop = workshop(root ? { uid: 61_234, gid: 61_234 } : {});
    folder = join(shop.root, 'states');
    stage = join(shop.root, 'stage');
    mkdirSync(join(folder, 'one', 'sub', 'deep'), { recursive: true });
    mkdirSync(stage);
    for (const [path, text] of [
      ['a.txt', 'first'],
      ['sub/b.txt', 'second'],
      ['sub/deep/c.txt', 'third'],
    ])
      writeFileSync(join(folder, 'one', path!), text!);
    if (root) execFileSync('chown', ['-R', '61234:61234', join(folder, 'one')]);
    chmodSync(folder, 0o311); // as the platform does: names in it are known to who is told them
    template = templateOf(shop, 'folders.py', 'fresh', { workspaces: [{ name: 'notes', folder }] });
    run = calling(shop.sandbox, template);
  });
  afterAll(async () => {
    chmodSync(folder, 0o711);
    await shop.remove();
  });

  const reading = { workspaces: [{ name: 'notes', state: 'one' }] };
  const writing = (bytes = 2 ** 20) => ({ workspaces: [{ name: 'notes', state: 'one', write: { stage, bytes } }] });
  const changed = ({ changes }: SandboxResult): readonly WorkspaceChange[] => {
    if (changes?.refused) throw new Error(JSON.stringify(changes.refused));
    return changes!.changed.get('notes')!;
  };
  const python = (code: string, bytes?: number) => run('python', { code }, writing(bytes));

  it('are read, and cannot be changed where that was not granted', async () => {
    expect(jsonOf(await run('listed', {}, reading))).toEqual([
      'a.txt',
      'sub',
      'sub/b.txt',
      'sub/deep',
      'sub/deep/c.txt',
    ]);
    expect(jsonOf(await run('read', { path: 'sub/b.txt' }, reading))).toBe('second');
    const refused = await run('write', { files: { 'x.txt': '1' } }, reading);
    expect(refused.outcome).toMatchObject({ type: 'failed', code: 'script-error' });
    expect(JSON.stringify(refused.outcome)).toContain('Read-only');
    expect(refused.changes).toBeUndefined();
  });

  it('tells what was changed, and leaves the state as it was', async () => {
    const result = await run('write', { files: { 'a.txt': 'changed', 'new/d.txt': 'fourth', empty: '' } }, writing());
    const changes = changed(result);
    expect(changes.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'file a.txt',
      'file empty',
      'folder new',
      'file new/d.txt',
    ]);
    const content = changes.find(({ path }) => path === 'new/d.txt') as WorkspaceChange & { type: 'file' };
    expect([content.size, readFileSync(content.content, 'utf8')]).toEqual([6, 'fourth']);
    expect(readFileSync(join(folder, 'one', 'a.txt'), 'utf8')).toBe('first');
    expect(jsonOf(await run('read', { path: 'a.txt' }, writing()))).toBe('first');
  });

  it('tells what was removed, replaced, renamed and made a link', async () => {
    const result = await python(`
import shutil
os.remove(W + '/a.txt')
shutil.rmtree(W + '/sub/deep')
os.mkdir(W + '/sub/deep')
os.symlink('sub/b.txt', W + '/link')
os.rename(W + '/sub/b.txt', W + '/sub/renamed.txt')
os.chmod(W + '/sub/renamed.txt', 0o755)
open(W + '/closed', 'w').write('x'); os.chmod(W + '/closed', 0)
os.mkdir(W + '/shut'); open(W + '/shut/in', 'w').write('y'); os.chmod(W + '/shut', 0)
`);
    expect(changed(result).map((one) => ({ ...one, ...(one.type === 'file' && { content: '' }) }))).toEqual([
      { type: 'removed', path: 'a.txt' },
      { type: 'file', path: 'closed', executable: false, size: 1, content: '' },
      { type: 'link', path: 'link', target: 'sub/b.txt' },
      { type: 'folder', path: 'shut', fresh: expect.any(Boolean) },
      { type: 'file', path: 'shut/in', executable: false, size: 1, content: '' },
      { type: 'folder', path: 'sub', fresh: false },
      { type: 'removed', path: 'sub/b.txt' },
      { type: 'folder', path: 'sub/deep', fresh: true },
      { type: 'file', path: 'sub/renamed.txt', executable: true, size: 6, content: '' },
    ]);
  });

  it.each([
    ['a named pipe', `os.mkfifo(W + '/x')`, 'is a named pipe'],
    ['a name that is not UTF-8', `open(os.fsencode(W) + b'/\\xff', 'w')`, 'is not UTF-8'],
    ['a name with a newline', `open(W + '/a\\nb', 'w')`, 'control character'],
    ['an absolute link', `os.symlink('/etc/passwd', W + '/x')`, 'absolute'],
    ['a link that leads out', `os.symlink('../x', W + '/x')`, 'out of the workspace'],
    ['a link that leads out by another', `os.symlink('a/../../x', W + '/x')`, 'behind a name'],
    ['too deep a folder', `os.chdir(W)\nfor _ in range(500): os.mkdir('d'); os.chdir('d')`, 'deep'],
  ])('%s is refused', async (_, code, why) => {
    const { changes, outcome } = await python(code);
    expect(outcome.type, JSON.stringify(outcome)).toBe('value');
    expect(changes?.refused).toMatchObject({ workspace: 'notes', full: false, why: expect.stringContaining(why) });
  });

  it('has room for so much and no more, counted as files are read', async () => {
    const full = await python(`open(W + '/x', 'wb').write(bytes(3 * 2**20))`);
    expect(JSON.stringify(full.outcome)).toContain('No space left');
    const holes = await python(`open(W + '/x', 'wb').truncate(3 * 2**20)`);
    expect(holes.changes?.refused).toMatchObject({ path: 'x', full: true });
    const links = await python(
      `open(W + '/x', 'wb').write(bytes(500_000))\nfor i in range(9): os.link(W + '/x', W + f'/{i}')`,
    );
    expect(links.changes?.refused).toMatchObject({ full: true });
    expect(jsonOf(await python(`result = 1`))).toBe(1);
  });

  it('shows neither the states nor the tmpfs behind it, and is nothing to a call without one', async () => {
    const look = `
result = {}
for path in ('/spaces', '/spaces/0', '/spaces/0/one', '/tmp/upper'):
    try: result[path] = os.listdir(path)
    except OSError as problem: result[path] = type(problem).__name__
result['open'] = []
for fd in range(4, 64):
    try: result['open'].append(os.fstat(fd).st_mode)
    except OSError: pass
result['env'] = os.environ.get('CRANK_WORKSPACE_NOTES'); result['context'] = context.get('workspaces')`;
    const seen = jsonOf(await python(look)) as Record<string, unknown>;
    expect(seen).toMatchObject({ '/spaces/0': 'FileNotFoundError', '/tmp/upper': 'FileNotFoundError' });
    expect([seen['open'], seen['env'], seen['context']]).toEqual([
      [],
      '/workspaces/notes',
      { notes: '/workspaces/notes' },
    ]);
    const none = jsonOf(await run('python', { code: look })) as Record<string, unknown>;
    expect([none['/spaces/0'], none['env'], none['context']]).toEqual(['PermissionError', null, null]);
  });

  it('a call that fails has changed nothing, and what it wrote is gone', async () => {
    const before = readdirSync(stage).length;
    const failed = await python(`open(W + '/x', 'w').write('1')\nraise ValueError('no')`);
    expect([failed.outcome.type, failed.changes]).toEqual(['failed', undefined]);
    const killed = await python(`open(W + '/x', 'w').write('1')\nos.abort()`);
    expect([killed.outcome.type, killed.changes]).toEqual(['failed', undefined]);
    expect(readdirSync(stage)).toHaveLength(before);
  });

  it('a call is over when its time is, also while it is read what it changed', async () => {
    const limits = { wallMs: 300, tmpBytes: 16 * 2 ** 20 };
    const late = await run(
      'python',
      { code: `for i in range(6000): open(f'{W}/{i}', 'w').write('x')` },
      { ...writing(), limits },
    );
    expect([late.outcome, late.changes]).toEqual([
      expect.objectContaining({ type: 'failed', code: 'timeout' }),
      undefined,
    ]);
    const given = new AbortController();
    const before = readdirSync(stage).length;
    const stopped = run(
      'python',
      { code: `for i in range(6000): open(f'{W}/{i}', 'w').write('x')` },
      { ...writing(), signal: given.signal },
    );
    await expect.poll(() => readdirSync(stage).length, { interval: 1 }).toBeGreaterThan(before);
    given.abort('cancelled');
    expect((await stopped).outcome).toMatchObject({ type: 'failed', code: 'cancelled' });
    expect(jsonOf(await python(`result = sorted(os.listdir(W))`))).toEqual(['a.txt', 'sub']);
  });

  it('takes much, and many small files, at a time', async () => {
    const limits = { tmpBytes: 64 * 2 ** 20, memoryBytes: 512 * 2 ** 20 };
    const big = templateOf(shop, 'folders.py', 'fresh', {
      workspaces: [{ name: 'notes', folder }],
      limits: { ...template.limits, ...limits },
    });
    const code = `
open(W + '/big', 'wb').write(os.urandom(20 * 2**20))
for i in range(2000): open(f'{W}/{i}', 'w').write(str(i))`;
    const result = await calling(shop.sandbox, big)('python', { code }, { ...writing(2 ** 30), limits });
    const changes = changed(result);
    expect(changes).toHaveLength(2_001);
    const file = changes.find(({ path }) => path === 'big') as WorkspaceChange & { type: 'file' };
    expect(statSync(file.content).size).toBe(20 * 2 ** 20);
    expect(existsSync(join(folder, 'one', 'big'))).toBe(false);
  });
});
