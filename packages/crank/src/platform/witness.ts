import { parseNote, parseVkey, readCosignature } from 'crank-verify';
import { sha256Hex } from '#src/core/digest.ts';
import type { Signer } from '#src/engines/audit/keys.ts';
import { EMPTY_ROOT } from '#src/engines/audit/merkle.ts';
import { type CosignVerdict, cosign, judgeCheckpoint, parseCosignRequest } from '#src/engines/audit/witness.ts';
import type { WitnessedRow } from '#src/store/schema.ts';
import { type Alarming, raiseAlarm } from './log-alarms.ts';

export type CosignAnswer =
  | { verdict: 'cosigned'; lines: string }
  | { verdict: 'unknown'; why: string }
  | Exclude<CosignVerdict, { verdict: 'good' }>;

/** Seconds for which a cosignature is given out again. */
const FRESH = 10;

/** The cosignature given last, where the same head comes again soon: replaying a public note must not cost a write each. */
const sameAgain = (row: WitnessedRow, note: string): string | undefined => {
  if (!row.note?.startsWith(note)) return undefined;
  const line = row.note.slice(note.length);
  const { time } = readCosignature('', parseNote(`-\n\n${line}`).signatures[0]!.signature)!;
  return Date.now() / 1000 - time < FRESH ? line : undefined;
};

/** The node as a witness of others' logs (C2SP tlog-witness): cosigns their heads as long as each extends the one before. */
export class Witness {
  readonly #platform: Alarming;
  readonly #signer: Signer;

  /** @param signer the witness' own key, of type 4 */
  constructor(platform: Alarming, signer: Signer) {
    this.#platform = platform;
    this.#signer = signer;
  }

  get vkey(): string {
    return this.#signer.vkey;
  }

  /** Logs that it is a witness of, those among them from which its favour was withdrawn. */
  logs(): Promise<WitnessedRow[]> {
    const { store, node } = this.#platform;
    return store.db.selectFrom('witnessed').selectAll().where('node', '=', node).orderBy('origin').execute();
  }

  /**
   * Answers add-checkpoint. What is cosigned is on disk before this resolves, and was replaced in one step: of two
   * requests at once, one finds the other's head in its way.
   */
  async addCheckpoint(body: string): Promise<CosignAnswer> {
    const { store, node } = this.#platform;
    const request = parseCosignRequest(body);
    if (request === undefined) return { verdict: 'malformed', why: 'the body is not an add-checkpoint request' };
    const { head, note } = request;
    for (;;) {
      const row = await store.db
        .selectFrom('witnessed')
        .selectAll()
        .where('node', '=', node)
        .where('origin', '=', head.origin)
        .executeTakeFirst();
      const vkeys = row?.vkeys.split('\n').filter((vkey) => vkey !== '') ?? [];
      if (row === undefined || vkeys.length === 0)
        return { verdict: 'unknown', why: `this node is no witness of ${head.origin}` };
      const verdict = await judgeCheckpoint({ vkeys, size: row.size, root: Buffer.from(row.root, 'base64') }, request);
      if (verdict.verdict === 'forked' || verdict.verdict === 'inconsistent') {
        const what = `The log ${head.origin} is not what this node cosigned: ${verdict.why}.`;
        await raiseAlarm(this.#platform, { log: head.origin, what, evidence: `${row.note ?? ''}\n${body}` });
      }
      if (verdict.verdict !== 'good') return verdict;
      const before = sameAgain(row, note);
      if (before !== undefined) return { verdict: 'cosigned', lines: before };
      const cosigned = cosign(this.#signer, note, Math.floor(Date.now() / 1000));
      const { numUpdatedRows } = await store.db
        .updateTable('witnessed')
        .set({ size: head.size, root: Buffer.from(head.root).toString('base64'), note: cosigned.note })
        .where('node', '=', node)
        .where('origin', '=', head.origin)
        .where('size', '=', row.size)
        .where('root', '=', row.root)
        .executeTakeFirst();
      if (numUpdatedRows === 1n) return { verdict: 'cosigned', lines: cosigned.line };
    }
  }

  /** The newest checkpoint cosigned of a log. @param hash SHA-256 of its origin, hexadecimal */
  async checkpointOf(hash: string): Promise<string | undefined> {
    const row = (await this.logs()).find(({ origin }) => sha256Hex(origin) === hash);
    return row?.note ?? undefined;
  }

  /** The query that makes the node a witness of a log, or adds a key to it. */
  async serve(vkey: string) {
    const { store, node } = this.#platform;
    const { name: origin } = await parseVkey(vkey);
    const known = (await this.logs()).find((log) => log.origin === origin);
    const vkeys = [...new Set([...(known?.vkeys.split('\n') ?? []), vkey])].filter((one) => one !== '').join('\n');
    const root = Buffer.from(EMPTY_ROOT).toString('base64');
    return store.db
      .insertInto('witnessed')
      .values({ node, origin, vkeys, size: 0, root, note: null, added_at: Date.now() })
      .onConflict((c) => c.columns(['node', 'origin']).doUpdateSet({ vkeys }))
      .compile();
  }

  /** The query that ends it. What was cosigned stays: nobody may begin anew at another history. */
  leave(origin: string) {
    const { store, node } = this.#platform;
    return store.db
      .updateTable('witnessed')
      .set({ vkeys: '' })
      .where('node', '=', node)
      .where('origin', '=', origin)
      .compile();
  }
}
