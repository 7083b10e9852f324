import { parseNote, parseVkey, VerificationError, verifyNote } from 'crank-verify';
import { encodeConsistency } from '#src/engines/audit/consistency-text.ts';
import { headOf } from '#src/engines/audit/log-fork.ts';
import { consistencyProof } from '#src/engines/audit/proof.ts';
import { readLog } from '#src/store/log-store.ts';
import type { WitnessRow } from '#src/store/schema.ts';
import { type Alarming, raiseAlarm } from './log-alarms.ts';
import type { LogFiles } from './log-files.ts';

/** Milliseconds between rounds while the log grows, and until a witness that failed is asked again though it does not. */
const PAUSE = 2_000;
const RETRY = 30_000;
const TIMEOUT = 15_000;
/** Signature lines have 150 bytes, ML-DSA's 3,400. */
const MAX_ANSWER = 64 * 1024;

/** How a witness stands to our log. */
export interface WitnessState {
  /** Size of the newest head that it cosigned as far as we know; undefined until it was asked. */
  size: number | undefined;
  /** When it did, by its own clock, seconds since 1970. */
  time: number | undefined;
  /** Why the last try failed. */
  error: string | undefined;
}

class Refused extends Error {}

/** Asks witnesses to cosign the node's log, away from the path of calls, and keeps what they signed. */
export class Cosigning {
  readonly #platform: Alarming & { logFiles: LogFiles };
  readonly #states = new Map<string, WitnessState>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #again = false;
  /** The timer is for what has grown. */
  #soon = false;
  #closed = false;

  constructor(platform: Alarming & { logFiles: LogFiles }) {
    this.#platform = platform;
  }

  /** Told of every commit. */
  grown(): void {
    if (this.#closed || this.#soon) return;
    clearTimeout(this.#timer); // of a new try, which need not be waited for
    this.#soon = true;
    this.#timer = this.#after(PAUSE);
  }

  state(vkey: string): WitnessState {
    return this.#states.get(vkey) ?? { size: undefined, time: undefined, error: undefined };
  }

  witnesses(): Promise<WitnessRow[]> {
    const { store, node } = this.#platform;
    return store.db.selectFrom('witnesses').selectAll().where('log', '=', node).orderBy('added_at').execute();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      this.#soon = false;
      const next = this.#round.then(() => this.#ask());
      this.#round = next.catch((err: unknown) => this.#platform.log.error({ err }, 'witnesses could not be asked'));
    }, ms).unref();
  }

  async #ask(): Promise<void> {
    const { store, node, log } = this.#platform;
    const witnesses = await this.witnesses();
    if (witnesses.length === 0) return;
    const stored = await readLog(store.db, node);
    if (stored === undefined) return;
    this.#again = false;
    const lines = await Promise.all(
      witnesses.map(async (witness) => {
        try {
          return await this.#cosignature(witness, stored.checkpoint);
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          log.warn({ witness: witness.vkey, url: witness.url, why }, 'a witness did not cosign the log');
          this.#states.set(witness.vkey, { ...this.state(witness.vkey), error: why });
          this.#again = true;
          return '';
        }
      }),
    );
    if (lines.some((line) => line !== '')) {
      const row = { size: stored.size, note: stored.checkpoint + lines.join('') };
      await store.db
        .insertInto('cosigned')
        .values({ log: node, ...row })
        .onConflict((c) => c.column('log').doUpdateSet(row))
        .execute();
    }
    if (!this.#closed && this.#again) this.#timer ??= this.#after(RETRY);
  }

  /** @returns the witness' signature line over a checkpoint. @throws Error that says why there is none */
  async #cosignature(witness: WitnessRow, note: string): Promise<string> {
    const { size } = headOf(note);
    const { read } = this.#platform.logFiles.hashes(this.#platform.node);
    let old = this.state(witness.vkey).size ?? 0;
    // The witness may know another size than we believe, once; then we know it.
    for (let tries = 0; tries < 3; tries++) {
      const body = encodeConsistency(old, await consistencyProof(read, Math.min(old, size), size), note);
      const answer = await post(`${witness.url}/add-checkpoint`, body);
      if (answer.status === 200) {
        const { line, time } = await checkLines(note, answer.text, witness.vkey);
        this.#states.set(witness.vkey, { size, time, error: undefined });
        return line;
      }
      if (answer.status === 409 && answer.type.startsWith('text/x.tlog.size')) {
        old = Number(/^(\d{1,15})\n$/.exec(answer.text)?.[1] ?? Number.NaN);
        if (!Number.isSafeInteger(old)) throw new Error('it answers 409 without a size');
        if (old > size) {
          await this.#alarm(
            note,
            `The witness ${nameOf(witness)} cosigned ${old} entries of this log, which has only ${size} here: it was cut, or put back from a backup, and goes on as a second history.`,
          );
        }
        continue;
      }
      if (answer.status === 422) {
        await this.#alarm(
          note,
          `The witness ${nameOf(witness)} cosigned a head of ${old} entries that this log of ${size} does not extend: somebody signed another history with its key.`,
        );
      }
      throw new Error(`it answers ${answer.status}: ${answer.text.slice(0, 200).trim()}`);
    }
    throw new Error('the log grows faster than the witness answers');
  }

  /** @throws always, once the alarm is raised */
  async #alarm(evidence: string, what: string): Promise<never> {
    await raiseAlarm(this.#platform, { log: this.#platform.node, what, evidence });
    throw new Refused(what);
  }
}

const nameOf = ({ vkey }: WitnessRow): string => vkey.split('+')[0]!;

const post = async (url: string, body: string): Promise<{ status: number; type: string; text: string }> => {
  const answer = await fetch(url, { method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > MAX_ANSWER) throw new Error('its answer is too long');
    chunks.push(chunk as Uint8Array);
  }
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    text: Buffer.concat(chunks).toString(),
  };
};

/** The line of a witness' answer that is by its key and holds; the others are left out. */
const checkLines = async (note: string, lines: string, vkey: string): Promise<{ line: string; time: number }> => {
  const key = await parseVkey(vkey);
  const { text } = parseNote(note);
  for (const line of lines.split('\n').filter((one) => one !== '')) {
    try {
      const { times } = await verifyNote(`${text}\n${line}\n`, [key]);
      const time = times.get(key) ?? 0;
      if (time > 0) return { line: `${line}\n`, time };
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
    }
  }
  throw new Error('none of the signatures that it answers with is by its key over this head');
};
