import { readFile, writeFile } from 'node:fs/promises';
import { CrankError, type ErrorExtras } from '#src/core/error.ts';
import type { RedactRule } from '#src/core/personal-data.ts';
import { createTextStream, type TextStream } from '#src/engines/privacy/text-stream.ts';
import { createTokens } from '#src/engines/privacy/tokens.ts';
import type { SandboxOutcome, SandboxResult } from '#src/engines/sandbox/sandbox.ts';
import { removeFiles } from '../scratch.ts';
import type { RedactThreads } from './redact-threads.ts';

/** Longest text that is searched, UTF-16 code units. */
export const MOST_TEXT = 16 * 2 ** 20;
/** What is text, so that it can be searched. */
const TEXT_TYPE =
  /^(?:text\/|application\/(?:[a-z0-9.+-]*\+)?(?:json|xml|yaml|x-ndjson|ndjson|jsonl)\b|image\/svg\+xml)/i;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Why something is not given out: policy wants it searched, and it cannot be. */
const unsearched = (what: string, why: string, fix: string): CrankError => {
  const reasons = [`personal data is to be taken out of ${what}, and ${why}`];
  return new CrankError('policy-denied', `A policy of the account denies this: ${reasons[0]}. ${fix}`, { reasons });
};

/** What a call gives out, without what policy wants taken out. All that leaves it goes through here; where that fails, nothing leaves. */
export class CallRedactor {
  readonly #rules: readonly RedactRule[];
  readonly #keys: Readonly<Record<string, Uint8Array>>;
  readonly #threads: RedactThreads;
  readonly #counts = new Map<string, number>();
  /** Errors whose texts were searched already. */
  readonly #searched = new WeakSet<Error>();

  /** @param keys of the accounts whose rules hash or tokenise */
  constructor(threads: RedactThreads, rules: readonly RedactRule[], keys: Readonly<Record<string, Uint8Array>>) {
    this.#threads = threads;
    this.#rules = rules;
    this.#keys = keys;
  }

  /** How often what was taken out of what was answered, for the receipt: sorted by type. */
  get counts(): readonly { count: number; type: string }[] {
    return [...this.#counts].map(([type, count]) => ({ count, type })).sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** A JSON text of an answer. @throws CrankError `policy-denied` where it cannot be searched */
  async json(json: Uint8Array): Promise<Uint8Array> {
    const text = utf8.decode(json);
    const done = await this.#run('json', text, true, 'the answer');
    return done === text ? json : Buffer.from(done);
  }

  /** For items that are texts, which may be pieces of one. */
  textStream(): TextStream {
    const made = new Map(Object.entries(this.#keys).map(([account, key]) => [account, createTokens(key)]));
    return createTextStream(this.#rules, (account) => made.get(account)!, this.#counts);
  }

  /** What was printed, or is told of a failure. */
  text(text: string): Promise<string> {
    return text === '' ? Promise.resolve(text) : this.#run('text', text, false, 'what the call printed or raised');
  }

  /** What the sandbox gave beside values and items, which are validated first. A file is searched in its place. */
  async result(result: SandboxResult): Promise<SandboxResult> {
    const { outcome } = result;
    try {
      return {
        ...result,
        stdout: await this.text(result.stdout),
        stderr: await this.text(result.stderr),
        outcome: outcome.type === 'failed' ? await this.#failure(outcome) : outcome,
      };
    } catch (error) {
      if (outcome.type === 'file') await removeFiles([outcome.path]);
      throw error;
    }
  }

  /** @throws CrankError `policy-denied` where it is no text, or too large; it is deleted then */
  async file(outcome: SandboxOutcome & { type: 'file' }): Promise<SandboxOutcome & { type: 'file' }> {
    try {
      const isJson = /[/+]json\b/i.test(outcome.contentType);
      if (!isJson && this.#rules.every(({ fields }) => fields !== undefined)) return outcome;
      const fix = 'Answer with text (text/*, JSON, XML), or take the rule away for this service.';
      if (!TEXT_TYPE.test(outcome.contentType))
        throw unsearched('files', `${outcome.contentType} cannot be searched`, fix);
      if (outcome.size > MOST_TEXT) throw unsearched('files', `this has more than ${MOST_TEXT / 2 ** 20} MiB`, fix);
      const text = await readFile(outcome.path).then(
        (bytes) => utf8.decode(bytes),
        () => {
          throw unsearched('files', 'this is not UTF-8', fix);
        },
      );
      const done = await this.#run(isJson ? 'json' : 'text', text, true, 'the file');
      const name = await this.text(outcome.name);
      if (done === text) return { ...outcome, name };
      const bytes = Buffer.from(done);
      await writeFile(outcome.path, bytes);
      return { ...outcome, name, size: bytes.length };
    } catch (error) {
      await removeFiles([outcome.path]);
      throw error;
    }
  }

  /** Told of an error whose texts were searched where they came from: what stands in them now is not to be replaced again. */
  searched(error: CrankError): CrankError {
    this.#searched.add(error);
    return error;
  }

  /** The same for what is thrown instead. Never rejects: where it cannot be searched, that is the error. */
  async error(error: unknown): Promise<unknown> {
    if (!(error instanceof CrankError) || this.#searched.has(error)) return error;
    const { cause: _, ...told } = error.extras;
    try {
      const message = await this.text(error.message);
      const extras = JSON.parse(await this.#run('json', JSON.stringify(told), false, 'the failure')) as ErrorExtras;
      return this.searched(new CrankError(error.code, message, extras));
    } catch (fault) {
      return fault instanceof CrankError ? this.searched(fault) : fault;
    }
  }

  async #failure(outcome: SandboxOutcome & { type: 'failed' }): Promise<SandboxOutcome> {
    const { detail, exception, errors } = outcome;
    return {
      ...outcome,
      detail: await this.text(detail),
      ...(exception && {
        exception: {
          type: await this.text(exception.type),
          message: await this.text(exception.message),
          ...(exception.traceback !== undefined && { traceback: await this.text(exception.traceback) }),
        },
      }),
      ...(errors && {
        errors: await Promise.all(
          errors.map(async ({ pointer, message }) => ({ pointer, message: await this.text(message) })),
        ),
      }),
    };
  }

  async #run(kind: 'json' | 'text', text: string, counted: boolean, what: string): Promise<string> {
    if (text.length > MOST_TEXT)
      throw unsearched(what, `it has more than ${MOST_TEXT / 2 ** 20} Mi characters`, 'Return less.');
    const rules = kind === 'json' && !counted ? this.#rules.filter(({ fields }) => fields === undefined) : this.#rules;
    const done = await this.#threads.run({ kind, text, rules, keys: this.#keys }).catch((error: Error) => {
      // The call has run: that we cannot keep up is our fault, and not to be charged.
      if (error instanceof CrankError)
        throw new CrankError('internal', 'Too many texts wait to be searched; nothing was charged: try again soon.');
      throw unsearched(what, error.message, 'Return less, or something of a plainer form.');
    });
    if (counted) for (const [type, count] of done.counts) this.#counts.set(type, (this.#counts.get(type) ?? 0) + count);
    return done.text;
  }
}
