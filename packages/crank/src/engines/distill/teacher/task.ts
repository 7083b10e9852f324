/** What texts are to be told apart by. */
export interface Task {
  labels: readonly { name: string; description?: string }[];
  /** What the texts are, and what matters: a sentence or two for whoever labels. */
  about?: string;
}

export interface Ask {
  /** Of the text; `keyOf`. */
  key: string;
  text: string;
}

/** What a teacher said, and what it cost. */
export interface Reply {
  /** By key; a text that is missing got no label that the task has. */
  labels: Map<string, string>;
  microUsd: number;
}

/** Who labels. Adapters of one port: chat endpoints in `chat-teacher.ts`. */
export interface Teacher {
  /** Of its model and wording: another one is another teacher, whose answers are others. */
  id: string;
  /** Texts that it takes at one time. */
  batch: number;
  /** What asking this may cost at most, in millionths of a US dollar, whole ones. */
  most(asks: readonly Ask[]): number;
  /** @throws TeacherError where there is no answer; what it may have cost is in it */
  ask(asks: readonly Ask[], signal?: AbortSignal): Promise<Reply>;
}

/** The teacher gave no answer. `microUsd` is what may be on its bill nevertheless. */
export class TeacherError extends Error {
  override readonly name = 'TeacherError';
  readonly microUsd: number;
  /** The answer was lost on its way: the same question may be answered another time. */
  readonly isLost: boolean;

  constructor(message: string, microUsd: number, isLost: boolean) {
    super(message);
    this.microUsd = microUsd;
    this.isLost = isLost;
  }
}
