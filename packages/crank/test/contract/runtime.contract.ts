import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { verifyReceipt } from 'crank-verify';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../sandbox/harness.ts';
import type { Answer, TestNode } from '../support/node.ts';

/** One thing that services do, and with what it is called: what a runtime's adapter has to offer an operation for. */
export interface Behaviours {
  /** Answers what it is given. */
  echo: { text: string };
  /** Is called with something that its schema does not have. */
  refuse: Record<string, never>;
  /** Ends as what it runs ends that goes wrong, and says why. */
  fail: Record<string, never>;
  /** Says by itself that its input is wrong: `no such row`, at `/rows/3/a~1b` where it can say where. */
  reject: Record<string, never>;
  /** Its process is ended by a signal. */
  crash: Record<string, never>;
  /** Uses CPU time for ever. */
  spin: Record<string, never>;
  /** Takes for ever, with a mark in its command line or its process's name, of at most 15 characters. */
  sleep: { mark: string };
  /** Uses memory for ever. */
  hog: Record<string, never>;
  /** A result of so many characters. */
  long: { size: number };
  /** A file of so many bytes. */
  large: { size: number };
  /** Writes so many MiB to /tmp. */
  fill: { mebibytes: number };
  /** Has so many processes at one time. */
  processes: { count: number };
  /** Takes a file and answers with its text in capitals, as a file. */
  shout: { file: { name: string; text: string } };
  /** A stream of the numbers from 1 to `to`. */
  count: { to: number };
  /** A stream without an end, of items of some thousand bytes; marked like `sleep`. */
  flood: { mark: string };
  /** Connects to a port of this machine. */
  connect: { port: number };
  /** Reads a file of the host's. */
  read: { path: string };
  /** Leaves files in its work folder and in /tmp. */
  leave: { name: string };
  /** Names what is in its work folder and in /tmp. */
  look: Record<string, never>;
}

export type Behaviour = keyof Behaviours;

/** A request, by operation and arguments as JSON. */
export interface Request {
  /** `service/operation` */
  path: string;
  json: object;
}

/** Another runtime is another of these. */
export interface RuntimeAdapter {
  name: string;
  /** Deploys what the behaviours below are of; their limits are those of `bounds`, and of `short` for `sleep`. */
  deploy(node: TestNode, bounds: Readonly<Record<string, string | number>>, short: string): Promise<void>;
  /** How each is asked for; a text says why the runtime has none of it. */
  does: { [B in Behaviour]: ((args: Behaviours[B]) => Request) | string };
  /** What a call that failed says of itself, of `fail`. */
  failure: RegExp;
}

const bounds = { cpu: '400ms', memory: '96Mi', output: 100_000, file: 300_000, tmp: '4Mi', subprocesses: 4 } as const;
const MARKED = 15; // characters that the kernel keeps of a process's name

/** What holds for calls whatever runs them: of one suite, a row for each runtime. */
export const runtimeContract = (adapter: RuntimeAdapter, open: () => TestNode): void => {
  describe(`the runtime ${adapter.name}`, { timeout: 60_000 }, () => {
    let node: TestNode;
    let key: string;
    beforeAll(async () => {
      node = open();
      key = (await node.request('GET', '/log/vkey')).text.trim();
      await adapter.deploy(node, bounds, '400ms');
    }, 120_000);

    const ask = <B extends Behaviour>(behaviour: B, args: Behaviours[B]): Request => {
      const way = adapter.does[behaviour];
      if (typeof way === 'string') throw new Error(`${adapter.name} has no ${behaviour}: ${way}`);
      return (way as (args: Behaviours[B]) => Request)(args);
    };
    const call = async <B extends Behaviour, T = Record<string, unknown>>(
      behaviour: B,
      args: Behaviours[B],
      options: { signal?: AbortSignal; headers?: Record<string, string> } = {},
    ): Promise<Answer<T>> => {
      const { path, json } = ask(behaviour, args);
      return node.request<T>('POST', `/v1/services/${path}`, { json, ...options });
    };
    /** Fails unless the receipt of an answer verifies, and is of that service, version, operation and outcome. */
    const receipted = async (answer: Answer, { path }: Request, outcome: string) => {
      const id = answer.headers.get('crank-call')!;
      const receipt = await node.request('GET', `/v1/receipts/${id}`);
      const { predicate } = await verifyReceipt(Buffer.from(receipt.text), { vkeys: [key] });
      const [service, operation] = path.split('/');
      const version = answer.headers.get('crank-version') ?? (predicate as { version: string }).version;
      expect(predicate).toMatchObject({ service, operation, version, outcome, call: id, stage: 'complete' });
      return predicate as unknown as { usage: { cpuNs: number; peakMemoryBytes: number }; charge: { total: string } };
    };
    const failsWith = async (answer: Answer<unknown>, code: string): Promise<void> => {
      expect(answer.json, answer.text).toMatchObject({ code });
      // Nobody else is the worse for it.
      if (typeof adapter.does.echo !== 'string') expect((await call('echo', { text: 'a' })).status).toBe(200);
    };
    /** The only call of an operation so far that ended as cancelled. */
    const cancelled = async ({ path }: Request): Promise<Record<string, unknown> | undefined> => {
      const [service, operation] = path.split('/');
      const { json } = await node.request<{ calls: { operation: string; outcome: string; id: string }[] }>(
        'GET',
        `/v1/calls?service=${service}&limit=50`,
      );
      return json.calls.find((one) => one.operation === operation && one.outcome === 'cancelled');
    };
    const column = <B extends Behaviour>(name: string, needs: B[], act: () => Promise<void>): void => {
      const none = needs.map((one) => adapter.does[one]).find((one) => typeof one === 'string');
      if (none === undefined) it(name, act);
      else it.skip(`${name} (${none})`, act);
    };
    const mark = (): string => `mark${randomBytes(5).toString('hex')}`.slice(0, MARKED);

    column('answers, with a receipt that names version and usage', ['echo'], async () => {
      const text = `Größe "1"\n\t$(id) \`id\` \\ 漢字 ${'x'.repeat(2_000)}`;
      const answer = await call('echo', { text });
      expect(answer.status, answer.text).toBe(200);
      expect(JSON.stringify(answer.json)).toContain(JSON.stringify(text).slice(1, -1));
      const { usage, charge } = await receipted(answer, ask('echo', { text }), 'ok');
      expect(usage.cpuNs).toBeGreaterThan(0);
      expect(usage.peakMemoryBytes).toBeGreaterThan(2 ** 20);
      expect(Number(charge.total)).toBeGreaterThan(0);
    });

    column('refuses what its schema does not have', ['refuse'], async () => {
      const answer = await call('refuse', {});
      expect(answer.json, answer.text).toMatchObject({ code: 'invalid-input' });
      expect((answer.json as { errors: { pointer: string }[] }).errors[0]!.pointer).toMatch(/^\//);
      const { charge } = await receipted(answer, ask('refuse', {}), 'invalid-input');
      expect(Number(charge.total)).toBe(0);
    });

    column('says why it failed', ['fail'], async () => {
      const answer = await call('fail', {});
      await failsWith(answer, 'script-error');
      expect((answer.json as { exception: { type: string } }).exception.type).toMatch(/^[\w.]+$/);
      expect(answer.text).toMatch(adapter.failure);
      await receipted(answer, ask('fail', {}), 'script-error');
    });

    column('says that the input is wrong, and where', ['reject'], async () => {
      const answer = await call('reject', {});
      await failsWith(answer, 'invalid-input');
      expect(answer.status).toBe(422);
      const [error] = (answer.json as { errors: { pointer: string; message: string }[] }).errors;
      expect(error!.message).toContain('no such row');
      expect(['', '/rows/3/a~1b']).toContain(error!.pointer);
      expect(answer.json).not.toHaveProperty('exception');
      await receipted(answer, ask('reject', {}), 'invalid-input');
    });

    column('survives a process that is ended by a signal', ['crash'], async () => {
      await failsWith(await call('crash', {}), 'crashed');
    });

    column('has so much CPU time, which is measured', ['spin'], async () => {
      const answer = await call('spin', {});
      await failsWith(answer, 'timeout');
      expect(answer.text).toContain('CPU time');
      const { usage } = await receipted(answer, ask('spin', {}), 'timeout');
      expect(usage.cpuNs).toBeGreaterThan(390e6);
    });

    column('has so much time', ['sleep'], async () => {
      const its = mark();
      await failsWith(await call('sleep', { mark: its }), 'timeout');
      await eventually(() => marked(its).length === 0);
    });

    column('has so much memory', ['hog'], async () => {
      await failsWith(await call('hog', {}), 'out-of-memory');
    });

    column('answers so much', ['long'], async () => {
      expect((await call('long', { size: 50_000 })).status).toBe(200);
      await failsWith(await call('long', { size: 200_000 }), 'output-too-large');
    });

    column('gives files of so many bytes', ['large'], async () => {
      const answer = await call('large', { size: 200_000 });
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '200000']);
      await failsWith(await call('large', { size: 400_000 }), 'output-too-large');
    });

    column('has so much of /tmp, which is empty again behind it', ['fill'], async () => {
      for (let round = 0; round < 2; round++) expect((await call('fill', { mebibytes: 2 })).status).toBe(200);
      await failsWith(await call('fill', { mebibytes: 8 }), 'script-error');
    });

    column('has so many processes', ['processes'], async () => {
      expect((await call('processes', { count: 2 })).status).toBe(200);
      await failsWith(await call('processes', { count: 100 }), 'script-error');
    });

    column('takes a file and gives one', ['shout'], async () => {
      const file = { name: 'soft words.txt', text: 'häppy\n' };
      const answer = await call('shout', { file });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.text).toMatch(/^H.+PPY\n$/i);
      expect(answer.text).toContain('PPY');
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(answer.headers.get('content-disposition')).toMatch(/filename="?\w+\.txt/);
      await receipted(answer, ask('shout', { file }), 'ok');
    });

    column('streams in order', ['count'], async () => {
      const answer = await call('count', { to: 3_000 });
      expect(answer.headers.get('content-type')).toContain('ndjson');
      const lines = answer.text.trim().split('\n');
      expect(lines.slice(0, 3_000).map((line) => Number(JSON.parse(line)))).toEqual(
        Array.from({ length: 3_000 }, (_, i) => i + 1),
      );
    });

    column('streams no faster than is read, and ends when the reader goes away', ['flood'], async () => {
      const its = mark();
      const { path, json } = ask('flood', { mark: its });
      const away = new AbortController();
      const answer = await fetch(`${node.url}/v1/services/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${node.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(json),
        signal: away.signal,
      });
      const reader = answer.body!.getReader();
      expect((await reader.read()).done).toBe(false);
      // Nobody reads on: who writes without an end comes to a halt, or this never ends.
      let before = -1;
      let still = 0;
      await eventually(() => {
        const pids = marked(its);
        const used = ticksOf(pids);
        still = pids.length > 0 && used === before ? still + 1 : 0;
        before = used;
        return still === 10;
      });
      away.abort();
      await eventually(() => marked(its).length === 0);
      while ((await cancelled({ path, json })) === undefined) await new Promise(setImmediate);
    });

    column('ends when its caller goes away', ['sleep'], async () => {
      const its = mark();
      const away = new AbortController();
      const request = ask('sleep', { mark: its });
      const long = { path: request.path.replace('-short/', '/'), json: request.json };
      const gone = node
        .request('POST', `/v1/services/${long.path}`, { json: long.json, signal: away.signal })
        .catch((error: Error) => error.name);
      await eventually(() => marked(its).length > 0);
      away.abort();
      expect(await gone).toBe('AbortError');
      await eventually(() => marked(its).length === 0);
      let call: Record<string, unknown> | undefined;
      while (call === undefined) call = await cancelled(long);
      const receipt = await node.request('GET', `/v1/receipts/${String(call['id'])}`);
      const { predicate } = await verifyReceipt(Buffer.from(receipt.text), { vkeys: [key] });
      expect(predicate).toMatchObject({ outcome: 'cancelled', call: call['id'] });
    });

    column('has no network', ['connect'], async () => {
      const answer = await call('connect', { port: Number(new URL(node.url).port) });
      await failsWith(answer, 'script-error');
      expect(answer.text).toMatch(/refused|not permitted|denied|unreachable|EPERM|EACCES/i);
    });

    column("sees nothing of the host's files", ['read'], async () => {
      for (const path of [`${node.data}/owner.key`, '/etc/shadow', '/etc/hostname', '/proc/1/environ'])
        await failsWith(await call('read', { path }), 'script-error');
    });

    column('leaves nothing to the next call', ['leave', 'look'], async () => {
      const name = mark();
      for (let round = 0; round < 3; round++) {
        expect((await call('leave', { name })).status).toBe(200);
        const seen = await call('look', {});
        expect(seen.status, seen.text).toBe(200);
        expect(seen.text).not.toContain(name);
      }
    });
  });
};

/** Processes of this machine with the mark in their name or command line, but for those of tests. */
const marked = (mark: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => ['comm', 'cmdline'].some((file) => read(`/proc/${name}/${file}`).includes(mark)))
    .map(Number);

/** CPU time that they have used, in the kernel's ticks (proc(5): utime and stime). */
const ticksOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const [, after = ''] = read(`/proc/${pid}/stat`).split(/\) (?=[A-Z] )/);
    const fields = after.split(' ');
    return sum + Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }, 0);

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended while we looked
  }
};
