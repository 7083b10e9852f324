import type { Kysely } from 'kysely';
import type { Progress } from '#src/core/progress.ts';
import type { Database } from '#src/store/schema.ts';
import type { JobRow } from '#src/store/schema-service-life.ts';
import type { SubjectKey } from '../subject-key.ts';
import { messageContext } from './job-view.ts';

/** How often progress is stored at most. */
const STORE_MS = 250;

/**
 * How far a job is, while it runs. What is shown is what is stored: so nobody was shown more than a node that dies and starts
 * again goes on from.
 */
export class LiveJob {
  readonly abort = new AbortController();
  /** Set by whoever runs it. */
  done: Promise<void> = Promise.resolve();
  readonly #db: Kysely<Database>;
  readonly #id: string;
  readonly #onStored: () => void;
  readonly #onError: (error: unknown) => void;
  #fraction: number | null = null;
  #message = '';
  #at: number | undefined;
  #key: SubjectKey | undefined;
  #timer: NodeJS.Timeout | undefined;
  #storedAt = 0;

  constructor(id: string, on: { db: Kysely<Database>; onStored: () => void; onError: (error: unknown) => void }) {
    this.#id = id;
    this.#db = on.db;
    this.#onStored = on.onStored;
    this.#onError = on.onError;
  }

  /** Goes on from where it was: also what is done anew does not go back. */
  resume({ fraction }: JobRow, key: SubjectKey): void {
    this.#fraction = fraction;
    this.#key = key;
  }

  said({ fraction, message }: Progress): void {
    if (fraction !== null) this.#fraction = Math.max(this.#fraction ?? 0, fraction);
    this.#message = message;
    this.#at = Date.now();
    this.#timer ??= setTimeout(() => void this.#store(), Math.max(0, this.#storedAt + STORE_MS - this.#at));
  }

  /** What a row is to be changed by. */
  columns(): Partial<Pick<JobRow, 'fraction' | 'message' | 'progress_at'>> {
    if (this.#at === undefined) return {};
    return {
      fraction: this.#fraction,
      message: this.#key?.sealText(this.#message, messageContext(this.#id)) ?? '',
      progress_at: this.#at,
    };
  }

  /** Stores nothing more. */
  close(): void {
    clearTimeout(this.#timer);
  }

  async #store(): Promise<void> {
    this.#timer = undefined;
    this.#storedAt = Date.now();
    try {
      await this.#db
        .updateTable('jobs')
        .set(this.columns())
        .where('id', '=', this.#id)
        .where('state', '=', 'running')
        .execute();
      this.#onStored();
    } catch (error) {
      this.#onError(error);
    }
  }
}
