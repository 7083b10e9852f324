import { isObject, type Json } from './canonical-json.ts';
import type { VerifiedReceipt } from './verify-receipt.ts';

/** What a verified receipt proves and what it leaves open, in sentences for people. */
export interface Explanation {
  proven: readonly string[];
  /** What somebody might believe, but has to take on trust or find out elsewhere. */
  notProven: readonly string[];
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

const ABOUT = { subject: 'output', input: 'input' } as const;

/**
 * Explains a receipt that was verified.
 *
 * @param now for the age of what it states, milliseconds since 1970
 */
export const explainReceipt = (receipt: VerifiedReceipt, now: number): Explanation => {
  const { origin, index, checkpoint, predicate, kind } = receipt;
  const { cosigned, unchecked, size } = checkpoint;
  const time = text(predicate[kind === 'call' ? 'finished' : 'time']);
  const proven = [
    `The key ${receipt.vkey} signed this statement, and nothing in it was changed since.`,
    `The log ${origin} holds it as entry ${index}: it is under the log's signed head of ${size} ${size === 1 ? 'entry' : 'entries'}. Whoever holds that head, or a later one that extends it, would notice if it were changed or taken out.`,
  ];
  const notProven: string[] = [];

  if (cosigned.length > 0)
    proven.push(
      `${cosigned.length === 1 ? 'One witness' : `${cosigned.length} witnesses`} cosigned that head, after seeing that it extends all that they had seen before: ${cosigned.map((name) => `${name}${atTime(checkpoint.cosignedAt[name])}`).join(', ')}.`,
    );
  else
    notProven.push(
      'That everybody is shown the same log: no witness that you trust cosigned its head, so the signer could keep a second one.',
    );
  if (unchecked.length > 0)
    notProven.push(`Anything by the signatures on the head whose keys were not given: ${unchecked.join(', ')}.`);

  for (const name of ['subject', 'input'] as const) {
    const what = ABOUT[name];
    switch (receipt.opened[name]) {
      case 'bytes':
        proven.push(`The ${what} that you gave is, byte for byte, the one that the statement commits to.`);
        break;
      case 'salt':
        notProven.push(
          `What the ${what} was: the salt is here, so whoever has the bytes can show it (--${what} FILE).`,
        );
        break;
      case 'absent':
        if (name === 'subject' || kind === 'call')
          notProven.push(
            `What the ${what} was: the salt is not in this file, or was erased, so nobody can show it with this file.`,
          );
    }
  }
  const age = ageOf(time, now);
  notProven.push(
    `When it happened: ${time}${age} is what the clock of ${text(predicate['node'])} said. A head has no time of its own${cosigned.length > 0 ? '; its witnesses bound it from above' : ''}.`,
  );
  if (kind === 'call') {
    const source = isObject(predicate['usage']) ? text(predicate['usage']['cpuSource']) : 'unknown';
    notProven.push(
      'That the code computed the right thing. The version is named by the digest of its source, so whoever has that can run it again.',
      `That the node measured honestly: CPU time (source: ${source}), energy and carbon are its own statement.`,
    );
    if (predicate['stage'] === 'opening')
      notProven.push('How the stream ended: this is its opening; the receipt that names it as predecessor says so.');
  }
  return { proven, notProven };
};

const atTime = (seconds: number | undefined): string =>
  seconds === undefined ? '' : ` (${new Date(seconds * 1000).toISOString()})`;

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

const ageOf = (time: string, now: number): string => {
  const ms = now - Date.parse(time);
  if (!Number.isFinite(ms)) return '';
  if (ms < 0) return ' (ahead of the clock here)';
  const [unit, size] = UNITS.find(([, each]) => ms >= each) ?? UNITS[3];
  const count = Math.floor(ms / size);
  return ` (${count} ${unit}${count === 1 ? '' : 's'} ago)`;
};
