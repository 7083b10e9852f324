import { readJournal, writeJournal } from '../teacher/journal.ts';
import { type Ask, type Teacher, TeacherError } from '../teacher/task.ts';

/** One question to a teacher, as its own committed step. */
export interface Question {
  /** At most the teacher's batch; empty: only holds money. */
  asks: readonly Ask[];
  /** Millionths of a US dollar that the next question may cost at most; 0: there is none. */
  next: number;
  /** It is the first of a run: what an earlier run left held is lost. */
  begin?: boolean;
}

export interface Answered {
  /** Key and label of what is known now, of what was asked about. */
  labels: [key: string, label: string][];
  spentMicroUsd: number;
  /** The budget does not cover the question, or the next one. */
  isExhausted: boolean;
  /** Why the teacher gave no answer. */
  failed?: string;
  /** The answer was lost on its way: it may be asked for again, with what is held now. */
  isLost?: boolean;
}

/** Where answers are kept, and what may be spent. */
export interface Purse {
  folder: string;
  /** Name of the budget: runs of one distillation spend from one. */
  budget: string;
  limitMicroUsd: number;
}

/**
 * Puts a question within the budget. Money is held in one step and spent in the next, so that it is committed before anything is
 * asked; what was answered before is not asked again.
 */
export const putQuestion = async (
  teacher: Teacher,
  { folder, budget, limitMicroUsd }: Purse,
  { asks, next, begin = false }: Question,
): Promise<Answered> => {
  const journal = readJournal(folder, teacher.id, budget);
  const lost = begin ? journal.heldMicroUsd : 0;
  const held = begin ? 0 : journal.heldMicroUsd;
  const unknown = asks.filter(({ key }) => !journal.labels.has(key));
  let labels: ReadonlyMap<string, string> = new Map();
  let microUsd = lost;
  let failed: string | undefined;
  let isLost = false;
  const isCovered = unknown.length === 0 || teacher.most(unknown) <= held || teacher.most(unknown) === 0;
  if (isCovered && unknown.length > 0) {
    try {
      const reply = await teacher.ask(unknown);
      microUsd += reply.microUsd;
      // What it has no label for would be asked for ever.
      labels = new Map(unknown.map(({ key }) => [key, reply.labels.get(key) ?? '']));
    } catch (error) {
      if (!(error instanceof TeacherError)) throw error;
      microUsd += error.microUsd;
      failed = error.message;
      isLost = error.isLost;
    }
  }
  const spentMicroUsd = journal.spentMicroUsd + microUsd;
  const isAffordable = spentMicroUsd + next <= limitMicroUsd;
  writeJournal(folder, teacher.id, budget, { labels, microUsd }, isAffordable ? next : 0);
  const known = new Map([...journal.labels, ...labels]);
  return {
    labels: asks.flatMap(({ key }): [string, string][] => (known.get(key) ? [[key, known.get(key)!]] : [])),
    spentMicroUsd,
    isExhausted: !isAffordable || !isCovered,
    ...(failed !== undefined && { failed, isLost }),
  };
};
