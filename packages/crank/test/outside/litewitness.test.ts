import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { formatVkey, KEY_TYPES, keyId, parsePolicy, verifyReceipt } from 'crank-verify';
import { afterAll, describe, expect, it } from 'vitest';
import { EMPTY_ROOT } from '#src/engines/audit/merkle.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { temporaryFolder } from '../support/temporary.ts';

const NAME = 'witness.example/lite';
const folder = temporaryFolder('litewitness');
const file = (name: string): string => join(folder.path, name);
const root = fileURLToPath(new URL('../../../../tools/outside', import.meta.url));
const program = file('program');
const build = spawnSync('go', ['-C', root, 'build', '-o', program, 'filippo.io/torchwood/cmd/litewitness'], {
  encoding: 'utf8',
});
const agent = spawnSync('ssh-agent', ['-h'], { encoding: 'utf8' });
/** Go, its modules from the network once, and OpenSSH's agent, which holds the witness' key. */
const there =
  build.error === undefined &&
  agent.error === undefined &&
  !/dial tcp|no such host|proxyconnect|i\/o timeout/.test(build.stderr);

/** torchwood's litewitness, which other people run as a public witness, cosigns a node's log. */
describe.skipIf(!there)('a witness that is not ours (needs Go and ssh-agent)', () => {
  const running: ChildProcess[] = [];
  let node: TestNode | undefined;
  afterAll(async () => {
    await node?.remove();
    for (const child of running) {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
    folder.remove();
  });

  it('cosigns the log of a node, head by head, and notices when it is another log', async () => {
    expect(build.stderr).not.toContain('error');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'witness', '-f', file('key')]);
    const socket = file('agent');
    running.push(spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' }));
    await expect.poll(() => existsSync(socket), { timeout: 20_000 }).toBe(true);
    execFileSync('ssh-add', ['-q', file('key')], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    const fingerprint = execFileSync('ssh-keygen', ['-lf', file('key.pub')], { encoding: 'utf8' }).split(' ')[1]!;
    // The last 32 bytes of an OpenSSH public key.
    const publicKey = Buffer.from(readFileSync(file('key.pub'), 'utf8').split(' ')[1]!, 'base64').subarray(-32);
    const type = KEY_TYPES.cosignature;
    const vkey = formatVkey({ name: NAME, id: await keyId(NAME, publicKey, type), type, publicKey });

    node = await startNode();
    const ours = (await node.request('GET', '/log/vkey')).text.trim();
    const listen = '127.0.0.1:17380';
    const options = ['-listen', listen, '-name', NAME, '-db', file('db'), '-ssh-agent', socket, '-key', fingerprint];
    const witness = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    running.push(witness);
    let said = '';
    witness.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await expect.poll(() => said, { timeout: 30_000 }).toContain('listening');
    // What its own witnessctl does for add-log and add-key.
    const db = new DatabaseSync(file('db'));
    const origin = ours.split('+')[0]!;
    db.prepare('insert into log values (?, 0, ?)').run(origin, Buffer.from(EMPTY_ROOT).toString('base64'));
    db.prepare('insert into key values (?, ?)').run(origin, ours);

    const added = await node.crank(['log', 'witness', 'add', vkey, `http://${listen}`]);
    expect(added.code, added.stderr).toBe(0);
    await node.deploy('echo', { 'echo.py': 'def echo(text: str) -> str:\n    return text\n' });
    const policy = await parsePolicy((await node.crank(['log', 'witness', 'policy'])).stdout);
    for (let round = 0; round < 3; round++) {
      const called = await node.request('POST', '/v1/services/echo/echo', { json: { text: 'x' } });
      const path = called.headers.get('crank-receipt')!;
      await expect
        .poll(
          async () =>
            verifyReceipt((await node!.request('GET', path)).text, { vkeys: [], policy }).then(
              ({ checkpoint }) => checkpoint.cosigned,
              () => [],
            ),
          { timeout: 30_000, interval: 300 },
        )
        .toEqual([NAME]);
    }
    const { tree_size: size } = db.prepare('select tree_size from log').get() as { tree_size: number };
    expect(size).toBeGreaterThanOrEqual(5);

    // As if somebody else with this log's key had shown the witness another history, longer than ours.
    db.prepare('update log set tree_size = ?, tree_hash = ?').run(size + 100, Buffer.alloc(32, 1).toString('base64'));
    db.close();
    await node.request('POST', '/v1/services/echo/echo', { json: { text: 'x' } });
    await expect
      .poll(async () => (await node!.request('GET', '/metrics')).text, { timeout: 30_000 })
      .toContain('crank_log_alarms 1');
    await expect.poll(() => node!.said(), { timeout: 10_000 }).toContain('goes on as a second history');
  });
});
