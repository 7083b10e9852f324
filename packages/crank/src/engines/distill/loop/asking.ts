import { keyOf } from '../teacher/journal.ts';
import type { Wording } from '../teacher/prompt.ts';
import type { Ask } from '../teacher/task.ts';
import type { Answered, Question } from './labelling.ts';

/** The way to one teacher in two wordings; each question is a step that is committed before the next begins. */
export interface Desk {
  batch: number;
  /** What these may cost at most. */
  most(wording: Wording, asks: readonly Ask[]): number;
  put(wording: Wording, question: Question): Promise<Answered>;
}

/** Asks for labels, until there are enough or there is no money. */
export interface Asking {
  readonly spentMicroUsd: number;
  readonly isExhausted: boolean;
  readonly questions: number;
  /** Labels by index of the text, of those that got one. */
  label(indices: readonly number[], wording?: Wording): Promise<Map<number, string>>;
  /** The same for any texts; undefined for those that got none. */
  labelTexts(given: readonly string[]): Promise<(string | undefined)[]>;
  /** Gives back what is held. */
  end(): Promise<void>;
}

/** Questions for the same texts, where answers are lost on their way. */
const TRIES = 3;

/** @throws Error that says what the teacher said */
export const startAsking = async (desk: Desk, texts: readonly string[]): Promise<Asking> => {
  // The dearest question that can come, so that any next one is covered by what was held before it.
  const dearest = [...texts].sort((a, b) => Buffer.byteLength(b) - Buffer.byteLength(a)).slice(0, desk.batch);
  const asks = dearest.map((text) => ({ key: keyOf(text), text }));
  const next = Math.max(desk.most('first', asks), desk.most('second', asks));
  const began = await desk.put('first', { asks: [], next, begin: true });
  let { spentMicroUsd, isExhausted } = began;
  let questions = 0;

  const ask = async (given: readonly string[], wording: Wording): Promise<(string | undefined)[]> => {
    const found = new Map<string, string>();
    let tries = 0;
    for (let at = 0; at < given.length && !isExhausted; ) {
      const byKey = new Map(given.slice(at, at + desk.batch).map((text) => [keyOf(text), text]));
      const answered = await desk.put(wording, { asks: [...byKey].map(([key, text]) => ({ key, text })), next });
      questions += 1;
      ({ spentMicroUsd, isExhausted } = answered);
      if (answered.failed !== undefined) {
        tries += 1;
        if (answered.isLost && tries < TRIES) continue;
        throw new Error(answered.failed);
      }
      tries = 0;
      at += desk.batch;
      for (const [key, label] of answered.labels) found.set(byKey.get(key)!, label);
    }
    return given.map((text) => found.get(text));
  };

  return {
    get spentMicroUsd() {
      return spentMicroUsd;
    },
    get isExhausted() {
      return isExhausted;
    },
    get questions() {
      return questions;
    },
    label: async (indices, wording = 'first') => {
      const labels = await ask(
        indices.map((i) => texts[i]!),
        wording,
      );
      return new Map(
        indices.flatMap((i, at): [number, string][] => (labels[at] === undefined ? [] : [[i, labels[at]]])),
      );
    },
    labelTexts: (given) => ask(given, 'first'),
    end: async () => {
      ({ spentMicroUsd } = await desk.put('first', { asks: [], next: 0 }));
    },
  };
};
