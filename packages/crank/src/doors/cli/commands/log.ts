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
