/** What a distiller is to do, as `distil.json` of its version says it: another task is another version. */
export interface DistilConfig {
  labels: { name: string; description?: string }[];
  about?: string;
  /** Absent: persons' labels come with the texts. */
  teacher?: {
    api: 'openai' | 'anthropic';
    url: string;
    model: string;
    /** US dollars for a million tokens. */
    prices: { input: number; output: number };
    batch: number;
    /** Whether the secret `TEACHER_KEY` has its key. */
    hasKey: boolean;
  };
  /** Name of what is spent from, and how much it has, in millionths of a US dollar. */
  budget: { name: string; microUsd: number };
  /** Labels that are asked for at most. */
  most: number;
  target: number;
  seed: number;
  split: 'random' | 'time';
}

/** The workspace that has what teachers answered: what any task of the account paid for is there for all of them. */
export const WORKSPACE = 'distil';
