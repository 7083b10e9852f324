import { describe, expect, it } from 'vitest';
import { calendarOf, type Grain } from '#src/engines/metering/calendar.ts';

const parts = (zone: string, grain: Grain, from: string, to: string): string[] =>
  [...calendarOf(zone)!.parts(grain, Date.parse(from), Date.parse(to))].map(({ start }) =>
    new Date(start).toISOString().slice(0, 16),
  );

describe('the calendar of a time zone', () => {
  it('has days of 23 and of 25 hours', () => {
    expect(parts('Europe/Berlin', 'day', '2026-03-28T12:00Z', '2026-03-30T22:00Z')).toEqual([
      ...['2026-03-28T12:00', '2026-03-28T23:00', '2026-03-29T22:00'],
    ]);
    expect(parts('Europe/Berlin', 'day', '2026-10-24T22:00Z', '2026-10-27T00:00Z')).toEqual([
      ...['2026-10-24T22:00', '2026-10-25T23:00', '2026-10-26T23:00'],
    ]);
  });

  it('has an hour twice in autumn, and none in spring', () => {
    expect(parts('Europe/Berlin', 'hour', '2026-10-25T00:00Z', '2026-10-25T03:00Z')).toHaveLength(3);
    expect(parts('Europe/Berlin', 'hour', '2026-03-29T00:00Z', '2026-03-29T03:00Z')).toHaveLength(3);
  });

  it('begins where offsets are no whole hours, and where a day has no midnight', () => {
    expect(parts('Asia/Kathmandu', 'hour', '2026-01-01T00:00Z', '2026-01-01T02:00Z')).toEqual([
      ...['2026-01-01T00:00', '2026-01-01T00:15', '2026-01-01T01:15'],
    ]);
    // Summer time begins at midnight, which is one o'clock then.
    expect(new Date(calendarOf('Africa/Cairo')!.dayStart(2026, 4, 24)).toISOString()).toBe('2026-04-23T22:00:00.000Z');
    expect(new Date(calendarOf('Pacific/Kiritimati')!.dayStart(2026, 1, 1)).toISOString()).toBe(
      '2025-12-31T10:00:00.000Z',
    );
  });

  it('has months, of leap years too', () => {
    expect(parts('UTC', 'month', '2028-01-15T00:00Z', '2028-04-01T00:00Z')).toEqual([
      ...['2028-01-15T00:00', '2028-02-01T00:00', '2028-03-01T00:00'],
    ]);
    const start = calendarOf('America/New_York')!.monthStart(Date.parse('2026-11-27T00:00Z'));
    expect(new Date(start).toISOString()).toBe('2026-11-01T04:00:00.000Z');
  });

  it('covers all of a period, once', () => {
    for (const zone of ['UTC', 'Australia/Lord_Howe', 'America/St_Johns'])
      for (const grain of ['hour', 'day', 'month'] as const) {
        let at = Date.parse('2026-03-20T03:15Z');
        for (const { start, end } of calendarOf(zone)!.parts(grain, at, Date.parse('2026-04-10T00:00Z'))) {
          expect(start).toBe(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBe(Date.parse('2026-04-10T00:00Z'));
      }
  });

  it('is of no zone that does not exist', () => {
    expect(calendarOf('Mars/Olympus')).toBeUndefined();
  });
});
