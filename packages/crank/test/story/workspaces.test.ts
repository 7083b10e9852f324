import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opaPath } from '../policy/opa.ts';
import { startNode, type TestNode } from '../support/node.ts';

const SOURCE = readFileSync(new URL('workspaces/notes.py', import.meta.url), 'utf8');
const SECRET = 'only the owner of this may read it';

type Json = Record<string, unknown> & { code?: string; detail?: string };
interface Used {
  name: string;
  mode: string;
  before: string;
  after: string;
}

/** How often the node is killed while calls write. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 1);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Every file that a node wrote, also where nobody but us would list it. */
const filesBelow = (folder: string): string[] => {
  const mode = statSync(folder).mode & 0o7777;
  chmodSync(folder, mode | 0o400);
  const entries = readdirSync(folder, { withFileTypes: true });
  chmodSync(folder, mode);
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
};

/** Whether a file has a text in it. Files of mode 000 hold nothing: sandboxes see them in place of others. Some go while we look. */
const has = (path: string, text: string): boolean => {
  try {
    return (statSync(path).mode & 0o400) !== 0 && readFileSync(path).includes(text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

describe('workspaces', () => {
  let node: TestNode;

  const call = async (operation: string, input: object = {}, key?: string, headers: Record<string, string> = {}) => {
    const path = `/v1/services/notes/${operation}`;
    const answer = await node.request<Json>('POST', path, { json: input, headers, ...(key !== undefined && { key }) });
    return { status: answer.status, id: answer.headers.get('crank-call') ?? '', text: answer.text, json: answer.json };
  };
  const predicateOf = async (id: string): Promise<Record<string, unknown>> => {
    const receipt = (await node.request<{ envelope: { payload: string } }>('GET', `/v1/receipts/${id}`)).json;
    return JSON.parse(Buffer.from(receipt.envelope.payload, 'base64').toString()).predicate;
  };
  const keyOf = async (role: string): Promise<string> =>
    (await node.request<{ key: string }>('POST', '/v1/keys', { json: { name: role, role } })).json.key;
  const usedBy = async (id: string): Promise<Used> => ((await predicateOf(id))['workspaces'] as Used[])[0]!;
  const about = async (): Promise<Json> => (await node.request<Json>('GET', '/v1/workspaces/notes')).json;
  const names = async (): Promise<unknown> => (await call('read')).json['names'];

  beforeAll(async () => {
    node = await startNode();
    const deployed = await node.deploy('notes', {
      'notes.py': SOURCE,
      'crank.json': '{"limits": {"tmpBytes": 8388608}}',
    });
    expect(deployed.status, deployed.text).toBe(201);
    expect(JSON.stringify(deployed.json['findings'])).toContain('crank workspace create notes');
  });
  afterAll(() => node.remove());

  it('a call that asks for one that is not there is refused, and says what to do', async () => {
    const refused = await call('read');
    expect([refused.status, refused.json.code]).toEqual([404, 'not-found']);
    expect(refused.json.detail).toContain('crank workspace');
    expect((await call('without')).json).toEqual([]);
  });

  it('is made with a quota, empty, and with a receipt', async () => {
    const body = { name: 'notes', quotaBytes: 1_000_000, keepSnapshots: 5 };
    const made = await node.request<Json>('POST', '/v1/workspaces', { json: body });
    expect([made.status, made.json['files'], made.json['quotaBytes']], made.text).toEqual([201, 0, 1_000_000]);
    expect(await predicateOf(made.json['receipt'] as string)).toMatchObject({
      kind: 'workspace.create',
      object: { workspace: 'notes', quotaBytes: 1_000_000 },
    });
    const again = await node.request<Json>('POST', '/v1/workspaces', { json: body });
    expect([again.status, again.json.code]).toEqual([409, 'version-conflict']);
    expect(await names()).toEqual([]);
  });

  it('keeps what a call wrote; the receipt says from which state to which', async () => {
    const before = await about();
    const wrote = await call('write', { path: 'a/secret.txt', text: SECRET });
    expect(wrote.text).toBe('1');
    const after = await about();
    expect(await usedBy(wrote.id)).toEqual({
      name: 'notes',
      mode: 'write',
      before: before['digest'],
      after: after['digest'],
    });
    expect(after['digest']).toBe(`sha256:${sha256(`crank-workspace-v1\n${after['salt']}\n${after['root']}\n`)}`);
    expect([after['files'], after['bytes'], after['snapshot']]).toEqual([2, SECRET.length, 1]);
    const read = await call('read', { path: 'a/secret.txt' });
    expect(read.json).toEqual({ text: SECRET });
    expect(await usedBy(read.id)).toMatchObject({ mode: 'read', before: after['digest'], after: after['digest'] });
    const file = join(node.data, 'workspace-receipt.json');
    await node.crank(['receipt', 'get', wrote.id, '-o', file]);
    expect((await node.crank(['receipt', 'verify', file])).code).toBe(0);
  });

  it('a call that fails changes nothing, and neither does one whose answer is refused', async () => {
    const before = await about();
    const failed = await call('write', { path: 'b.txt', text: 'lost', fail: true });
    expect([failed.status, failed.json.code]).toEqual([500, 'script-error']);
    expect(await usedBy(failed.id)).toMatchObject({ before: before['digest'], after: before['digest'] });
    expect(await about()).toEqual(before);
    expect(await names()).toEqual(['a', 'a/secret.txt']);
  });

  it('writers come one after the other, and none is lost; readers see whole states', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => `line${i}`);
    const wrote = lines.map((line) => call('add', { line }));
    const seen = await Promise.all(lines.map(() => call('read', { path: 'lines' })));
    const answers = await Promise.all(wrote);
    expect(answers.map(({ status }) => status)).toEqual(lines.map(() => 200));
    const last = answers.map(({ json }) => json as unknown as string[]).find(({ length }) => length === lines.length)!;
    expect([...last].sort()).toEqual([...lines].sort());
    // Each starts from what the one before made.
    const used = await Promise.all(answers.map(({ id }) => usedBy(id)));
    const after = new Map(used.map((one) => [one.before, one.after]));
    expect(after.size).toBe(lines.length);
    for (const { status, json } of seen) {
      if (status !== 200) continue; // before the first line there is no such file
      const text = json['text'] as string;
      expect(last.join('\n').startsWith(text.trim())).toBe(true);
    }
  });

  it('a job writes, too, and its receipt has the states', async () => {
    const { bytes } = await about();
    const taken = await call('add', { line: 'by-a-job' }, undefined, { prefer: 'respond-async' });
    expect(taken.status, taken.text).toBe(202);
    await expect
      .poll(async () => (await node.request<Json>('GET', `/v1/jobs/${taken.id}`)).json['outcome'], { timeout: 20_000 })
      .toBe('ok');
    const { after, before } = await usedBy(taken.id);
    expect(after).not.toBe(before);
    expect(await about()).toMatchObject({ digest: after, bytes: (bytes as number) + 'by-a-job\n'.length });
  });

  it('what does not fit its quota is refused, with nothing kept', async () => {
    const before = await about();
    const full = await call('run', {
      code: `open(W + '/big', 'wb').write(bytes(990_000))\nopen(W + '/more', 'wb').write(bytes(100_000))`,
    });
    expect([full.status, full.json.code], full.text).toEqual([500, 'script-error']);
    const holes = await call('run', { code: `open(W + '/big', 'wb').truncate(2_000_000)` });
    expect([holes.status, holes.json.code], holes.text).toEqual([507, 'workspace-full']);
    const twice = await call('run', { code: `open(W + '/big', 'wb').write(bytes(600_000))` });
    expect(twice.status).toBe(200);
    const over = await call('run', { code: `open(W + '/other', 'wb').write(bytes(600_000))` });
    expect([over.status, over.json.code, over.json.detail]).toEqual([
      507,
      'workspace-full',
      expect.stringContaining('--quota'),
    ]);
    expect((await call('run', { code: `os.remove(W + '/big')` })).status).toBe(200);
    expect(await about()).toMatchObject({ digest: before['digest'], bytes: before['bytes'] });
  });

  it('what cannot be kept is refused with its name', async () => {
    for (const [code, said] of [
      [`os.mkfifo(W + '/pipe')`, '"pipe", which the call left in the workspace notes, is a named pipe'],
      [`os.symlink('/etc/passwd', W + '/out')`, 'absolute path'],
    ]) {
      const refused = await call('run', { code });
      expect([refused.status, refused.json.code], refused.text).toEqual([500, 'invalid-output']);
      expect(refused.json.detail).toContain(said);
    }
  });

  it('nothing of it is plain on the disk but its open copy, and that goes when the node stops', async () => {
    const isPlain = (path: string): boolean => has(path, SECRET);
    const plain = filesBelow(node.data).filter(isPlain);
    expect(plain.length).toBeGreaterThan(0);
    expect(plain.filter((path) => !path.startsWith(join(node.data, 'open')))).toEqual([]);
    const before = await about();
    await node.stop();
    expect(filesBelow(node.data).filter(isPlain)).toEqual([]);
    await node.start();
    expect(await about()).toEqual(before);
    expect((await call('read', { path: 'a/secret.txt' })).json).toEqual({ text: SECRET });
  });

  it(
    'a node that is killed leaves a committed state, with all that was answered, and wipes what was plain',
    async () => {
      let round = 0;
      const kept = async () => ((await call('read', { path: 'lines' })).json['text'] as string).trim().split('\n');
      for (; round < ROUNDS; round++) {
        const before = await kept();
        const answered: string[] = [];
        const enough = Promise.withResolvers<void>();
        let going = true;
        const writers = Array.from({ length: 3 }, async (_, writer) => {
          for (let n = 0; going; n++) {
            const line = `round${round}writer${writer}n${n}`;
            const { status } = await call('add', { line }).catch(() => ({ status: 0 }));
            if (status === 200) answered.push(line);
            if (answered.length >= 5) enough.resolve();
          }
        });
        await enough.promise;
        await new Promise((resolve) => setImmediate(resolve));
        await node.stop('SIGKILL');
        going = false;
        await Promise.all(writers);
        writeFileSync(join(node.data, 'open', 'left-plain'), SECRET);
        await node.start();
        expect(readdirSync(join(node.data, 'open'))).toEqual(['stage']);
        const after = await kept();
        expect(after.slice(0, before.length)).toEqual(before);
        expect(after).toEqual(expect.arrayContaining(answered));
        // At most the one that had the turn was committed without being answered.
        expect(after.length - before.length - answered.length).toBeOneOf([0, 1]);
        expect((await call('add', { line: 'goes-on' })).json).toEqual([...after, 'goes-on']);
      }
      expect(await names()).toEqual(['a', 'a/secret.txt', 'lines']);
      expect((await node.crank(['log', 'verify'])).code).toBe(0);
    },
    ROUNDS * 60_000,
  );

  it('files go in and out over the command line, and folders as an archive', async () => {
    const files = join(node.data, 'files');
    mkdirSync(files);
    const tool = join(files, 'tool.sh');
    writeFileSync(tool, '#!/bin/sh\necho ünï\n', { mode: 0o755 });
    const put = await node.crank(['workspace', 'put', 'notes', 'bin/ünï tool.sh', tool]);
    expect([put.code, put.stdout], put.stderr).toEqual([0, expect.stringContaining('receipt act_')]);
    const send = (path: string, body: Uint8Array<ArrayBuffer> | string) =>
      node.request<Json>('PUT', `/v1/workspaces/notes/files/${encodeURI(path)}`, { body });
    const again = await node.request<Json>(
      'PUT',
      `/v1/workspaces/notes/files/${encodeURI('bin/ünï tool.sh')}?executable=true`,
      {
        body: new Uint8Array(readFileSync(tool)),
      },
    );
    expect([again.status, again.json['receipt']]).toEqual([200, null]);
    const deep = `deep/${'long-'.repeat(30)}/${'name-'.repeat(30)}`;
    expect((await send(deep, 'long')).status).toBe(201);
    expect((await call('run', { code: `os.symlink('../a/secret.txt', W + '/bin/link')` })).status).toBe(200);

    const listed = JSON.parse((await node.crank(['workspace', 'ls', 'notes', '-r', '--json'])).stdout) as Json[];
    const paths = listed.map(({ path }) => path as string);
    expect(paths.slice(0, 5)).toEqual(['a', 'a/secret.txt', 'bin', 'bin/link', 'bin/ünï tool.sh']);
    expect(listed.find(({ path }) => path === 'bin/ünï tool.sh')).toMatchObject({
      sha256: sha256(readFileSync(tool, 'utf8')),
      executable: true,
    });
    const got = join(files, 'got');
    expect((await node.crank(['workspace', 'get', 'notes', 'bin/ünï tool.sh', '-o', got])).code).toBe(0);
    expect(readFileSync(got)).toEqual(readFileSync(tool));
    // A link is not followed, whatever it points to.
    const link = await node.request<Json>('GET', '/v1/workspaces/notes/files/bin/link');
    expect([link.status, link.json.detail]).toEqual([422, expect.stringContaining('is a link')]);

    const archive = join(files, 'notes.tar');
    expect((await node.crank(['workspace', 'archive', 'notes', '-o', archive])).code).toBe(0);
    execFileSync('tar', ['-xf', archive, '-C', files]);
    expect(readFileSync(join(files, 'a/secret.txt'), 'utf8')).toBe(SECRET);
    expect(readFileSync(join(files, deep), 'utf8')).toBe('long');
    expect([readlinkSync(join(files, 'bin/link')), statSync(join(files, 'bin/ünï tool.sh')).mode & 0o111]).toEqual([
      '../a/secret.txt',
      0o111,
    ]);
    expect(
      (await call('run', { code: `import subprocess\nresult = os.access(W + '/bin/ünï tool.sh', os.X_OK)` })).json,
    ).toBe(true);
  });

  it('hostile paths and bodies are refused, with nothing changed', async () => {
    const before = await about();
    for (const path of [
      '..%2f..%2fx',
      'a/%2e%2e/%2e%2e/x',
      '%00',
      'a%0ab',
      'a//b',
      `${'x/'.repeat(65)}x`,
      'a/secret.txt/x',
      'bin/link/x',
      'bin',
      `${'y'.repeat(256)}`,
    ]) {
      const answer = await node.request<Json>('PUT', `/v1/workspaces/notes/files/${path}`, { body: 'x' });
      expect([path, answer.status >= 400 && answer.status < 500], answer.text).toEqual([path, true]);
    }
    const large = await node.request<Json>('PUT', '/v1/workspaces/notes/files/large', { body: 'x'.repeat(1_000_001) });
    expect([large.status, large.json.code]).toEqual([413, 'too-large']);
    const over = await node.request<Json>('PUT', '/v1/workspaces/notes/files/large', { body: 'x'.repeat(999_990) });
    expect([over.status, over.json.code]).toEqual([507, 'workspace-full']);
    expect(await about()).toEqual(before);
    expect(readdirSync(join(node.data, 'open', 'stage'))).toEqual([]);
  });

  it('earlier states are kept, so many of them, and come back', async () => {
    const snapshots = async () =>
      (await node.request<{ snapshots: Json[] }>('GET', '/v1/workspaces/notes/snapshots')).json.snapshots;
    const before = await about();
    const ask = (method: string, path: string) => node.request<Json>(method, `/v1/workspaces/notes/${path}`);
    expect((await ask('DELETE', 'files/bin')).json['receipt']).toMatch(/^act_/);
    expect(await names()).not.toContain('bin');
    const all = await snapshots();
    expect(all.length).toBe(6); // the current one, and keepSnapshots of them
    expect((await ask('POST', `snapshots/${before['snapshot']}/restore`)).json['receipt']).toMatch(/^act_/);
    expect(await about()).toMatchObject({ digest: before['digest'] });
    expect(await names()).toContain('bin/ünï tool.sh');
    const [current, second] = (await snapshots()).map(({ number }) => String(number));
    expect((await ask('DELETE', `snapshots/${current}`)).status).toBe(409);
    expect((await ask('DELETE', `snapshots/${second}`)).status).toBe(200);
    expect((await ask('DELETE', `snapshots/${second}`)).status).toBe(404);
    expect((await snapshots()).map(({ number }) => String(number))).not.toContain(second);
    const kept = await node.crank(['workspace', 'set', 'notes', '--snapshots', '0', '--quota', '2M']);
    expect(kept.code, kept.stderr).toBe(0);
    expect((await call('write', { path: 'last', text: 'x' })).status).toBe(200);
    expect(await snapshots()).toHaveLength(1);
    expect((await node.crank(['workspace', 'show', 'notes'])).stdout).toContain('2.0 MiB');
  });

  it('callers and auditors of the account have none by their role', async () => {
    const caller = await keyOf('caller');
    const denied = await call('read', {}, caller);
    expect([denied.status, denied.json.code]).toEqual([403, 'policy-denied']);
    expect(denied.json.detail).toContain('allow contains "notes:read"');
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/files'],
      ['GET', '/files/last'],
      ['DELETE', ''],
      ['GET', '/archive'],
    ] as const)
      expect((await node.request<Json>(method, `/v1/workspaces/notes${path}`, { key: caller })).status).toBe(403);
    expect((await node.request('GET', '/v1/workspaces/notes/files/last', { key: await keyOf('auditor') })).status).toBe(
      403,
    );
  });

  it.skipIf(opaPath === undefined)(
    'a policy of the account lends one to callers, in the mode that it names',
    async () => {
      const caller = await keyOf('caller');
      const text = 'package crank.workspaces\n\nallow contains "notes:read" if input.principal.role == "caller"\n';
      const applied = await node.request<Json>('POST', '/v1/policies', {
        json: { files: [{ path: 'lend.rego', text }] },
      });
      expect(applied.status, applied.text).toBe(200);
      const lent = await call('read', { path: 'last' }, caller);
      expect([lent.status, lent.json], lent.text).toEqual([200, { text: 'x' }]);
      expect(JSON.stringify((await predicateOf(lent.id))['decisions'])).toContain('workspace:notes:read');
      expect((await call('write', { path: 'x', text: 'y' }, caller)).json.code).toBe('policy-denied');
    },
  );

  it('is removed with all that is in it', async () => {
    const folder = readdirSync(join(node.data, 'workspaces'));
    expect(folder).toHaveLength(1);
    const removed = await node.crank(['workspace', 'remove', 'notes']);
    expect([removed.code, removed.stdout], removed.stderr).toEqual([0, expect.stringContaining('receipt act_')]);
    expect(readdirSync(join(node.data, 'workspaces'))).toEqual([]);
    expect(readdirSync(join(node.data, 'open'))).toEqual(['stage']);
    expect((await call('read')).status).toBe(404);
    expect((await node.crank(['log', 'verify'])).code).toBe(0);
  });
});
