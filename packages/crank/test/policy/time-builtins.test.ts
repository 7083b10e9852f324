import { describe, expect, it } from 'vitest';
import { timeBuiltins } from '#src/engines/policy/time-builtins.ts';
import { opaPath, opaSays } from './opa.ts';

const call = (name: string, ...args: unknown[]): unknown => {
  const value = timeBuiltins[name]!(...(args as never[]));
  return typeof value === 'bigint' ? Number(value) : value;
};

const moments = [
  0, 1_796_029_200_000_000_000, 1_774_749_599_000_000_000, 1_793_494_800_000_000_000, -86_400_000_000_000,
];
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham', 'Australia/Lord_Howe'];
const cases: [string, ...unknown[]][] = [
  ...moments.flatMap((ns) =>
    zones.flatMap((zone) =>
      ['time.clock', 'time.date', 'time.weekday'].map((name): [string, unknown] => [name, [ns, zone]]),
    ),
  ),
  ...moments.map((ns): [string, unknown] => ['time.weekday', ns]),
  ...[
    ...['2026-11-30T09:00:00Z', '2026-02-28T23:59:59.5+05:45', '2024-02-29T00:00:00-11:00'],
    ...['1969-12-31T23:59:59Z', '2026-11-30T09:00:00.000001Z'],
  ].map((text): [string, unknown] => ['time.parse_rfc3339_ns', text]),
  ...['1h30m', '300ms', '-1.5h', '2h45m30.5s', '0', '1us2ns', '1d2h', '1w', '1y'].map((text): [string, unknown] => [
    'time.parse_duration_ns',
    text,
  ]),
  ...[
    [1_796_029_200_000_000_000, 0, 1, 0],
    [1_769_817_600_000_000_000, 0, 1, 0], // 31 January
    [1_796_029_200_000_000_000, -1, -13, 400],
  ].map((args): [string, ...unknown[]] => ['time.add_date', ...args]),
];

describe("the policies' built-ins about times", () => {
  it.skipIf(opaPath === undefined)('say what OPA says', () => {
    expect(cases.map(([name, ...args]) => call(name, ...args))).toEqual(opaSays(cases));
  });

  it.each([
    ['time.parse_rfc3339_ns', '2026-02-30T00:00:00Z'],
    ['time.parse_rfc3339_ns', '2026-13-01T00:00:00Z'],
    ['time.parse_rfc3339_ns', '2026-11-30 09:00:00Z'],
    ['time.parse_rfc3339_ns', 'tomorrow'],
    ['time.parse_duration_ns', '5 minutes'],
    ['time.weekday', [0, 'Europe/Atlantis']],
    ['time.weekday', 2 ** 63],
    ['time.parse_rfc3339_ns', '2262-04-11T23:47:17Z'],
  ])('%s(%j) is refused', (name, arg) => {
    expect(() => call(name, arg)).toThrow();
  });
});
