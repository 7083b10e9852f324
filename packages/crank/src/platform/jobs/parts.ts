import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from '#src/store/schema.ts';
import type { SubjectKey } from '../subject-key.ts';

/** Bytes of a piece before it is encrypted. */
const PART_BYTES = 2 ** 20;

/** What a job keeps: its arguments with their files, or its result. */
export type PartKind = 'input' | 'result';

/** Where the pieces of one thing are, and under which key. */
export interface PartsOf {
  db: Kysely<Database>;
  key: SubjectKey;
  job: string;
  kind: PartKind;
}

/** Writes something that may be large. Whole pieces are stored as they fill, so that only one is in memory. */
export interface PartWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Bytes so far. */
  readonly size: number;
  /** What stores the last piece: it belongs into the commit by which the whole comes to count. */
  finish(): CompiledQuery[];
}

const contextOf = ({ job, kind }: PartsOf, seq: number): string => `${job} ${kind} ${seq}`;

export const createPartWriter = (of: PartsOf): PartWriter => {
  const { db, key, job, kind } = of;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let seq = 0;
  let size = 0;
  const insert = (bytes: Uint8Array) => {
    const sealed = key.seal(bytes, contextOf(of, seq));
    return db.insertInto('job_parts').values({ job, kind, seq: seq++, sealed });
  };
  return {
    get size() {
      return size;
    },
    write: async (bytes) => {
      size += bytes.length;
      pending.push(bytes);
      pendingBytes += bytes.length;
      if (pendingBytes < PART_BYTES) return;
      const all = Buffer.concat(pending);
      let at = 0;
      for (; all.length - at >= PART_BYTES; at += PART_BYTES) await insert(all.subarray(at, at + PART_BYTES)).execute();
      pending = [all.subarray(at)];
      pendingBytes = all.length - at;
    },
    finish: () => {
      const last = Buffer.concat(pending);
      pending = [];
      return last.length === 0 ? [] : [insert(last).compile()];
    },
  };
};

/**
 * Reads it again, piece by piece.
 *
 * @throws Error where a piece was changed, or the key is another one
 */
export async function* readParts(of: PartsOf): AsyncGenerator<Buffer, void, void> {
  for (let seq = 0; ; seq++) {
    const row = await of.db
      .selectFrom('job_parts')
      .select('sealed')
      .where('job', '=', of.job)
      .where('kind', '=', of.kind)
      .where('seq', '=', seq)
      .executeTakeFirst();
    if (row === undefined) return;
    const bytes = of.key.open(row.sealed, contextOf(of, seq));
    if (bytes === undefined) throw new Error(`piece ${seq} of the ${of.kind} of ${of.job} cannot be decrypted`);
    yield bytes;
  }
}

/** What takes the pieces away. */
export const deleteParts = (db: Kysely<Database>, job: string, kind: PartKind) =>
  db.deleteFrom('job_parts').where('job', '=', job).where('kind', '=', kind);
