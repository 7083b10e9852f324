import type { Kysely } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import {
  type Classification,
  type ClassifyRule,
  higher,
  isClassification,
  type RedactRule,
} from '#src/core/personal-data.ts';
import { createTokens, type Tokens } from '#src/engines/privacy/tokens.ts';
import type { Database } from '#src/store/schema.ts';
import type { KeyWrapper } from '../key-wrapper.ts';
import { PrivacyKeys } from './account-keys.ts';
import { CallRedactor, MOST_TEXT } from './call-redactor.ts';
import { createRedactThreads, type RedactThreads } from './redact-threads.ts';

/** Finds personal data in what calls give out and are given. */
export class Privacy {
  readonly #keys: PrivacyKeys;
  readonly #threads: RedactThreads = createRedactThreads();

  constructor(db: Kysely<Database>, wrapper: KeyWrapper) {
    this.#keys = new PrivacyKeys(db, wrapper);
  }

  /** What takes out of a call's answer what the rules name; undefined where there are none. */
  async redactor(rules: readonly RedactRule[] | undefined): Promise<CallRedactor | undefined> {
    if (rules === undefined || rules.length === 0) return undefined;
    const accounts = rules
      .filter(({ action }) => action === 'hash' || action === 'tokenise')
      .map((rule) => rule.account);
    const keys = Object.fromEntries(
      await Promise.all(
        [...new Set(accounts)].map(async (account) => [account, await this.#keys.of(account)] as const),
      ),
    );
    return new CallRedactor(this.#threads, rules, keys);
  }

  /** Stand-ins under an account's key. */
  async tokens(account: string): Promise<Tokens> {
    return createTokens(await this.#keys.of(account));
  }

  /**
   * The label of a call's arguments: the highest of what was said of them and what the rules make of them.
   *
   * @throws CrankError `policy-denied` where a rule wants to look at arguments that cannot be searched
   */
  async classify(
    said: Classification | undefined,
    rules: readonly ClassifyRule[] | undefined,
    body: { input: Uint8Array; value: unknown },
  ): Promise<Classification | undefined> {
    let label = said;
    for (const rule of rules ?? []) {
      if (rule.field !== undefined) {
        const value = at(body.value, rule.field);
        if (isClassification(value)) label = higher(label, value);
      } else if (rule.detect === undefined) label = higher(label, rule.label);
    }
    for (const { label: raised, detect } of rules ?? []) {
      if (detect === undefined || higher(label, raised) === label) continue;
      if (await this.#has(body.input, detect)) label = raised;
    }
    return label;
  }

  async #has(input: Uint8Array, types: readonly string[]): Promise<boolean> {
    const text = Buffer.from(input).toString();
    if (text.length > MOST_TEXT) throw denied(`they have more than ${MOST_TEXT / 2 ** 20} Mi characters`);
    const { counts } = await this.#threads.run({ kind: 'find', text, types }).catch((error: Error) => {
      throw error instanceof CrankError ? error : denied(error.message);
    });
    return counts.length > 0;
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}

const denied = (why: string): CrankError => {
  const reasons = [`the arguments are to be labelled by what is in them, and ${why}`];
  return new CrankError('policy-denied', `A policy of the account denies this: ${reasons[0]}. Send less.`, { reasons });
};

/** The value at a JSON Pointer; undefined where there is none. */
const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (within, name) =>
        typeof within === 'object' && within !== null && Object.hasOwn(within, name)
          ? (within as Record<string, unknown>)[name]
          : undefined,
      value,
    );
