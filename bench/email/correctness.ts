import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PARSERS, type Parser, type Reading, readings } from './readings.ts';

const FIELDS = ['subject', 'from', 'to', 'date', 'text', 'html', 'attachments'] as const;
type Field = (typeof FIELDS)[number];
type Adjudicated = Record<string, Partial<Record<Field, { accept: unknown[] } | null>>>;

const form = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(',').toLowerCase();
  return typeof value === 'string' ? value.normalize('NFC').replace(/\s+/g, '') : String(value);
};

export interface Score {
  files: number;
  /** Values that were compared. */
  values: number;
  right: Record<Parser, number>;
  failed: Record<Parser, number>;
  /** What Crank got wrong, `file field`. */
  wrong: string[];
}

/**
 * Holds four parsers against one another on files that others wrote. A value is right if it is what adjudicated.json accepts, or,
 * where that says nothing, if at least three of the four say the same. Where no three agree nothing is scored. Text that a
 * parser made of HTML is not compared.
 */
export const correctness = async (folder: string): Promise<Score> => {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .sort();
  const read = await readings(names.map((name) => join(folder, name)));
  const ruled = JSON.parse(readFileSync(new URL('adjudicated.json', import.meta.url), 'utf8')) as Adjudicated;
  const zero = (): Record<Parser, number> => ({ crank: 0, mailparser: 0, 'postal-mime': 0, python: 0 });
  const score: Score = { files: names.length, values: 0, right: zero(), failed: zero(), wrong: [] };
  for (const parser of PARSERS) score.failed[parser] = read[parser].filter(({ failed }) => failed !== undefined).length;
  for (const [at, name] of names.entries()) {
    const of = (parser: Parser): Reading => read[parser][at]!;
    const [, rule] = Object.entries(ruled).find(([end]) => name === end || name.endsWith(`-${end}`)) ?? [];
    for (const field of FIELDS) {
      const ruling = rule?.[field];
      if (ruling === null || (field === 'text' && of('crank').html && of('python').text === '')) continue;
      const said = PARSERS.map((parser) => form(of(parser)[field]));
      const accepted =
        ruling?.accept.map(form) ?? said.filter((value) => said.filter((other) => other === value).length >= 3);
      if (accepted.length === 0) continue;
      score.values++;
      for (const [index, parser] of PARSERS.entries()) if (accepted.includes(said[index]!)) score.right[parser]++;
      if (!accepted.includes(said[0]!)) score.wrong.push(`${name} ${field}`);
    }
  }
  return score;
};
