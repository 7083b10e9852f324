import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '#src/core/service.ts';
import { parseEnd } from '#src/engines/sandbox/end-frame.ts';
import {
  answerFrame,
  bareFrame,
  callFrame,
  frameDecoder,
  longestFrame,
  ProtocolViolation,
} from '#src/engines/sandbox/frames.ts';

const frame = (type: number, id: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(5 + body.length, 0);
  head[4] = type;
  head.writeUInt32LE(id, 5);
  return Buffer.concat([head, body]);
};

const endBody = (kind: number, rest: string, out = '', err = ''): Buffer => {
  const head = Buffer.alloc(33);
  head[0] = kind;
  head.writeBigUInt64LE(1_500_000n, 1);
  head.writeBigUInt64LE(4096n, 9);
  head.writeUInt32LE(Buffer.byteLength(out), 25);
  head.writeUInt32LE(Buffer.byteLength(err), 29);
  return Buffer.concat([head, Buffer.from(out), Buffer.from(err), Buffer.from(rest)]);
};

describe('frames', () => {
  it('arrive whole, however they were cut', () => {
    const message = fc.record({ type: fc.nat(255), id: fc.nat(2 ** 32 - 1), body: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.map(({ type, id, body }) => frame(type, id, Buffer.from(body))));
          const seen: unknown[] = [];
          const decode = frameDecoder(1000, (type, id, body) => seen.push({ type, id, body: Buffer.from(body) }));
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length]!;
            decode(bytes.subarray(at, at + size));
            at += size;
          }
          expect(seen).toEqual(messages.map((one) => ({ ...one, body: Buffer.from(one.body) })));
        },
      ),
    );
  });

  it('of an impossible length are a violation', () => {
    for (const length of [0, 4, 1001, 2 ** 32 - 1]) {
      const bytes = Buffer.alloc(9);
      bytes.writeUInt32LE(length, 0);
      expect(() => frameDecoder(1000, () => {})(bytes)).toThrow(ProtocolViolation);
    }
  });

  it('of random bytes are frames or violations, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        try {
          frameDecoder(longestFrame(defaultLimits), (_, __, body) => void parseEnd(body))(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation);
        }
      }),
    );
  });

  it('carry a call as runtime/crank_runtime/frames.py says', () => {
    const bytes = callFrame(7, 0, 'ümlaut', Buffer.from('{"a":1}'), Buffer.from('{}'), '[x]', {
      ...defaultLimits,
      fileBytes: 2 ** 33 + 5,
    });
    expect(bytes.readUInt32LE(0)).toBe(bytes.length - 4);
    expect([bytes[4], bytes.readUInt32LE(5)]).toEqual([1, 7]);
    expect(bytes.readBigUInt64LE(9)).toBe(60_000n);
    expect(bytes.readBigUInt64LE(9 + 32)).toBe(2n ** 33n + 5n);
    expect(bytes.subarray(9 + 56 + 11).toString()).toBe('ümlaut[x]{}{"a":1}');
    expect(bareFrame(3, 9)).toEqual(frame(3, 9, Buffer.alloc(0)));
  });

  it('carry an answer as it says, too', () => {
    const body = Buffer.concat([Buffer.from([0x2a, 1, 0, 0, 1]), Buffer.from('"☃"')]);
    expect(answerFrame(7, 298, true, Buffer.from('"☃"'))).toEqual(frame(8, 7, body));
    expect(answerFrame(7, 0, false, Buffer.from('{}'))).toEqual(frame(8, 7, Buffer.from('\0\0\0\0\0{}')));
  });
});

describe('the end of a call', () => {
  it('is read with all that belongs to it', () => {
    expect(parseEnd(endBody(0, '[1]', 'o', 'ee'))).toEqual({
      result: { kind: 'value', json: Buffer.from('[1]') },
      cpuNs: 1_500_000,
      peakBytes: 4096,
      truncatedBytes: 0,
      stdout: 'o',
      stderr: 'ee',
    });
    expect(parseEnd(endBody(1, '{"name":"a.csv","contentType":"text/csv"}')).result).toEqual({
      kind: 'file',
      name: 'a.csv',
      contentType: 'text/csv',
    });
    expect(parseEnd(endBody(2, '')).result).toEqual({ kind: 'stream' });
    expect(parseEnd(endBody(3, '{"code":"invalid-input","detail":"no number","pointer":"/a/0"}')).result).toEqual({
      kind: 'failed',
      code: 'invalid-input',
      detail: 'no number',
      errors: [{ pointer: '/a/0', message: 'no number' }],
    });
  });

  it.each([
    ['no head', Buffer.alloc(32)],
    ['an unknown kind', endBody(4, '')],
    ['a failure that is not JSON', endBody(3, '{')],
    ['a failure that is no object', endBody(3, '[]')],
    ['a failure of a code that is not a sandbox’s to claim', endBody(3, '{"code":"policy-denied","detail":"x"}')],
    ['a failure without detail', endBody(3, '{"code":"crashed"}')],
    ['a failure with an endless detail', endBody(3, JSON.stringify({ code: 'crashed', detail: 'x'.repeat(9000) }))],
    ['an exception of no shape', endBody(3, '{"code":"script-error","detail":"x","exception":3}')],
    ['a file without name', endBody(1, '{"contentType":"text/csv"}')],
    ['a file whose name is a number', endBody(1, '{"name":3,"contentType":"text/csv"}')],
    ['more stdout than there can be', endBody(0, '1', 'x'.repeat(70_000))],
  ])('is refused with %s', (_, body) => {
    expect(() => parseEnd(body)).toThrow(ProtocolViolation);
  });

  it('is refused when the lengths do not add up', () => {
    const body = endBody(0, '1', 'out');
    body.writeUInt32LE(60_000, 25);
    expect(() => parseEnd(body)).toThrow(ProtocolViolation);
  });
});
