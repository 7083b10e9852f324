import { readFile } from 'node:fs/promises';
import { actorOf } from '#src/core/actor.ts';
import { digest, sha256Hex } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Principal } from '#src/core/service.ts';
import { parseName } from '#src/core/service-name.ts';
import { type Ask, type AskAnswer, deepest } from '#src/engines/sandbox/asks.ts';
import { type CallRequest, call, type StreamSink } from './call.ts';
import type { CallAnswer } from './call-answer.ts';
import type { CallState } from './call-state.ts';
import type { Platform } from './platform.ts';
import { readJson } from './read-json.ts';
import { removeFiles } from './scratch.ts';

/** What a call within another knows of those around it. */
export interface Within {
  /** Id of the call that asked for it. */
  parent: string;
  /** Who made the outermost: nothing is done within it that they may not do themself. */
  caller: Principal;
  /** What is under way around it, outermost first: `account/service.operation`. */
  chain: readonly string[];
  /** Calls that the outermost has led to, in all. */
  led: { calls: number };
}

/** What a receipt says of a call that its call asked for. */
export interface NestedReceipt {
  call: string;
  outcome: string;
  /** `sha256:` and the digest of the statement that was signed about it. */
  statement: string;
}

export interface NestedCalls {
  /** @throws CrankError for what was refused before it was a call */
  ask(ask: Ask): Promise<AskAnswer>;
  /** Resolves when all that was begun has ended: those that left receipts, in the order in which they were asked for. */
  ended(): Promise<readonly NestedReceipt[]>;
}

/** Calls that one call may ask for, and the outermost lead to. */
const [mostOfOne, mostOfAll] = [100, 1000];
/** Bytes of the arguments, as for calls over HTTP. */
const inputBytes = 8 * 2 ** 20;

/**
 * The calls that a script asks for. Each goes the way of all calls, within the account of the script's service, in the name
 * of whoever called it, within the time that is left, and leaves a receipt of its own.
 */
export const nestedCalls = (platform: Platform, parent: CallState, request: CallRequest): NestedCalls => {
  const running: Promise<NestedReceipt | undefined>[] = [];
  const led = parent.within?.led ?? { calls: 0 };
  const chain = [...(parent.within?.chain ?? []), parent.name];
  const caller = parent.within?.caller ?? parent.principal;
  const { account, service } = parent.target;
  const principal: Principal = {
    id: `service:${account}/${service}`,
    name: `${account}/${service}`,
    kind: 'service',
    account: caller.account,
    role: 'caller', // whoever called, what a script does is its author's word: it gets no more than calling
    onBehalfOf: actorOf(caller),
  };

  const demandMore = (): void => {
    if (chain.length > deepest)
      throw new CrankError(
        'call-limit',
        `Calls within calls go ${deepest} deep, and this is one more: ${chain.join(' calls ')}.`,
      );
    if (running.length >= mostOfOne)
      throw new CrankError(
        'call-limit',
        `A call may ask for ${mostOfOne} others, and ${parent.name} asks for one more.`,
      );
    if (led.calls >= mostOfAll)
      throw new CrankError(
        'call-limit',
        `One call may lead to ${mostOfAll} others in all, and this is one more: ${chain.join(' calls ')}.`,
      );
    led.calls++;
  };

  const make = async ({ target, input, leftMs, signal }: Ask, items: Items): Promise<CallAnswer> => {
    const name = parseName(target);
    if (name.operation === undefined)
      throw new CrankError('invalid-input', `"${target}" names no operation: write SERVICE.OPERATION.`);
    if (name.account !== undefined && name.account !== account)
      throw new CrankError('forbidden', `A service calls services of its own account, ${account}, only.`);
    if (input.length > inputBytes)
      throw new CrankError('too-large', `The arguments are longer than the ${inputBytes} bytes that a call takes.`);
    return call(platform, {
      authorization: undefined,
      as: { id: newId('call'), principal },
      within: { parent: parent.id, caller, chain, led },
      account,
      service: name.service,
      version: name.version,
      operation: name.operation,
      deadlineMs: Math.floor(leftMs),
      tags: request.tags,
      trace: parent.trace?.inside,
      session: request.session,
      subject: parent.subject.asNamed(),
      signal,
      read: async () => ({
        input,
        value: readJson(input, 'What the script sent'),
        files: [],
        fingerprint: () => sha256Hex(input),
      }),
      open: () => items,
    });
  };

  return {
    ask: async (ask) => {
      demandMore();
      const items = new Items(parent.limits.outputBytes);
      const making = make(ask, items);
      running.push(making.then(receiptOf, () => undefined));
      return answerOf(await making, items, parent.limits.outputBytes);
    },
    ended: async () => (await Promise.all(running)).filter((one) => one !== undefined),
  };
};

/** @throws CrankError `call-cycle` where an operation is called that is under way around it */
export const demandNoCycle = (name: string, { chain }: Within): void => {
  if (!chain.includes(name)) return;
  throw new CrankError(
    'call-cycle',
    `${[...chain, name].join(' calls ')}: an operation cannot be called by what it called itself. Call what you need from another operation.`,
  );
};

/** The items of a stream, for a script that gets them as one list. */
class Items implements StreamSink {
  readonly #most: number;
  readonly #items: Uint8Array[] = [];
  #bytes = 2;

  /** @param most bytes of the list */
  constructor(most: number) {
    this.#most = most;
  }

  encode(json: Uint8Array): Uint8Array {
    this.#items.push(json);
    this.#bytes += json.length + 1;
    return Buffer.concat([json, NEWLINE]);
  }

  async write(): Promise<void> {
    if (this.#bytes > this.#most)
      throw new CrankError('output-too-large', `The items are longer together than the ${this.#most} bytes allowed.`);
  }

  list(): Buffer {
    return Buffer.concat([OPEN, ...this.#items.flatMap((item, at) => (at === 0 ? [item] : [COMMA, item])), CLOSE]);
  }
}

const [NEWLINE, OPEN, COMMA, CLOSE] = ['\n', '[', ',', ']'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];

const receiptOf = ({ id, answer, statement }: CallAnswer): NestedReceipt | undefined =>
  statement === undefined
    ? undefined
    : {
        call: id,
        outcome: answer.type === 'error' || answer.type === 'stream' ? (answer.error?.code ?? 'ok') : 'ok',
        statement: digest(statement),
      };

/** An answer as the script gets it. @throws CrankError `output-too-large` */
const answerOf = async ({ answer }: CallAnswer, items: Items, most: number): Promise<AskAnswer> => {
  switch (answer.type) {
    case 'json':
      return { ok: true, json: answer.json };
    case 'job':
      throw new Error('a call within another was taken as a job');
    case 'error':
      return { ok: false, json: answer.problem };
    case 'stream':
      return answer.problem === undefined ? { ok: true, json: items.list() } : { ok: false, json: answer.problem };
    case 'file': {
      const { name, contentType: type, path, size } = answer;
      try {
        // In base64 four bytes stand for three.
        if (size > (most / 4) * 3)
          throw new CrankError(
            'output-too-large',
            `The file is ${size} bytes long, which is too much for an answer of ${most} bytes of JSON.`,
          );
        const base64 = await readFile(path, 'base64');
        return { ok: true, json: Buffer.from(JSON.stringify({ name, type, size, base64 })) };
      } finally {
        await removeFiles([path]);
      }
    }
  }
};
