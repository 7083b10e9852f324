import { describe, expect, it } from 'vitest';
import type { RedactRule } from '#src/core/personal-data.ts';
import { detect } from '#src/engines/privacy/detect.ts';
import { marginals, NAME_TYPES, TAGS } from '#src/engines/privacy/names/crf.ts';
import { redactJson } from '#src/engines/privacy/redact-json.ts';
import { redactText } from '#src/engines/privacy/redact-text.ts';
import { createTextStream } from '#src/engines/privacy/text-stream.ts';

const NAMES = [...NAME_TYPES];
const found = (text: string, types: readonly string[] = NAMES): string[] =>
  detect(text, { types }).map(({ type, start, end }) => `${type}: ${text.slice(start, end)}`);
const rules = (...detect: string[]): RedactRule[] => [{ detect, action: 'mask', account: 'a' }];
const none = () => {
  throw new Error('nothing is tokenised here');
};

describe('names', () => {
  it('of people, places and organisations, in sentences', () => {
    expect(found('Yesterday Marta Kovács from Siemens AG flew to Lisbon with Dr. Priya Raman.')).toEqual([
      'person: Marta Kovács',
      'organisation: Siemens AG',
      'location: Lisbon',
      'person: Priya Raman',
    ]);
    expect(found('Every invoice has a number, a date and a sum in euros.')).toEqual([]);
  });

  it('addresses whole, with what stands between their parts', () => {
    expect(found('Ship it to Ann Lee, 500 Main Street, Springfield, IL 62704 by Monday.')).toEqual([
      'person: Ann Lee',
      'location: 500 Main Street, Springfield, IL 62704',
    ]);
  });

  it('only where they are asked for', () => {
    const text = 'Marta Kovács lives in Lisbon.';
    expect(detect(text)).toEqual([]);
    expect(found(text, ['person'])).toEqual(['person: Marta Kovács']);
  });

  it('leave what has a form to its own detector', () => {
    const text = 'Ask Ann Lee, 12 Rose Street, Leeds, +44 113 496 0000, ann.lee@example.org.';
    const said = found(text, [...NAMES, 'phone', 'email']);
    expect(said).toEqual(
      expect.arrayContaining(['phone: +44 113 496 0000', 'email: ann.lee@example.org', 'person: Ann Lee']),
    );
    for (const one of said) if (/^(?:person|location)/.test(one)) expect(one).not.toMatch(/\+44|@/);
    // What a name swallowed comes out again, though the name is surer of it.
    const swallowed = 'He lives at 220 South Street 536-90-4399, Leeds.';
    expect(detect(swallowed, { types: ['location', 'us-ssn'] }).map(({ type }) => type)).toEqual([
      'location',
      'us-ssn',
      'location',
    ]);
  });

  it('in values of JSON, by the names of their fields, and never in these', () => {
    const json = '{"id": 7, "name": "Ann Lee", "city": "Lisbon", "status": "open", "paris": 1.50}';
    expect(redactJson(json, rules('person', 'location'), none, new Map())).toBe(
      '{"id": 7, "name": "***", "city": "***", "status": "open", "paris": 1.50}',
    );
  });

  it('in texts that come in pieces, as in whole ones', () => {
    const text = 'I spoke with Marta Kovács about it and she will call you back soon. Her boss is Ann Lee.\nThanks';
    const whole = redactText(text, rules('person'), none, new Map());
    expect(whole).toContain('with *** about');
    for (const size of [1, 3, 7, 20]) {
      const stream = createTextStream(rules('person'), none, new Map());
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
      const out = [...pieces.flatMap((piece) => stream.push(piece)), ...stream.end()];
      expect(out.join('')).toBe(whole);
      expect(out).toHaveLength(pieces.length);
    }
  });

  it('are sure by degrees', () => {
    const scores = detect('Marta Kovács met Wash at the Riverside.', { types: NAMES, minScore: 0 });
    for (const { score } of scores) expect(score).toBeGreaterThan(0);
    expect(scores.find(({ start }) => start === 0)!.score).toBeGreaterThan(0.9);
    const few = detect('Marta Kovács met Wash at the Riverside.', { types: NAMES, minScore: 0.95 });
    expect(few.length).toBeLessThanOrEqual(scores.length);
  });

  it('are read in whatever text, long words and no words among them', () => {
    for (const text of [
      '',
      ' ',
      '\0',
      '\ud800',
      'x'.repeat(20_000),
      'Ann '.repeat(9_000),
      '\n'.repeat(20_000),
      '🙂 Ann',
      'İstanbul',
    ])
      for (const { start, end } of detect(text, { types: NAMES, minScore: 0 })) {
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(text.length);
      }
  });

  it('likelihoods are those of all ways through the tags', () => {
    // Three words, by hand: every sequence of tags weighed.
    const scores = Float64Array.from({ length: 3 * TAGS }, (_, i) => Math.sin(i * 7));
    const step = Float64Array.from({ length: (TAGS + 1) * TAGS }, (_, i) => Math.cos(i * 3));
    const exact = new Float64Array(scores.length);
    let all = 0;
    for (let a = 0; a < TAGS; a++)
      for (let b = 0; b < TAGS; b++)
        for (let c = 0; c < TAGS; c++) {
          const weight = Math.exp(
            step[TAGS * TAGS + a]! +
              scores[a]! +
              step[a * TAGS + b]! +
              scores[TAGS + b]! +
              step[b * TAGS + c]! +
              scores[2 * TAGS + c]!,
          );
          all += weight;
          for (const place of [a, TAGS + b, 2 * TAGS + c]) exact[place]! += weight;
        }
    const likely = marginals(scores, { state: [], scale: 1, step });
    for (const [place, value] of likely.entries()) expect(value).toBeCloseTo(exact[place]! / all, 10);
  });
});
