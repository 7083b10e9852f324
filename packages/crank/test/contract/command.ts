import { expect } from 'vitest';
import type { RuntimeAdapter } from './runtime.contract.ts';

const OPERATIONS = {
  echo: { command: 'cat {text:stdin}' },
  fail: { command: 'ls no-such-thing' },
  crash: { command: "sh -c 'kill -SEGV $$'" },
  spin: { command: 'sha256sum /dev/zero' },
  sleep: { command: "sh -c 'sleep 3600; :' {mark}" },
  hog: { command: 'tail /dev/zero' },
  long: { command: 'printf %{size:int}s x' },
  large: { command: 'head -c {size:int} /dev/zero', output: 'file' },
  fill: { command: 'dd if=/dev/zero of=/tmp/big bs=1M count={mebibytes:int} status=none' },
  processes: {
    command: 'sh -c \'i=0; while [ $i -lt "$1" ]; do sleep 3600 & i=$((i+1)); done; echo "$i"\' sh {count:int}',
  },
  shout: { command: 'dd conv=ucase if={file:in} of={loud:out.txt} status=none' },
  count: { command: 'seq {to:int}', output: 'lines' },
  flood: { command: 'seq -f {mark}%g inf', output: 'lines' },
  connect: { command: 'bash -c \'exec 3<>"/dev/tcp/127.0.0.1/$1"\' bash {port:int}' },
  read: { command: 'cat {path}' },
  leave: { command: 'touch -- /tmp/{name} {copy}' },
  look: { command: 'ls -A . /tmp' },
};

const on =
  (operation: string) =>
  (json: object): { path: string; json: object } => ({ path: `tools/${operation}`, json });

/** Programs that every Debian has. */
export const command: RuntimeAdapter = {
  name: 'command',
  deploy: async (node, bounds, short) => {
    for (const [name, limits] of [
      ['tools', { ...bounds, subprocesses: 6 }],
      ['tools-short', { ...bounds, wall: short }],
    ] as const) {
      const manifest = JSON.stringify({ runtime: 'command', operations: OPERATIONS, limits });
      const answer = await node.deploy(name, { 'crank.json': manifest });
      expect(answer.status, answer.text).toBe(201);
    }
  },
  failure: /ExitStatus.*ls ended with status 2.*no-such-thing/s,
  does: {
    echo: on('echo'),
    refuse: () => ({ path: 'tools/long', json: { size: 'x' } }),
    fail: on('fail'),
    crash: on('crash'),
    spin: on('spin'),
    sleep: (json) => ({ path: 'tools-short/sleep', json }),
    hog: on('hog'),
    long: on('long'),
    large: on('large'),
    fill: on('fill'),
    processes: on('processes'),
    shout: ({ file: { name, text } }) => ({
      path: 'tools/shout',
      json: { file: { name, base64: Buffer.from(text).toString('base64') } },
    }),
    count: on('count'),
    flood: ({ mark }) => ({ path: 'tools/flood', json: { mark: mark.repeat(500) } }),
    connect: on('connect'),
    read: on('read'),
    leave: ({ name }) => ({ path: 'tools/leave', json: { name, copy: name } }),
    look: on('look'),
  },
};
