import type { Command } from '../command.ts';
import { one } from '../command.ts';
import { Exit } from '../run.ts';

const FAILED = 5;

export const checkpoint: Command = {
  name: 'log checkpoint',
  summary: "the log's signed head",
  run: async (context) => {
    const text = await (await context.client.send('/log/checkpoint')).text();
    context.print({ checkpoint: text }, text);
  },
};

interface Rotation {
  from: string;
  to: string;
  receipt: string;
  index: number;
}

export const rotateLogKey: Command = {
  name: 'log rotate-key',
  summary: 'hand the log over to a new signing key',
  run: async (context) => {
    const rotation = await context.client.json<Rotation>('/v1/log/rotate-key', { method: 'POST' });
    context.print(
      rotation,
      [
        `the log was handed over behind entry ${rotation.index} (receipt ${rotation.receipt})`,
        `  from ${rotation.from}`,
        `  to   ${rotation.to}`,
        'Receipts from before keep verifying: the node serves the hand-over at /log/handovers; publish the new key where you published the old one.',
      ].join('\n'),
    );
  },
};

export type LogVerdict =
  | { ok: true; origin: string; size: number; root: string; envelopes: number; from: string }
  | { ok: false; where: string; message: string; from: string };

/** @param verify made by `app/`, which knows the audit engine and the data folder */
export const verifyLog = (
  verify: (url: string, vkey: string | undefined, progress: (text: string) => void) => Promise<LogVerdict>,
): Command => ({
  name: 'log verify',
  summary: 'derive the whole log again from its entries and compare',
  options: [{ flags: '--vkey <vkey>', help: "verifier key of the log; else the local node's, else asked of the node" }],
  run: async (context, _args, options) => {
    const verdict = await verify(context.client.url, one(options, 'vkey'), context.progress);
    context.print(verdict, () =>
      verdict.ok
        ? `log verified: ${verdict.origin}, ${verdict.size} entries, ${verdict.envelopes} envelopes, root ${verdict.root} (from ${verdict.from})`
        : `log NOT verified (from ${verdict.from}): ${verdict.where}: ${verdict.message}`,
    );
    if (!verdict.ok) throw new Exit(FAILED);
  },
});
