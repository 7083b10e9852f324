import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WorkspaceChange, wrongWorkspaceLink, wrongWorkspacePath } from '#src/core/workspace.ts';
import type { Decision, PolicyRequest } from '#src/engines/policy/decision.ts';
import { createPolicyEngine } from '#src/engines/policy/engine.ts';
import { emptyFolder } from '#src/engines/workspaces/tree.ts';
import { type Committed, work } from '#src/engines/workspaces/work.ts';
import { createTurn } from '#src/platform/turn.ts';
import { grantWorkspaces } from '#src/platform/workspace-grant.ts';
import { stale } from '#src/platform/workspaces.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('a workspace on the disk', () => {
  const folder = temporaryFolder('objects');
  const objects = join(folder.path, 'objects');
  const place = { folder: objects, key: randomBytes(32) };
  let made = 0;

  beforeAll(() => mkdirSync(objects));
  afterAll(() => folder.remove());

  const content = (text: string): string => {
    const path = join(folder.path, `content-${++made}`);
    writeFileSync(path, text);
    return path;
  };
  const file = (path: string, text: string): WorkspaceChange => ({
    ...{ type: 'file', path, executable: false },
    ...{ size: Buffer.byteLength(text), content: content(text) },
  });
  const commit = async (root: string, changes: WorkspaceChange[], bytes = 1e9) => {
    const committed = await work.commit(place, root, changes, { bytes });
    if (!('root' in committed)) throw new Error(JSON.stringify(committed));
    return committed;
  };
  const opened = async (root: string): Promise<Record<string, string>> => {
    const into = join(folder.path, `open-${++made}`);
    await work.open(place, root, into, undefined, () => {});
    return treeOf(into);
  };
  const treeOf = (into: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(into, { recursive: true, withFileTypes: true })
        .map((entry): [string, string] => {
          const path = join(entry.parentPath, entry.name);
          return [path.slice(into.length + 1), entry.isDirectory() ? '/' : readFileSync(path, 'utf8')];
        })
        .sort(),
    );

  it('gives the same tree when it is opened, and the same by steps from the state before', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const one = fc.oneof(
      fc.record({ type: fc.constant('file' as const), path, text: fc.string({ maxLength: 5 }) }),
      fc.record({ type: fc.constant('folder' as const), path, fresh: fc.boolean() }),
      fc.record({ type: fc.constant('removed' as const), path }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(one, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (rounds) => {
        let root = emptyFolder.sha256;
        let copy = join(folder.path, `copy-${++made}`);
        await work.open(place, root, copy, undefined, () => {});
        for (const round of rounds) {
          const changes = round.map((change) => (change.type === 'file' ? file(change.path, change.text) : change));
          const committed = await work.commit(place, root, changes, { bytes: 1e9 });
          if ('noFolder' in committed) continue;
          const {
            root: after,
            steps,
            bytes,
          } = committed as Committed & { steps: never[]; root: string; bytes: number };
          const next = join(folder.path, `copy-${++made}`);
          await work.advance(copy, next, made % 2 === 0, steps, undefined);
          const tree = await opened(after);
          expect(treeOf(next)).toEqual(tree);
          expect(bytes).toBe(
            Object.values(tree).reduce((sum, text) => sum + (text === '/' ? 0 : Buffer.byteLength(text)), 0),
          );
          [root, copy] = [after, next];
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has one digest for one content, whichever way it came about', async () => {
    const once = await commit(emptyFolder.sha256, [
      { type: 'folder', path: 'x', fresh: false },
      file('x/1', 'a'),
      file('y', 'b'),
    ]);
    const first = await commit(emptyFolder.sha256, [file('y', 'other'), file('z', 'gone')]);
    const twice = await commit(first.root, [
      { type: 'removed', path: 'z' },
      { type: 'folder', path: 'x', fresh: true },
      file('x/1', 'a'),
      file('y', 'b'),
    ]);
    expect(twice.root).toBe(once.root);
  });

  it('takes neither more than its quota nor a place that is no folder, and leaves nothing of what it refused', async () => {
    const { root } = await commit(emptyFolder.sha256, [file('a', '12345')]);
    const before = readdirSync(objects).length;
    expect(await work.commit(place, root, [file('b', '123456')], { bytes: 10 })).toMatchObject({
      full: expect.stringContaining('11 bytes'),
    });
    expect(await work.commit(place, root, [file('a/b', '1')], { bytes: 10 })).toEqual({ noFolder: 'a/b' });
    expect(readdirSync(objects)).toHaveLength(before);
    expect((await commit(root, [file('a', '1'), file('b', '123456789')], 10)).bytes).toBe(10);
  });

  it('keeps large content in chunks, and notices any change of an object', async () => {
    const text = 'x'.repeat(2 * 2 ** 20 + 5);
    const before = new Set(readdirSync(objects));
    const { root } = await commit(emptyFolder.sha256, [file('large', text), file('empty', '')]);
    expect(await opened(root)).toEqual({ empty: '', large: text });
    const name = readdirSync(objects).find(
      (one) => !before.has(one) && readFileSync(join(objects, one)).length > 2 ** 20,
    )!;
    const object = join(objects, name);
    const good = readFileSync(object);
    expect(good.includes('xxxxxxxx')).toBe(false);
    for (const at of [0, 8, 30, 60, good.length - 1]) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1;
      writeFileSync(object, bad);
      await expect(opened(root), `byte ${at}`).rejects.toThrow();
    }
    // Cut where a chunk ends, it would be a whole object otherwise.
    writeFileSync(object, good);
    truncateSync(object, 8 + 2 ** 20 + 28);
    await expect(opened(root)).rejects.toThrow();
    writeFileSync(object, Buffer.concat([good.subarray(0, 8), good.subarray(8 + 2 ** 20 + 28)]));
    await expect(opened(root)).rejects.toThrow();
    writeFileSync(object, good);
    expect(Object.keys(await opened(root))).toEqual(['empty', 'large']);
  });

  it('is swept of what no state has', async () => {
    const kept = await commit(emptyFolder.sha256, [file('a', 'kept'), file('b', 'kept too')]);
    await commit(kept.root, [file('a', 'not kept')]);
    expect(await work.sweep(place, [kept.root], 0)).toBe(0); // all are younger
    expect(await work.sweep(place, [kept.root], Date.now() + 1_000)).toBeGreaterThan(0);
    expect(await opened(kept.root)).toEqual({ a: 'kept', b: 'kept too' });
  });

  it('is listed page by page, folders with what is in them', async () => {
    const names = ['a', 'a/1', 'a/1/x', 'a-b', 'b', 'b/2'];
    const { root } = await commit(emptyFolder.sha256, [
      ...['a', 'a/1', 'b'].map((path): WorkspaceChange => ({ type: 'folder', path, fresh: false })),
      ...['a/1/x', 'a-b', 'b/2'].map((path) => file(path, path)),
    ]);
    const seen: string[] = [];
    for (let after = '', more = true; more; after = seen.at(-1)!) {
      const page = await work.list(place, root, '', { deep: true, after, most: 2 });
      seen.push(...page.entries.map(({ path }) => path));
      more = page.more;
    }
    expect(seen).toEqual(names.toSorted((a, b) => (a.split('/').join('\0') < b.split('/').join('\0') ? -1 : 1)));
    expect(await work.find(place, root, 'a/1')).toMatchObject({ type: 'folder', files: 1, bytes: 5 });
    expect(await work.find(place, root, 'a/1/x/y')).toBeUndefined();
  });
});

describe('paths and links of a workspace', () => {
  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a\nb',
    'a\0',
    '\ud800',
    'x'.repeat(256),
    `${'d/'.repeat(64)}x`,
  ])('%j is none', (path) => {
    expect(wrongWorkspacePath(path)).toBeDefined();
  });
  it.each(['a', 'a b/ünï', '...', '.hidden', `${'d/'.repeat(63)}x`])('%j is one', (path) => {
    expect(wrongWorkspacePath(path)).toBeUndefined();
  });
  it.each([
    ['l', '/etc'],
    ['l', '..'],
    ['a/l', '../..'],
    ['a/l', '../../x'],
    ['l', 'a/../x'],
    ['a/b/l', '../c/../../../x'],
    ['l', ''],
    ['l', 'a\nb'],
  ])('%s -> %j leads out or nowhere', (path, target) => {
    expect(wrongWorkspaceLink(path, target)).toBeDefined();
  });
  it.each([
    ['l', 'a'],
    ['a/l', '..'],
    ['a/b/l', '../../x/y'],
    ['a/l', './b'],
  ])('%s -> %j stays inside', (path, target) => {
    expect(wrongWorkspaceLink(path, target)).toBeUndefined();
  });
});

describe('states that are not kept', () => {
  const state = (number: number, added_bytes: number, made_at = 0) => ({
    ...{ workspace: 'ws', number, root: '', files: 0, bytes: 0, made_by: '' },
    ...{ added_bytes, made_at },
  });
  const rules = { keep_snapshots: 3, keep_ms: null, quota_bytes: 100 };

  it('are beyond the number, the age, or the quota of what came later; never the current one', () => {
    const states = [5, 4, 3, 2, 1].map((number) => state(number, 10, number));
    expect(stale(rules, states, 10)).toEqual([1]);
    expect(stale({ ...rules, keep_snapshots: 0 }, states, 10)).toEqual([4, 3, 2, 1]);
    expect(stale({ ...rules, keep_ms: 6 }, states, 10)).toEqual([3, 2, 1]);
    expect(stale({ ...rules, keep_ms: 1, quota_bytes: 1 }, [state(9, 999)], 1e9)).toEqual([]);
    const large = [state(4, 60), state(3, 60), state(2, 60), state(1, 60)];
    expect(stale(rules, large, 10)).toEqual([2, 1]);
  });
});

describe('a turn', () => {
  it('is given on in the order of asking, and not to who gave up', async () => {
    const turn = createTurn();
    const first = await turn.take();
    const order: number[] = [];
    const gone = new AbortController();
    const second = turn.take().then((leave) => {
      order.push(2);
      leave();
    });
    const third = turn.take(gone.signal);
    const fourth = turn.take().then((leave) => {
      order.push(4);
      leave();
    });
    gone.abort(new Error('gave up'));
    await expect(third).rejects.toThrow('gave up');
    first();
    first(); // a second time it does nothing
    await Promise.all([second, fourth]);
    expect(order).toEqual([2, 4]);
    (await turn.take())();
  });
});

describe('who is granted a workspace', () => {
  const engine = createPolicyEngine();
  afterAll(() => engine.close());
  const request = (role: string, account = 'acme') =>
    ({
      ...{ action: 'service.call', principal: { id: 'key_1', name: '', kind: 'user', account, role } },
      resource: { type: 'operation', account: 'acme', service: 'mail' },
    }) as PolicyRequest;
  const grant = (role: string, granted: string[] = [], account?: string): Promise<Decision[]> =>
    grantWorkspaces({ archive: 'read', notes: 'write' }, request(role, account), granted, engine.authorise);

  it('owners and developers of its account; others by name and mode; nobody from another account by role', async () => {
    for (const role of ['owner', 'developer'])
      expect((await grant(role)).map(({ obligations }) => obligations)).toEqual([
        ['workspace:archive:read'],
        ['workspace:notes:write'],
      ]);
    for (const role of ['caller', 'auditor']) await expect(grant(role)).rejects.toThrow('archive');
    await expect(grant('owner', [], 'other')).rejects.toMatchObject({ code: 'policy-denied' });
    await expect(grant('caller', ['archive:read'])).rejects.toThrow('notes:write');
    await expect(grant('caller', ['archive:read', 'notes:read'])).rejects.toThrow('notes:write');
    expect(await grant('caller', ['archive:write', 'notes:write'], 'other')).toEqual([]);
  });
});
