import { parentPort, workerData } from 'node:worker_threads';
import type { AppliedBundle } from '#src/engines/policy/bundle.ts';
import { MASK_RULE } from '#src/engines/policy/points.ts';
import { createRunner, type PolicyRunner } from '#src/engines/policy/policy-runner.ts';
import type { DecisionEvent } from './decision-event.ts';
import { Delivery } from './delivery.ts';
import { applyMask, maskFailed, redactPayload } from './mask-event.ts';
import { fileSink, httpSink } from './sinks.ts';

export interface DecisionLogInput {
  /** Where a file of each day goes, and what service is told; at least one of them. */
  folder: string | undefined;
  url: string | undefined;
  token: string | undefined;
}

export type ToDecisionLog =
  | { events: readonly string[] }
  /** Bundles of an account with a `mask` rule, in place of those before. */
  | { account: string; masks: readonly AppliedBundle[] }
  | { close: true };

export type FromDecisionLog = { settled: number } | { warn: string } | { closed: true; lost: number };

const MASK_MS = 250;
const MASK_BYTES = 256 * 2 ** 20;
const CLOSE_MS = 5_000;

const port = parentPort;
if (port === null) throw new Error('decision-log-worker.ts runs in a worker thread');
const { folder, url, token } = workerData as DecisionLogInput;
const send = (message: FromDecisionLog): void => port.postMessage(message);
const warn = (text: string): void => send({ warn: text });

/** Lengths as they came, by what is delivered; each is told when all sinks are done with it. */
const waiting = new Map<string, { length: number; sinks: number }[]>();
const settled = (event: string): void => {
  const [first, ...rest] = waiting.get(event)!;
  first!.sinks -= 1;
  if (first!.sinks > 0) return;
  if (rest.length > 0) waiting.set(event, rest);
  else waiting.delete(event);
  send({ settled: first!.length });
};
const sinks = [
  ...(folder === undefined ? [] : [fileSink(folder)]),
  ...(url === undefined ? [] : [httpSink(url, token)]),
];
const deliveries = sinks.map((sink) => new Delivery(sink, settled, warn));

const masks = new Map<string, { bundles: readonly AppliedBundle[]; runner: Promise<PolicyRunner> }>();

const mask = async (event: DecisionEvent): Promise<void> => {
  const { resource, principal } = event.input as {
    resource: { account: string; service?: string };
    principal: { account: string };
  };
  for (const account of new Set([resource.account, principal.account])) {
    const known = masks.get(account);
    if (known === undefined) continue;
    const asks = known.bundles.flatMap(({ layer }, bundle) =>
      layer === 'account' || (account === resource.account && layer === `service:${resource.service}`)
        ? [{ bundle, entrypoint: MASK_RULE }]
        : [],
    );
    if (asks.length === 0) continue;
    const answers = await (await known.runner).ask({ input: JSON.stringify(event), asks });
    for (const [nth, answer] of answers.entries()) {
      const wrong = answer.ok ? applyMask(event, answer.value) : answer.error;
      if (!answer.ok) maskFailed(event);
      if (wrong !== undefined)
        warn(
          `the rule mask of ${known.bundles[asks[nth]!.bundle]!.name} failed, and input and result are not logged: ${wrong}`,
        );
    }
  }
};

const take = async (text: string): Promise<void> => {
  const event = JSON.parse(text) as DecisionEvent;
  redactPayload(event);
  if (masks.size > 0) await mask(event);
  const made = JSON.stringify(event);
  waiting.set(made, [...(waiting.get(made) ?? []), { length: text.length, sinks: sinks.length }]);
  for (const delivery of deliveries) delivery.add(made);
};

const close = async (): Promise<void> => {
  const lost = await Promise.all(deliveries.map((delivery) => delivery.close(CLOSE_MS)));
  for (const { runner } of masks.values()) await (await runner).retire();
  send({ closed: true, lost: Math.max(0, ...lost) });
};

// One after the other, so that events keep their order and are masked by the bundles of their time.
let last = Promise.resolve();
port.on('message', (message: ToDecisionLog) => {
  last = last.then(async () => {
    if ('events' in message) for (const text of message.events) await take(text);
    else if ('close' in message) await close();
    else {
      const before = masks.get(message.account);
      masks.delete(message.account);
      if (message.masks.length > 0)
        masks.set(message.account, {
          bundles: message.masks,
          runner: createRunner(message.masks, { deadlineMs: MASK_MS, memoryBytes: MASK_BYTES }),
        });
      await (await before?.runner)?.retire();
    }
  });
});
