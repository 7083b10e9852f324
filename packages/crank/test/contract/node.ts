import { expect } from 'vitest';
import type { Request, RuntimeAdapter } from './runtime.contract.ts';

const SOURCE = `
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export const echo = (text: string): string => text;
export const fail = (): void => { throw new TypeError('no such thing'); };
export const reject = (context: { invalidInput(message: string, ...path: (string | number)[]): Error }): void => { throw context.invalidInput('no such row', 'rows', 3, 'a/b'); };
class Marked extends Error { [Symbol.for('crank.invalid-input')] = ['rows', 3, 'a/b']; }
export const marked = (): void => { throw new Marked('no such row'); };
export const crash = (): void => { process.kill(process.pid, 'SIGSEGV'); while (true); };
export const spin = (): void => { while (true); };
export const sleep = async (mark: string): Promise<void> => { process.title = mark; await wait(3_600_000); };
export const hog = (): void => { const kept = []; while (true) kept.push(Buffer.alloc(1 << 20, 1)); };
export const long = (size: number): string => 'x'.repeat(size);
export const large = (size: number): File => new File([new Uint8Array(size)], 'large.bin');
export const fill = (mebibytes: number): boolean => {
  writeFileSync('/tmp/big', Buffer.alloc(mebibytes * 2 ** 20));
  return true;
};
export const processes = async (count: number): Promise<number> => {
  const started = Array.from({ length: count }, () => spawn('sleep', ['3600'], { stdio: 'ignore' }));
  await Promise.all(started.map((one) => new Promise((good, bad) => one.once('spawn', good).once('error', bad))));
  return started.length;
};
export const shout = async (file: File): Promise<File> =>
  new File([(await file.text()).toUpperCase()], 'loud.txt', { type: 'text/plain' });
export function* count(to: number): Generator<number> { for (let n = 1; n <= to; n++) yield n; }
export function* flood(mark: string): Generator<string> { process.title = mark; while (true) yield 'again'.repeat(2000); }
export const connect = (port: number): Promise<void> =>
  new Promise((good, bad) => dial(port, '127.0.0.1').once('connect', good).once('error', bad));
export const read = (path: string): string => readFileSync(path, 'utf8');
export const leave = (name: string): boolean => {
  for (const folder of ['.', '/tmp']) writeFileSync(folder + '/' + name, '');
  return true;
};
export const look = (): string[] => [...readdirSync('.'), ...readdirSync('/tmp')];
`;

const on =
  (operation: string) =>
  (json: object): Request => ({ path: `module/${operation}`, json });

export const nodeModule: RuntimeAdapter = {
  name: 'node',
  deploy: async (node, bounds, short) => {
    for (const [name, limits] of [
      ['module', bounds],
      ['module-short', { ...bounds, wall: short }],
    ] as const) {
      const answer = await node.deploy(name, { 'main.ts': SOURCE, 'crank.json': JSON.stringify({ limits }) });
      expect(answer.status, answer.text).toBe(201);
    }
  },
  failure: /TypeError.*no such thing/,
  does: {
    echo: on('echo'),
    refuse: () => on('echo')({ text: 7 }),
    fail: on('fail'),
    reject: on('reject'),
    crash: on('crash'),
    spin: on('spin'),
    sleep: (json) => ({ path: 'module-short/sleep', json }),
    hog: on('hog'),
    long: on('long'),
    large: on('large'),
    fill: on('fill'),
    processes: on('processes'),
    shout: ({ file: { name, text } }) => on('shout')({ file: { name, base64: Buffer.from(text).toString('base64') } }),
    count: on('count'),
    flood: on('flood'),
    connect: on('connect'),
    read: on('read'),
    leave: on('leave'),
    look: on('look'),
  },
};
