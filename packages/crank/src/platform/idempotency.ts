import type { CompiledQuery, Kysely } from 'kysely';
import { sha256 } from '#src/core/digest.ts';
import { CrankError, type ErrorCode } from '#src/core/error.ts';
import type { Database, IdempotencyRow } from '#src/store/schema.ts';
import type { SubjectKey } from './subject-key.ts';

const KEEP_MS = 24 * 3600_000;
/** Larger answers are not kept: a repeat is told so. */
const KEEP_BYTES = 8 * 2 ** 20;

/** An answer as it is kept: enough to give it again. */
export type KeptAnswer = { call: string; version: string } & (
  | { type: 'json'; json: string }
  | { type: 'error'; code: ErrorCode; problem: string }
  | { type: 'not-kept' }
  | { type: 'job' }
);

/** One request's place: principal and operation, the caller's key, and the digest of the body. */
export interface IdempotencySlot {
  scope: string;
  key: string;
  fingerprint: string;
}

/** Answers under idempotency keys: kept 24 h, under the key of their subject; a concurrent repeat waits for the first. */
export class Idempotency {
  readonly #db: Kysely<Database>;
  readonly #running = new Map<string, { fingerprint: string; done: Promise<void> }>();

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** Keys are hashed at once: they may carry what their makers find handy. */
  slot(principal: string, operation: string, key: string, fingerprint: string): IdempotencySlot {
    return { scope: `${principal} ${operation}`, key: sha256(key).toString('hex'), fingerprint };
  }

  /**
   * Either the answer that was given before, or the right to run: then `release` must be called at the end.
   *
   * @throws CrankError `idempotency-conflict` where the key was used with another body or subject, or its answer was too large to keep
   */
  async claim(slot: IdempotencySlot, subject: SubjectKey): Promise<{ kept: KeptAnswer } | { release: () => void }> {
    const name = `${slot.scope} ${slot.key}`;
    for (;;) {
      const running = this.#running.get(name);
      if (running === undefined) break;
      if (running.fingerprint !== slot.fingerprint) throw otherBody();
      await running.done;
    }
    let release = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      release = () => {
        this.#running.delete(name);
        resolve();
      };
    });
    this.#running.set(name, { fingerprint: slot.fingerprint, done });
    try {
      const row = await this.#db
        .selectFrom('idempotency')
        .selectAll()
        .where('scope', '=', slot.scope)
        .where('key', '=', slot.key)
        .where('expires_at', '>', Date.now())
        .executeTakeFirst();
      if (row === undefined) return { release };
      if (row.fingerprint !== slot.fingerprint) throw otherBody();
      const answer = subject.open(row.answer, name);
      if (answer === undefined) throw otherBody();
      const kept = JSON.parse(answer.toString()) as KeptAnswer;
      release();
      return { kept };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The row that keeps an answer; written with the call. */
  row(slot: IdempotencySlot, answer: KeptAnswer, subject: SubjectKey): IdempotencyRow {
    const text = JSON.stringify(answer);
    const kept =
      text.length <= KEEP_BYTES
        ? text
        : JSON.stringify({ call: answer.call, version: answer.version, type: 'not-kept' });
    return {
      scope: slot.scope,
      key: slot.key,
      fingerprint: slot.fingerprint,
      call: answer.call,
      answer: subject.seal(Buffer.from(kept), `${slot.scope} ${slot.key}`),
      expires_at: Date.now() + KEEP_MS,
    };
  }

  /** What writes such a row, for a commit that has no call. */
  keep(row: IdempotencyRow): CompiledQuery {
    return this.#db
      .insertInto('idempotency')
      .values(row)
      .onConflict((c) => c.columns(['scope', 'key']).doUpdateSet(row))
      .compile();
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    await this.#db.deleteFrom('idempotency').where('expires_at', '<=', Date.now()).execute();
  }
}

const otherBody = (): CrankError =>
  new CrankError(
    'idempotency-conflict',
    'This Idempotency-Key was used with another body or subject: use a new key for a new request.',
  );
