import { CrankError } from '#src/core/error.ts';
import { outputFields, redact } from '#src/engines/policy/redact.ts';
import type { SandboxOutcome, SandboxResult } from '#src/engines/sandbox/sandbox.ts';
import { type Answer, streamEnd } from './call-answer.ts';
import { callFacts } from './call-facts.ts';
import type { CallState } from './call-state.ts';
import type { CallableOperation } from './catalog.ts';
import type { Platform } from './platform.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads what the sandbox wrote; it is nobody's word but the script's. @throws CrankError `invalid-output` */
const parse = (json: Uint8Array): { text: string; value: unknown } => {
  try {
    const text = utf8.decode(json);
    return { text, value: JSON.parse(text) };
  } catch {
    throw new CrankError(
      'invalid-output',
      'The sandbox returned bytes that are not JSON: the script interfered with its result channel.',
    );
  }
};

/** Lets policy decide on an output, and takes out what it says. Gives the bytes as the sandbox wrote them where nothing is redacted. */
const govern = async (platform: Platform, state: CallState, json: Uint8Array, text: string): Promise<Uint8Array> => {
  if (!platform.policy.decidesOutput(state.target.account, state.target.service, state.principal.account)) return json;
  const taken = new Set<string>();
  for (const principal of state.principals) {
    const { decision, redact: pointers } = await platform.policy.decideOutput({
      ...state.policyInput(state.body?.value, principal),
      ...callFacts(platform, state),
      output_fields: outputFields(text),
    });
    await state.decide(decision);
    for (const pointer of pointers) taken.add(pointer);
  }
  return taken.size === 0 ? json : Buffer.from(redact(text, [...taken]));
};

/** What the sandbox says, or for an exception of the script what raised it and whose turn it is. */
const detailOf = (state: CallState, outcome: SandboxOutcome & { type: 'failed' }): string =>
  outcome.code === 'script-error'
    ? `${state.name} raised ${outcome.detail.replace(/\.$/, '')}. Check the input; if it is right, the script has to be mended.`
    : outcome.detail;

/** Checks and governs the items of a stream. */
export interface ItemChecker {
  /** What may be sent now: mostly the item, but a text may wait for what follows it. */
  check(json: Uint8Array): Promise<Uint8Array[]>;
  /** What waited, once nothing follows. */
  end(): Uint8Array[];
}

/** A decision is noted once, not per item. */
export const itemChecker = (platform: Platform, state: CallState): ItemChecker => {
  const { validateOutput } = state.target.operation(state.operation.name);
  const texts = state.redactor?.textStream();
  const json = (pieces: readonly string[]): Uint8Array[] => pieces.map((piece) => Buffer.from(JSON.stringify(piece)));
  const governed = async (item: Uint8Array): Promise<Uint8Array> => {
    const { text, value } = parse(item);
    const wrong = validateOutput(value)[0];
    if (wrong !== undefined) {
      throw new CrankError(
        'invalid-output',
        `An item does not match the declared type: ${wrong.pointer || '/'} ${wrong.message}. Mend the return annotation or the value.`,
      );
    }
    const before = state.decisions.length;
    try {
      return await govern(platform, state, item, text);
    } finally {
      const added = state.decisions.splice(before);
      const news = added.find(
        (decision) => !decision.allow || !state.decisions.some((known) => known.point === decision.point),
      );
      if (news !== undefined) state.decisions.push(news);
    }
  };
  return {
    check: async (item) => {
      const bytes = await governed(item);
      if (state.redactor === undefined) return [bytes];
      const value: unknown = texts && JSON.parse(utf8.decode(bytes));
      if (texts !== undefined && typeof value === 'string') return json(texts.push(value));
      return [...json(texts?.end() ?? []), await state.redactor.json(bytes)];
    },
    end: () => json(texts?.end() ?? []),
  };
};

/**
 * From what the sandbox gave to what the caller gets.
 *
 * @throws CrankError with the outcome's code, `invalid-output`, `policy-denied`
 */
export const decodeOutput = async (
  platform: Platform,
  state: CallState,
  callable: CallableOperation,
  result: SandboxResult,
): Promise<Answer> => {
  const { outcome } = result;
  if (state.stream?.error === undefined) await state.stream?.end();
  switch (outcome.type) {
    case 'failed': {
      const error =
        state.stream?.error ??
        new CrankError(outcome.code, detailOf(state, outcome), {
          ...(outcome.exception && { exception: outcome.exception }),
          ...(outcome.errors && { errors: outcome.errors }),
          call: state.id,
        });
      state.redactor?.searched(error); // with the outcome that it comes from
      if (state.stream?.opening === undefined) throw error;
      return streamEnd(state, state.stream.items, error);
    }
    case 'value': {
      const { text, value } = parse(outcome.json);
      const wrong = callable.validateOutput(value)[0];
      if (wrong !== undefined) {
        throw new CrankError(
          'invalid-output',
          `The result does not match the declared type: ${wrong.pointer || '/'} ${wrong.message}. Mend the return annotation or the value.`,
        );
      }
      const governed = await govern(platform, state, outcome.json, text);
      return { type: 'json', json: (await state.redactor?.json(governed)) ?? governed };
    }
    case 'file':
      return (await state.redactor?.file(outcome)) ?? outcome;
    case 'stream': {
      if (state.stream === undefined)
        throw new CrankError('invalid-output', 'The operation streamed although it is not declared to.');
      if (state.stream.error !== undefined && state.stream.opening === undefined) throw state.stream.error;
      await state.stream.begin();
      return streamEnd(state, state.stream.items, state.stream.error);
    }
  }
};
