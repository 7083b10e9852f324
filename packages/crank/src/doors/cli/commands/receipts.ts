import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VerificationError, type VerifiedReceipt, verifyReceipt } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import type { Command, Context } from '../command.ts';
import { one } from '../command.ts';
import { Exit } from '../run.ts';

const FAILED = 5;

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

/** @param dataFolder where a local node's verifier key stands: pinned by being on this machine */
export const verify = (dataFolder: () => string): Command => ({
  name: 'receipt verify',
  summary: 'check a receipt offline',
  args: [['<file>', 'receipt file']],
  options: [
    { flags: '--vkey <vkey>', help: "verifier key of the log; else the local node's, else asked of CRANK_URL" },
  ],
  run: async (context, [file], options) => {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file!);
    } catch (error) {
      throw new CrankError('invalid-input', `${file} cannot be read: ${(error as Error).message}.`);
    }
    const key = await verifierKey(context, one(options, 'vkey'), dataFolder);
    try {
      const receipt = await verifyReceipt(bytes, { vkeys: [key.vkey] });
      context.print(
        { verified: true, key: key.source, ...shown(receipt) },
        () => `receipt verified (key: ${key.source})\n${summary(receipt)}`,
      );
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      context.print(
        { verified: false, part: error.part, reason: error.message },
        context.json ? '' : `NOT verified: ${error.part}: ${error.message}`,
      );
      throw new Exit(FAILED);
    }
  },
});

/** A verified receipt with its bytes in hexadecimal: stable output for machines. */
const shown = ({ entry, checkpoint, ...rest }: VerifiedReceipt) => ({
  ...rest,
  entry: Buffer.from(entry).toString('hex'),
  checkpoint: { size: checkpoint.size, root: Buffer.from(checkpoint.root).toString('hex') },
});

/** What a receipt says, in a few lines. */
const summary = (receipt: VerifiedReceipt): string => {
  const said = (...path: string[]): string => {
    let at: unknown = receipt.predicate;
    for (const name of path) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : '';
    return String(at);
  };
  const by = `  by       ${said('principal', 'id')} (${said('principal', 'role')})`;
  const about =
    receipt.kind === 'call'
      ? [
          `  call     ${said('call')}: ${said('account')}/${said('service')}.${said('operation')}, ${said('outcome')}, ${said('isolation')}`,
          `  version  ${said('version')}`,
          `${by}, finished ${said('finished')}`,
          `  charge   ${said('charge', 'total')} ${said('charge', 'currency')}`,
          ...egressOf(receipt.predicate['egress']),
        ]
      : [`  act      ${said('act')}: ${said('kind')}, ${said('time')}`, by];
  return [...about, `  log      ${receipt.origin}, entry ${receipt.index} of ${receipt.checkpoint.size}`].join('\n');
};

/** A line for each destination that the call had connections to. */
const egressOf = (egress: unknown): string[] => {
  const { destinations } = Object(egress) as { destinations?: unknown };
  return (Array.isArray(destinations) ? destinations : []).map(
    (flow: Record<string, unknown>) =>
      `  egress   ${flow['destination']}: ${flow['sentBytes']} bytes sent, ${flow['receivedBytes']} received`,
  );
};

/** A key given wins; then the one that the node on this machine keeps in its data folder; at last the node is asked, and the text says so. */
const verifierKey = async (
  context: Context,
  given: string | undefined,
  dataFolder: () => string,
): Promise<{ vkey: string; source: string }> => {
  if (given !== undefined) return { vkey: given, source: 'given' };
  try {
    return {
      vkey: (await readFile(join(dataFolder(), 'keys', 'log.vkey'), 'utf8')).trim(),
      source: 'local data folder',
    };
  } catch {
    // No node of ours on this machine.
  }
  const response = await context.client.send('/log/vkey');
  return { vkey: (await response.text()).trim(), source: `asked of ${context.client.url}, not pinned` };
};
