import { spawnSync } from 'node:child_process';
import dns from 'node:dns/promises';
import fs from 'node:fs';
import inspector from 'node:inspector';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { Worker } from 'node:worker_threads';

const frame = (kind, body) => {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.writeUInt32LE(bytes.length + 1, 0);
  head.writeUInt8(kind, 4);
  return Buffer.concat([head, bytes]);
};
const connected = (options) =>
  new Promise((resolve, reject) => net.connect(options, () => resolve('connected')).on('error', reject));
const listening = (...where) =>
  new Promise((resolve, reject) =>
    net
      .createServer()
      .on('error', reject)
      .listen(...where, () => resolve('listens')),
  );

const attacks = {
  'a process': () => {
    const { error, status } = spawnSync('/bin/true');
    if (error) throw error;
    return status;
  },
  'a process by internals': () => {
    const stdio = [{ type: 'inherit', fd: 0 }];
    const { error, status } = process.binding('spawn_sync').spawn({ file: '/bin/true', args: ['true'], stdio });
    if (error) throw Object.assign(new Error(), { code: getSystemErrorName(error) });
    return status;
  },
  'the program replaced': () => process.execve('/bin/sh', ['sh', '-c', 'kill -9 1; exec sleep 100'], {}),
  'a connection': () => connected({ host: '127.0.0.1', port: 7700 }),
  'a socket by path': () => connected({ path: '/run/docker.sock' }),
  'a server': () => listening(0, '127.0.0.1'),
  'a server by path': () => listening('/tmp/server.sock'),
  'asking a name server': () => dns.resolve4('example.org'),
  'the inspector': () => {
    inspector.open(0, '127.0.0.1');
    if (inspector.url() === undefined) throw Object.assign(new Error(), { code: 'EPERM' });
    return inspector.url();
  },
  'becoming root': () => process.setuid(0),
  'descriptors of the platform': () =>
    fs
      .readdirSync('/proc/self/fd')
      .filter((name) => name !== '3')
      .map((name) => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${name}`);
        } catch {
          return ''; // the folder itself, closed meanwhile
        }
      })
      .filter((to) => /^socket:|^\/(?!dev\/null|tmp\/#|proc\/)/.test(to)),
  'memory of the process that answers': () => fs.openSync(`/proc/${process.ppid}/mem`, 'r+'),
  'memory of a neighbour': () => {
    for (const name of fs.readdirSync('/proc').filter((one) => /^\d+$/.test(one) && one !== String(process.pid)))
      return fs.openSync(`/proc/${name}/mem`, 'r+');
    throw Object.assign(new Error(), { code: 'ENOENT' });
  },
  'what the platform has in its environment': () => Object.keys(process.env).sort().join(' '),
  'files of the host': () => {
    const open = [
      '/root',
      '/home',
      '/etc/shadow',
      '/etc/hosts',
      '/sys',
      '/proc/1/environ',
      '/var/lib',
      '/proc/cpuinfo',
    ];
    return open.filter((path) => {
      try {
        fs.accessSync(path, fs.constants.R_OK);
        return true;
      } catch {
        return false;
      }
    });
  },
  'killing all there is': () => {
    process.kill(1, 9);
    process.kill(-1, 9);
    return 'alive';
  },
  'stopping the process that answers': () => {
    for (let pid = 2; pid < 50; pid++)
      try {
        if (pid !== process.pid) process.kill(pid, 'SIGSTOP');
      } catch {}
    return 'stopped';
  },
  'an answer of its own making': () => {
    fs.writeSync(3, frame(3 + 1, '"forged"'));
    return 'true';
  },
  'bytes that are no frame': () => {
    fs.writeSync(3, Buffer.from([2, 0, 0, 0, 99, 1, 255]));
    return 'true';
  },
  'a frame without end': () => {
    fs.writeSync(3, Buffer.from([255, 255, 255, 255, 4]));
    for (;;) fs.writeSync(3, Buffer.alloc(65536));
  },
  'a stream in place of a value, without end': () => {
    for (;;) fs.writeSync(3, frame(5, '{"x":1}'));
  },
  'the end of the channel': () => {
    fs.closeSync(3);
    return new Promise((resolve) => setTimeout(resolve, 5000));
  },
  'an exit that looks like an answer': () => process.exit(77),
  'a thread that goes on when all is answered': async () => {
    const code = `const fs = require('node:fs'); for (;;) { try { fs.writeFileSync('/tmp/left', 'x'); fs.writeSync(3, Buffer.alloc(4096, 7)); } catch {} }`;
    const worker = new Worker(code, { eval: true, resourceLimits: { codeRangeSizeMb: 16 } });
    await new Promise((resolve, reject) => worker.on('online', resolve).on('error', reject));
    return 'answered';
  },
  'threads without end': async () => {
    const limits = { codeRangeSizeMb: 1, maxOldGenerationSizeMb: 2, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };
    for (let count = 0; count < 200; count++) {
      const worker = new Worker('setInterval(() => {}, 1e6)', { eval: true, resourceLimits: limits });
      await new Promise((resolve, reject) => worker.on('online', resolve).on('error', reject).on('exit', reject));
    }
    return 'all of them';
  },
  'memory of buffers': () => {
    const all = [];
    for (;;) all.push(new ArrayBuffer(1 << 24)) && new Uint8Array(all.at(-1)).fill(1);
  },
  'memory that grows as it is shared': () => {
    const all = [];
    for (;;) {
      const one = new SharedArrayBuffer(0, { maxByteLength: 1 << 28 });
      one.grow(1 << 28);
      all.push(new Uint8Array(one).fill(1));
    }
  },
  'memory of WebAssembly': () => {
    const all = [];
    for (;;) {
      const memory = new WebAssembly.Memory({ initial: 1000, maximum: 60000 });
      new Uint8Array(memory.buffer).fill(1);
      all.push(memory);
    }
  },
  'memory of the heap': () => {
    const all = [];
    for (let i = 0; ; i++) all.push(new Array(100_000).fill(i + 0.5));
  },
  'a file without end': () => {
    const handle = fs.openSync('/tmp/big', 'w');
    for (;;) fs.writeSync(handle, Buffer.alloc(1 << 20, 1));
  },
  'tasks without end': async () => {
    for (;;) await null;
  },
  'a pattern without end': () => /^(a+)+$/.test(`${'a'.repeat(60)}b`),
};

for (const [name, path] of [
  ["writing to the module's code", '/code/left'],
  ["writing to the platform's own", '/node/runtime/left'],
  ["writing to Node's folder", '/node/bin/left'],
])
  attacks[name] = () => fs.writeFileSync(path, 'x');

export const attempt = async (name) => {
  try {
    return `it worked: ${JSON.stringify(await attacks[name]())}`;
  } catch (error) {
    return `refused: ${error.code ?? error.name}`;
  }
};

export const leave = () => {
  globalThis.left = 'here';
  Object.prototype.left = 'here';
  process.env.LEFT = 'here';
  process.title = 'left';
  process.on('exit', () => {});
  return 'left';
};
export const found = () => [globalThis.left, {}.left, process.env.LEFT, fs.existsSync('/tmp/left')].map(String).join();
