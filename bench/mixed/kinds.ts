import type { Random } from '../http-fuzz/random.ts';

/** A call with the answer that it must have. */
export interface KnownCall {
  /** Service and operation. */
  kind: string;
  service: string;
  operation: string;
  input: unknown;
  /** Whether this is the right answer to it. */
  right(status: number, body: Buffer): boolean;
}

type Maker = (random: Random) => KnownCall;

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};

const call = (service: string, operation: string, input: unknown, right: KnownCall['right']): KnownCall => ({
  kind: `${service} ${operation}`,
  service,
  operation,
  input,
  right,
});

const value = (service: string, operation: string, input: unknown, expected: string | number): KnownCall =>
  call(service, operation, input, (status, body) => status === 200 && parsed(body) === expected);

const file = (text: string) => ({ path: { name: 'given.txt', base64: Buffer.from(text).toString('base64') } });

const add =
  (service: string): Maker =>
  (random) => {
    const [a, b] = [random.below(1e6), random.below(1e6)];
    return value(service, 'add', { a, b }, a + b);
  };

const burn: Maker = (random) => {
  const milliseconds = 1 + random.below(20);
  return value('fresh', 'burn', { milliseconds }, milliseconds);
};

const fail: Maker = (random) => {
  const message = `no ${random.below(1e6)}`;
  return call('fresh', 'fail', { message }, (status, body) => {
    const { code, exception } = (parsed(body) ?? {}) as { code?: string; exception?: { message?: string } };
    return status === 500 && code === 'script-error' && exception?.message === message;
  });
};

const size: Maker = (random) => {
  const bytes = random.below(2_000);
  return value('files', 'size', file('x'.repeat(bytes)), bytes);
};

const shout: Maker = (random) => {
  const text = `some text ${random.below(1e6)}`;
  return call('files', 'shout', file(text), (status, body) => status === 200 && body.toString() === text.toUpperCase());
};

const count =
  (pause: number): Maker =>
  (random) => {
    const to = 1 + random.below(20);
    return call('stream', 'count', { to, pause }, (status, body) => {
      const lines = body.toString().trim().split('\n');
      return status === 200 && lines.length === to + 1 && lines[to]!.includes('"outcome":"ok"');
    });
  };

const wait =
  (service: string, hundredths: number): Maker =>
  (random) =>
    value(service, 'wait', { seconds: random.below(hundredths) / 100 }, 'awake');

const shell: Maker = (random) => {
  const text = `said ${random.below(1e6)}`;
  return value('family', 'shell', { text }, text);
};

/** Calls that are worth interrupting. */
export const interruptedCalls: readonly Maker[] = [
  ...[add('fresh'), add('warm'), burn, fail, size, shout],
  ...[count(0.01), wait('fresh', 40), wait('warm', 10), shell],
];

/** Calls that are over soon: most of them the commonest, some of every kind. */
export const calmCalls: readonly Maker[] = [
  ...Array<Maker>(8).fill(add('fresh')),
  ...Array<Maker>(8).fill(add('warm')),
  ...[burn, fail, size, shout, count(0), shell],
];
