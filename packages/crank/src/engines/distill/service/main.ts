/** A distiller: has texts labelled within a budget, trains students on that, and gives the best one with its card. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { studentFiles } from '../card.ts';
import type { Desk } from '../loop/asking.ts';
import { teachersOf } from '../loop/desk.ts';
import { distil, type Item } from '../loop/distil.ts';
import { type Answered, putQuestion } from '../loop/labelling.ts';
import { refused } from '../serving/refused.ts';
import { type DistilConfig, WORKSPACE } from './config.ts';

/** What the platform gives an operation to speak by. */
interface Context {
  service: string;
  version: string;
  workspaces: Record<string, string>;
  call(target: string, args?: object): Promise<unknown>;
  progress(fraction: number | null, message?: string): void;
}

const root = join(import.meta.dirname, '..');
const config = JSON.parse(readFileSync(join(root, 'distil.json'), 'utf8')) as DistilConfig;
const task = { labels: config.labels, ...(config.about !== undefined && { about: config.about }) };

const teachers = () => {
  const { teacher } = config;
  if (teacher === undefined) throw new Error('this distiller has no teacher: its labels come with the texts');
  return teachersOf(task, { ...teacher, key: teacher.hasKey ? process.env['TEACHER_KEY'] : undefined });
};

/**
 * One question to the teacher, within the budget; committed with what is held for the next one. A step of `run`.
 * @param next millionths of a US dollar that the next question may cost
 */
export const label = (
  asks: { key: string; text: string }[],
  wording: 'first' | 'second',
  next: number,
  begin: boolean,
  context: Context,
): Promise<Answered> =>
  putQuestion(
    teachers()[wording],
    { folder: context.workspaces[WORKSPACE]!, budget: config.budget.name, limitMicroUsd: config.budget.microUsd },
    { asks, next, begin },
  );

const deskOf = ({ service, version, call }: Context): Desk | undefined => {
  if (config.teacher === undefined) return undefined;
  const own = teachers();
  const target = `${service}@${version.replace(/^sha256:/, '').slice(0, 16)}.label`;
  return {
    batch: config.teacher.batch,
    most: (wording, asks) => own[wording].most(asks),
    put: async (wording, { asks, next, begin = false }) =>
      (await call(target, { asks, wording, next, begin })) as Answered,
  };
};

/**
 * From texts to a student.
 * @param texts a line of JSON for each: `text`, and where they are known `label` (a person's), `time` (ISO 8601), `group`
 * @contentType application/json
 */
export const run = async (texts: File, context: Context): Promise<string> => {
  const given = Buffer.from(await texts.arrayBuffer());
  const labels = config.labels.map(({ name }) => name);
  const items = readItems(given.toString(), labels);
  const { seed, split, most, target } = config;
  const { student, report, threshold, looks } = await distil(items, deskOf(context), {
    ...{ labels, most, target, seed, split },
    progress: (share, what) => context.progress(share, what),
  });
  const files = studentFiles(student, {
    ...{ about: config.about, threshold, looks, report },
    lineage: {
      texts: createHash('sha256').update(given).digest('hex'),
      trainedBy: `${context.service}@${context.version}`,
      ...(config.teacher && { teacher: { url: config.teacher.url, model: config.teacher.model } }),
      seed,
    },
  });
  const serving = join(root, 'serving');
  for (const name of readdirSync(serving)) files[name] = readFileSync(join(serving, name));
  const encoded = Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]);
  return JSON.stringify({ report, files: Object.fromEntries(encoded) });
};

/** @throws Error that names the line: the input is wrong */
const readItems = (text: string, labels: readonly string[]): Item[] =>
  text.split('\n').flatMap((line, i): Item[] => {
    if (line.trim() === '') return [];
    const one = JSON.parse(line) as { text: unknown; label?: unknown; time?: unknown; group?: unknown };
    if (typeof one.text !== 'string') throw refused(`line ${i + 1} has no "text"`, 'texts');
    const isLabelled = one.label !== undefined && one.label !== null && one.label !== '';
    if (isLabelled && !labels.includes(String(one.label)))
      throw refused(`line ${i + 1} is labelled ${String(one.label)}, which is none of ${labels.join(', ')}`, 'texts');
    const time = typeof one.time === 'string' ? Date.parse(one.time) : Number.NaN;
    return [
      {
        text: one.text,
        ...(isLabelled && { label: String(one.label) }),
        ...(Number.isFinite(time) && { time }),
        ...(typeof one.group === 'string' && { group: one.group }),
      },
    ];
  });
