import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNode, whoServes } from '../start/node-process.ts';
import { commands, quote, usageLine } from '../start/show.ts';
import { temporary } from './temporary.ts';

const serving = async (body: string, use: (url: string) => Promise<void>): Promise<void> => {
  const server = createServer((_, answer) => answer.end(body));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    await new Promise((done) => server.close(done));
  }
};

test('a taken port: a Crank node or another program', async () => {
  let freed = '';
  await serving('<html>', async (url) => {
    expect(await whoServes(url)).toBe('another');
    freed = url;
  });
  expect(await whoServes(freed)).toBe('nobody');
  await serving('crank/n1+0a1b2c3d+AXkq\n', async (url) => expect(await whoServes(url)).toBe('crank'));
});

test('npm start says who has the port, and what to do', async () => {
  await serving('<html>', async (url) => {
    const child = spawn(process.execPath, ['tools/start.ts'], { env: { ...process.env, CRANK_URL: url } });
    let said = '';
    child.stderr.on('data', (bytes) => (said += bytes));
    const status = await new Promise((done) => child.on('close', done));
    expect(said).toBe(
      `Another program answers at ${url}. Stop it, or take another port: CRANK_URL=http://127.0.0.1:7701 npm start\n`,
    );
    expect(status).toBe(1);
  });
});

test.each(['plain', "it's", 'a b', '$(x) `y` "z"', '\\', '{"text":"to be"}', 'ö\nü'])(
  'a shell reads %j as one word',
  (text) => {
    const { stdout } = spawnSync('sh', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' });
    expect(stdout).toBe(text);
  },
);

test('the commands shown can be pasted', () => {
  const example = { name: 'words', path: 'words.py', operation: 'top', input: {}, files: {}, needsNetwork: false };
  const { curl, crank } = commands('http://127.0.0.1:7700', '/data dir', example, { text: "it's" }, ['CRANK_DATA=/d']);
  expect(curl).toBe(
    `curl http://127.0.0.1:7700/v1/services/words/top -H "Authorization: Bearer $(cat '/data dir/owner.key')" -H 'Content-Type: application/json' -d '{"text":"it'\\''s"}'`,
  );
  expect(crank).toBe(`CRANK_DATA=/d npx crank call words.top --input '{"text":"it'\\''s"}'`);
});

test('usage has figures that people can read', () => {
  const record = {
    usage: { cpuNs: 1_234_567, wallNs: 1, peakMemoryBytes: 1 },
    energy: { joules: 0.012345, grade: 'D' },
    carbon: { grams: 0.0000016 },
    charge: { total: '0.0000100', currency: 'USD' },
  };
  expect(usageLine(record)).toBe('1.23 ms CPU, 12.3 mJ (grade D), 1.6 µgCO2e, charge 0.0000100 USD');
});

/** Stands for `crank up`: ready after a while, writes down its arguments and signals, takes its time to stop. */
const slowNode = `#!/usr/bin/env node
const fs = require('node:fs');
const [, , , , host, , port, , data] = process.argv;
const say = (line) => fs.appendFileSync(data + '/said', line + '\\n');
let asked = 0;
const server = require('node:http').createServer((_, answer) => { answer.statusCode = asked++ < 2 ? 503 : 200; answer.end(); });
server.listen(Number(port), host);
process.on('SIGTERM', () => { say('TERM'); setTimeout(() => process.exit(0), 200); });
process.on('SIGINT', () => say('INT'));
say(process.argv.slice(2).join(' '));
`;

test('the node is waited for until it is ready, and asked to stop once', async () => {
  using folder = temporary();
  const program = join(folder.path, 'crank');
  writeFileSync(program, slowNode, { mode: 0o755 });
  let url = '';
  await serving('', async (free) => {
    url = free;
  });
  const node = startNode(url, folder.path, process.env, program);
  await node.ready();
  node.stop();
  node.stop();
  expect(await node.ended).toBe(0);
  const port = new URL(url).port;
  expect(readFileSync(join(folder.path, 'said'), 'utf8')).toBe(
    `up --host 127.0.0.1 --port ${port} --data ${folder.path}\nTERM\n`,
  );
});

test('a node that ends before it is ready is not waited for', async () => {
  const node = startNode('http://127.0.0.1:9', '/nowhere', process.env, '/bin/false');
  await expect(node.ready()).rejects.toThrow('ended before it was ready');
  expect(await node.ended).toBe(1);
});
