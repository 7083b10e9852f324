import { expect } from 'vitest';
import type { Request, RuntimeAdapter } from './runtime.contract.ts';

const OPERATIONS = {
  echo: { command: 'cat {text:stdin}' },
  fail: { command: 'ls no-such-thing' },
  reject: { command: "sh -c 'echo no such row >&2; exit 65'", inputExitCodes: [65] },
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

/** Programs that every Debian has. */
const commands = (name: string, service: string, isolation: string): RuntimeAdapter => {
  const on =
    (operation: string) =>
    (json: object): Request => ({ path: `${service}/${operation}`, json });
  return {
    name,
    deploy: async (node, bounds, short) => {
      for (const [called, limits] of [
        [service, { ...bounds, subprocesses: 6 }],
        [`${service}-short`, { ...bounds, wall: short }],
      ] as const) {
        const manifest = JSON.stringify({ runtime: 'command', isolation, operations: OPERATIONS, limits });
        const answer = await node.deploy(called, { 'crank.json': manifest });
        expect(answer.status, answer.text).toBe(201);
      }
    },
    failure: /ExitStatus.*ls ended with status 2.*no-such-thing/s,
    does: {
      echo: on('echo'),
      refuse: () => on('long')({ size: 'x' }),
      fail: on('fail'),
      reject: on('reject'),
      crash: on('crash'),
      spin: on('spin'),
      sleep: (json) => ({ path: `${service}-short/sleep`, json }),
      hog: on('hog'),
      long: on('long'),
      large: on('large'),
      fill: on('fill'),
      processes: on('processes'),
      shout: ({ file: { name: file, text } }) =>
        on('shout')({ file: { name: file, base64: Buffer.from(text).toString('base64') } }),
      count: on('count'),
      flood: ({ mark }) => on('flood')({ mark: mark.repeat(500) }),
      connect: on('connect'),
      read: on('read'),
      leave: ({ name: copy }) => on('leave')({ name: copy, copy }),
      look: on('look'),
    },
  };
};

export const command = commands('command', 'tools', 'fresh');
/** One process serves them all, and is not what the tool is: nothing stays here either. */
export const warmCommand = commands('command, warm', 'warm-tools', 'warm');
