import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a folder knows of what was asked. */
export interface Journal {
  /** Labels by key of the text; the empty one stands for a text that the teacher had none for. */
  labels: Map<string, string>;
  /** Millionths of a US dollar, for this budget: what was billed, and what may have been. */
  spentMicroUsd: number;
  /** That are held for the next question. */
  heldMicroUsd: number;
}

/** A question that was put, and what came of it. */
export interface Entry {
  labels: ReadonlyMap<string, string>;
  microUsd: number;
}

interface Stored {
  budget: string;
  microUsd: number;
  labels: [key: string, label: string][];
}

const HOLD = 'hold.json';

/** The text's own, for a teacher: the same text is the same wherever it comes from. */
export const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/**
 * Answers of a teacher in a folder that is committed as a whole. What is held for a question is committed before it is put, and
 * taken away by the commit of its answer: a hold that is found later is of a question whose answer was lost, and counts as
 * spent, since it may be on the bill.
 *
 * @param teacher its id @param budget what it is paid from
 */
export const readJournal = (folder: string, teacher: string, budget: string): Journal => {
  const journal: Journal = { labels: new Map(), spentMicroUsd: 0, heldMicroUsd: holdIn(folder, budget) };
  for (const id of folders(folder))
    for (const file of readdirSync(join(folder, id)).sort()) {
      const stored = JSON.parse(readFileSync(join(folder, id, file), 'utf8')) as Stored;
      if (stored.budget === budget) journal.spentMicroUsd += stored.microUsd;
      if (id === teacher) for (const [key, label] of stored.labels) journal.labels.set(key, label);
    }
  return journal;
};

const folders = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^[0-9a-f]{64}$/.test(entry.name))
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const holdPath = (folder: string, budget: string): string => join(folder, `${keyOf(budget)}.${HOLD}`);

const holdIn = (folder: string, budget: string): number => {
  try {
    return (JSON.parse(readFileSync(holdPath(folder, budget), 'utf8')) as { microUsd: number }).microUsd;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
};

/** Adds what was answered, and holds for what comes next; 0 holds nothing. */
export const writeJournal = (
  folder: string,
  teacher: string,
  budget: string,
  { labels, microUsd }: Entry,
  holdMicroUsd: number,
): void => {
  const place = join(folder, teacher);
  mkdirSync(place, { recursive: true });
  if (labels.size > 0 || microUsd > 0) {
    const stored: Stored = { budget, microUsd, labels: [...labels] };
    const number = String(readdirSync(place).length).padStart(8, '0');
    writeFileSync(join(place, `${number}.json`), JSON.stringify(stored), { flag: 'wx' });
  }
  const hold = holdPath(folder, budget);
  if (holdMicroUsd > 0) writeFileSync(hold, JSON.stringify({ microUsd: holdMicroUsd }));
  else rmSync(hold, { force: true });
};
