import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { CrankError } from '#src/core/error.ts';
import type { Command, Options } from '../command.ts';
import { one } from '../command.ts';
import { table } from '../table.ts';

interface Receipt {
  id: string;
  kind: string;
  index: number;
  time: string;
  principal: string;
  act?: string;
  service?: string;
  operation?: string;
  outcome?: string;
}

const PERIOD = [
  { flags: '--from <time>', help: 'from this time on: 2026-07-01, or RFC 3339' },
  { flags: '--to <time>', help: 'before this time' },
  { flags: '--kind <kind>', help: 'call, opening, act, or what an act did, such as service.deploy' },
  { flags: '--service <name>', help: 'of one service only' },
];

const asked = (options: Options) => ({
  from: one(options, 'from'),
  to: one(options, 'to'),
  kind: one(options, 'kind'),
  service: one(options, 'service'),
});

export const getReceipt: Command = {
  name: 'receipt get',
  summary: 'fetch a receipt',
  args: [['<id>', 'id of a call or act']],
  options: [{ flags: '-o, --output <file>', help: 'where it goes; stdout otherwise' }],
  run: async (context, [id], options) => {
    const response = await context.client.send(`/v1/receipts/${encodeURIComponent(id!)}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const file = one(options, 'output');
    if (file === undefined) context.write(bytes);
    else await writeFile(file, bytes);
  },
};

export const listReceipts: Command = {
  name: 'receipt list',
  summary: 'receipts of calls and acts, newest first',
  options: [...PERIOD, { flags: '--limit <n>', help: 'how many at most (100)' }],
  run: async (context, _args, options) => {
    const limit = Number(one(options, 'limit') ?? 100);
    if (!Number.isInteger(limit) || limit < 1)
      throw new CrankError('invalid-input', '--limit is no whole number above 0.');
    const all: Receipt[] = [];
    let cursor: string | null | undefined;
    do {
      const page: { receipts: Receipt[]; cursor: string | null } = await context.client.json('/v1/receipts', {
        query: { ...asked(options), cursor: cursor ?? undefined },
      });
      all.push(...page.receipts);
      cursor = page.cursor;
    } while (cursor !== null && all.length < limit);
    const shown = all.slice(0, limit);
    context.print(shown, () =>
      table(
        ['ID', 'ENTRY', 'TIME', 'BY', 'WHAT', 'OUTCOME'],
        shown.map((receipt) => [
          receipt.id,
          String(receipt.index),
          receipt.time,
          receipt.principal,
          receipt.act ?? `${receipt.service}.${receipt.operation}`,
          receipt.kind === 'opening' ? 'opening' : (receipt.outcome ?? ''),
        ]),
      ),
    );
  },
};

export const exportReceipts: Command = {
  name: 'receipt export',
  summary: 'receipts of a period as one file, with what proves them',
  options: [
    ...PERIOD,
    { flags: '--since <file>', help: 'an earlier checkpoint, receipt or export: prove that the log extends its head' },
    { flags: '-o, --output <file>', help: 'where it goes; stdout otherwise' },
  ],
  run: async (context, _args, options) => {
    const since = one(options, 'since');
    const { checkpointIn } = await import('../checkpoint-file.ts');
    const size = since === undefined ? undefined : (await checkpointIn(since)).size;
    const response = await context.client.send('/v1/receipts/-/export', {
      query: { ...asked(options), since: size === undefined ? undefined : String(size) },
      signal: context.signal,
    });
    const file = one(options, 'output');
    const body = Readable.fromWeb(response.body as ReadableStream);
    if (file === undefined) for await (const chunk of body) context.write(chunk as Uint8Array);
    else {
      await pipeline(body, createWriteStream(file));
      context.print({ file }, `${file} written: \`crank receipt verify ${file}\` checks it`);
    }
  },
};

interface Replay {
  of: string;
  call: string;
  receipt: string;
  sameOutput: boolean;
  note?: string;
  outcome: { before: string; now: string };
  limits: Record<string, { before: number; now: number }>;
  decisions: { point: string; result: string; why?: string }[];
}

export const replayReceipt: Command = {
  name: 'receipt replay',
  summary: 'run a call again on the input that was kept, and compare',
  args: [['<id>', 'id of the call']],
  run: async (context, [id]) => {
    const replay = await context.client.json<Replay>(`/v1/receipts/${encodeURIComponent(id!)}/replay`, {
      method: 'POST',
      signal: context.signal,
    });
    const { outcome } = replay;
    context.print(replay, () =>
      [
        `${replay.of} was run again as ${replay.call}`,
        `  output   ${replay.sameOutput ? 'the same, byte for byte' : 'DIFFERENT from what the receipt commits to'}`,
        ...(replay.note === undefined ? [] : [`           ${replay.note}`]),
        `  outcome  ${outcome.before === outcome.now ? outcome.now : `${outcome.now}; it was ${outcome.before}`}`,
        ...Object.entries(replay.limits).map(
          ([name, { before, now }]) => `  limit    ${name} ${now}; it was ${before}`,
        ),
        ...replay.decisions.map(
          ({ point, result, why }) => `  policy   ${point}: ${result}${why === undefined ? '' : ` (${why})`}`,
        ),
      ].join('\n'),
    );
  },
};

export const erase: Command = {
  name: 'erase',
  summary: "destroy what is kept of a subject's data; receipts stay, and verify",
  options: [
    {
      flags: '--subject <name>',
      help: 'as calls named it (Crank-Subject), or the id of a key whose calls named nobody',
    },
  ],
  run: async (context, _args, options) => {
    const subject = one(options, 'subject');
    if (subject === undefined) throw new CrankError('invalid-input', 'Give --subject: whose data is to be erased.');
    const done = await context.client.json<{ subject: string; calls: number; kept: number; receipt: string }>(
      '/v1/erasures',
      { method: 'POST', json: { subject } },
    );
    context.print(
      done,
      `erased: the key ${done.subject} is destroyed, and with it the salts of ${done.calls} calls and ${done.kept} kept payloads; receipt ${done.receipt}`,
    );
  },
};
