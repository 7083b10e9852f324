import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import type { SandboxResult } from '#src/engines/sandbox/sandbox.ts';
import { codeOf, jsonOf } from '../sandbox/harness.ts';
import { attacks } from './list.ts';
import type { Call, Ring } from './ring.ts';
import { suite } from './suite.ts';

/** What a script may be told of itself. */
const clear = /^(script-error|invalid-output|invalid-input|out-of-memory|output-too-large|crashed|timeout)$/;

/** Whatever it answered is JSON in UTF-8, a file in our folder, or a clear error in well-formed and short words. */
const expectSound = ({ outcome, stdout, stderr, usage }: SandboxResult, { shop }: Ring, mixed = false): void => {
  if (outcome.type === 'value') {
    // What a call writes into the midst of its own answer, the gateway refuses as no JSON (story/errors).
    if (!mixed) JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(outcome.json));
    expect(outcome.json.length).toBeLessThan(2 ** 20);
  }
  if (outcome.type === 'file') {
    expect(dirname(outcome.path)).toMatch(new RegExp(`^${shop.root}/scratch/node-[^/]+/out$`));
    rmSync(outcome.path);
  } else if (outcome.type === 'failed') {
    expect(outcome.code).toMatch(clear);
    const words = JSON.stringify(outcome);
    expect(words.isWellFormed()).toBe(true);
    expect(words.length).toBeLessThan(100_000);
  }
  expect(stdout.length + stderr.length).toBeLessThan(2 * 65_536 + 1);
  expect(usage.cpuNs).toBeGreaterThanOrEqual(0);
};

const limits = { wallMs: 1000, cpuMs: 700 };
const others = [
  'streams that do not end when told to',
  'a result that is another file each time it is opened',
  'names of files that are none to print',
  'input nested a hundred thousand deep',
  'input that is no JSON, or more than one',
] as const;

suite('answers', ({ probe }) => {
  const services = new Map<Ring, Record<'fresh' | 'warm', Call>>();
  const service = (ring: Ring): Record<'fresh' | 'warm', Call> => {
    const made = services.get(ring) ?? {
      fresh: ring.service('answering.py', 'fresh'),
      warm: ring.service('answering.py', 'warm'),
    };
    services.set(ring, made);
    return made;
  };

  const values = Object.keys(attacks.answers).filter((name) => !(others as readonly string[]).includes(name));
  for (const name of values as Exclude<keyof typeof attacks.answers, (typeof others)[number]>[]) {
    probe(name, async (ring) => {
      for (const level of ['fresh', 'warm'] as const) {
        const mixed = name === 'a thread that writes beside the answer';
        expectSound(await service(ring)[level]('value', { name }, { limits }), ring, mixed);
        expect(jsonOf(await service(ring)[level]('take', { given: 1 })), level).toBe('int');
      }
    });
  }

  probe('streams that do not end when told to', async (ring) => {
    for (const name of ['deaf', 'mute', 'deep']) {
      const abort = new AbortController();
      let items = 0;
      const onItem = (): void => {
        if (++items === 3) abort.abort('cancelled');
      };
      const options = { limits: { wallMs: 1000 }, signal: abort.signal, onItem };
      const result = await service(ring).fresh('stubborn', { name }, options);
      expect(codeOf(result), name).toMatch(name === 'deaf' ? /^cancelled$/ : clear);
    }
  });

  probe('a result that is another file each time it is opened', async (ring) => {
    const names = ['swapped', 'shifting', 'pipe behind a link', 'circle of links', 'hard link', 'truncated'];
    for (const name of names) expectSound(await service(ring).fresh('file', { name }, { limits }), ring);
  });

  probe('names of files that are none to print', async (ring) => {
    const names = ['ff', '0a', '22', '5c', '7f', 'e280ae', '61'.repeat(255), 'c328', '2d72662a'];
    for (const name of names) expectSound(await service(ring).fresh('file', { name }, { limits }), ring);
  });

  probe('input nested a hundred thousand deep', async (ring) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const input = Buffer.from(`{"given":${open.repeat(100_000)}1${close.repeat(100_000)}}`);
      for (const level of ['fresh', 'warm'] as const) {
        expectSound(await service(ring)[level]('take', {}, { input, limits }), ring);
      }
    }
  });

  probe('input that is no JSON, or more than one', async (ring) => {
    const texts = ['', '{', '[]', 'null', '{"given":1}{"given":2}', '{"given":1,"given":2}', '{"given":NaN}'];
    const numbers = ['{"given":1e999999}', `{"given":${'9'.repeat(20_000)}}`, '{"given":-0.0}', '{"given":"\\ud800"}'];
    for (const text of [...texts, ...numbers, '{"given":"\u0000"}', '{"__class__":1,"given":1}']) {
      const result = await service(ring).fresh('take', {}, { input: Buffer.from(text), limits });
      expectSound(result, ring);
    }
    const bytes = Buffer.concat([Buffer.from('{"given":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]);
    expectSound(await service(ring).fresh('take', {}, { input: bytes, limits }), ring);
  });
});
