import { expect } from 'vitest';
import { codeOf, jsonOf } from '../sandbox/harness.ts';
import type { Call, Ring } from './ring.ts';
import { suite } from './suite.ts';

/** How an exported function is called that takes a name, or nothing (`runtime/node/plan.ts`). */
const plan = (name: string) => ({
  context: Buffer.from(
    JSON.stringify({ plan: { export: name, parameters: [{ name: 'name', kind: 'value' }], result: 'json' } }),
  ),
});

const calls = new WeakMap<Ring, Call>();
const attackerOf = (ring: Ring): Call => {
  const known = calls.get(ring) ?? ring.service('node/attacker.mjs');
  calls.set(ring, known);
  return known;
};
const found = async (ring: Ring): Promise<unknown> => jsonOf(await attackerOf(ring)('found', {}, plan('found')));
const untouched = 'undefined,undefined,undefined,false';

suite('node', ({ probe }) => {
  const says = (name: Parameters<typeof probe>[0], said: RegExp) =>
    probe(name, async (ring) => {
      expect(jsonOf(await attackerOf(ring)('attempt', { name }, plan('attempt')))).toMatch(said);
    });
  /** It is the end of the call, and of nothing else. */
  const ends = (name: Parameters<typeof probe>[0], codes: string[], limits = {}) =>
    probe(name, async (ring) => {
      const result = await attackerOf(ring)('attempt', { name }, { ...plan('attempt'), limits });
      expect(codes, JSON.stringify(result.outcome)).toContain(codeOf(result));
      expect(await found(ring)).toBe(untouched);
    });

  says('a process', /^refused: EPERM$/);
  says('a process by internals', /^refused: EPERM$/);
  says('a connection', /^refused: EPERM$/);
  says('a socket by path', /^refused: EPERM$/);
  says('a server', /^refused: EPERM$/);
  says('a server by path', /^refused: EPERM$/);
  says('asking a name server', /^refused: E/);
  says('the inspector', /^refused: EPERM$/);
  says('becoming root', /^refused: (?:EPERM|EINVAL)$/);
  says('descriptors of the platform', /^it worked: \[\]$/);
  says('memory of the process that answers', /^refused: (?:EACCES|ENOENT)$/);
  says('memory of a neighbour', /^refused: (?:EACCES|ENOENT)$/);
  says('what the platform has in its environment', /^it worked: "HOME LANG LC_ALL LOGNAME PATH TMPDIR TZ USER"$/);
  says('files of the host', /^it worked: \[\]$/);
  says("writing to the module's code", /^refused: EROFS$/);
  says("writing to the platform's own", /^refused: EROFS$/);
  says("writing to Node's folder", /^refused: EROFS$/);
  says('a file without end', /^refused: (?:EFBIG|ENOSPC)$/);

  ends('the program replaced', ['crashed', 'timeout'], { wallMs: 500 });
  ends('killing all there is', ['crashed']);
  ends('stopping the process that answers', ['timeout'], { wallMs: 500 });
  ends('bytes that are no frame', ['invalid-output']);
  ends('a frame without end', ['output-too-large', 'invalid-output']);
  ends('the end of the channel', ['crashed']);
  ends('an exit that looks like an answer', ['crashed']);
  ends('memory of the heap', ['out-of-memory'], { memoryBytes: 2 ** 26 });
  ends('tasks without end', ['timeout'], { cpuMs: 300 });
  ends('a pattern without end', ['timeout'], { cpuMs: 300 });

  probe('an answer of its own making', async (ring) => {
    // It is the module's own word, as any other answer of it, and no more than that: the node holds it against the schema.
    const name = 'an answer of its own making';
    expect(jsonOf(await attackerOf(ring)('attempt', { name }, plan('attempt')))).toBe('forged');
    expect(await found(ring)).toBe(untouched);
  });
  probe('a stream in place of a value, without end', async (ring) => {
    const name = 'a stream in place of a value, without end';
    const result = await attackerOf(ring)('attempt', { name }, { ...plan('attempt'), limits: { wallMs: 500 } });
    expect(['crashed', 'timeout', 'invalid-output']).toContain(codeOf(result));
    expect(await found(ring)).toBe(untouched);
  });
  probe('a thread that goes on when all is answered', async (ring) => {
    const name = 'a thread that goes on when all is answered';
    await attackerOf(ring)('attempt', { name }, plan('attempt'));
    expect(await found(ring)).toBe(untouched);
  });
  for (const name of ['memory of buffers', 'memory that grows as it is shared', 'memory of WebAssembly'] as const)
    probe(name, async (ring) => {
      // The allocation that fails says so, or V8, which needs some itself.
      const result = await attackerOf(ring)('attempt', { name }, plan('attempt'));
      if (result.outcome.type === 'value') expect(jsonOf(result)).toMatch(/^refused: /);
      else expect(codeOf(result)).toBe('out-of-memory');
      expect(await found(ring)).toBe(untouched);
    });
  probe('threads without end', async (ring) => {
    // V8 does not bear it well that it gets no more of them.
    const result = await attackerOf(ring)('attempt', { name: 'threads without end' }, plan('attempt'));
    if (result.outcome.type === 'value') expect(jsonOf(result)).toMatch(/^refused: /);
    else expect(['crashed', 'out-of-memory']).toContain(codeOf(result));
    expect(await found(ring)).toBe(untouched);
  });
  probe('what a call leaves in its globals', async (ring) => {
    expect(jsonOf(await attackerOf(ring)('leave', {}, plan('leave')))).toBe('left');
    expect(await found(ring)).toBe(untouched);
  });
  probe('built-in objects changed on import', async (ring) => {
    const result = await ring.service('node/polluting.mjs')(
      'value',
      {},
      { ...plan('value'), limits: { wallMs: 3000 } },
    );
    // It harms itself, at most.
    if (result.outcome.type === 'value') expect(jsonOf(result)).toEqual({ a: 1 });
    else expect(['script-error', 'crashed', 'timeout', 'invalid-output']).toContain(codeOf(result));
  });
});
