import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ExportReport,
  explainReceipt,
  followHandovers,
  isExport,
  PolicyError,
  parsePolicy,
  type TrustPolicy,
  VerificationError,
  type VerifiedReceipt,
  verifyExport,
  verifyReceipt,
} from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import { checkpointIn } from './checkpoint-file.ts';
import type { Context, Options } from './command.ts';
import { many, one } from './command.ts';
import { headOf, readInput } from './read-input.ts';
import { Exit } from './run.ts';

const FAILED = 5;

/**
 * Checks a receipt or an export, and says what that proves.
 *
 * @param dataFolder where a local node's verifier key stands: pinned by being on this machine
 * @throws Exit 5 where it does not hold; CrankError `invalid-input`
 */
export const verifyFile = async (
  context: Context,
  file: string,
  options: Options,
  dataFolder: () => string,
): Promise<void> => {
  const whole = isExport(await headOf(file));
  const given = {
    vkeys: many(options, 'vkey'),
    policy: one(options, 'policy'),
    handovers: one(options, 'handovers'),
  };
  const policy = given.policy === undefined ? undefined : await policyIn(given.policy);
  const key = await verifierKeys(context, given, policy, dataFolder);
  try {
    const vkeys = key.handovers === '' ? key.vkeys : await followHandovers(key.handovers, key.vkeys);
    const trust = { vkeys, ...(policy && { policy }), unknownSignatures: 'ignore' } as const;
    if (whole) {
      const since = one(options, 'since');
      const report = await verifyExport(createReadStream(file), {
        ...trust,
        ...(since !== undefined && { since: (await checkpointIn(since)).note }),
        onProgress: (receipts) => context.progress(`${receipts} receipts verified`),
      });
      context.print({ verified: true, key: key.source, ...shownExport(report) }, () =>
        [`export verified (key: ${key.source})`, ...explainExport(report)].join('\n'),
      );
      return;
    }
    const input = one(options, 'input');
    const output = one(options, 'output');
    const receipt = await verifyReceipt(await readInput(file), {
      ...trust,
      ...(input !== undefined && { input: await readInput(input) }),
      ...(output !== undefined && { output: await readInput(output) }),
    });
    const explained = explainReceipt(receipt, Date.now());
    context.print({ verified: true, key: key.source, ...shown(receipt), ...explained }, () =>
      [
        `receipt verified (key: ${key.source})`,
        summary(receipt),
        'proven:',
        ...explained.proven.map((one) => `  + ${one}`),
        'not proven:',
        ...explained.notProven.map((one) => `  - ${one}`),
      ].join('\n'),
    );
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    context.print(
      { verified: false, part: error.part, reason: error.message },
      context.json ? '' : `NOT verified: ${error.part}: ${error.message}`,
    );
    throw new Exit(FAILED);
  }
};

const hexHead = ({ size, root }: { size: number; root: Uint8Array }) => ({
  size,
  root: Buffer.from(root).toString('hex'),
});

/** A verified receipt with its bytes in hexadecimal: stable output for machines. */
const shown = ({ entry, checkpoint, ...rest }: VerifiedReceipt) => ({
  ...rest,
  entry: Buffer.from(entry).toString('hex'),
  checkpoint: { ...checkpoint, ...hexHead(checkpoint) },
});

const shownExport = ({ checkpoint, export: own, ...rest }: ExportReport) => ({
  ...rest,
  checkpoint: hexHead(checkpoint),
  export: shown(own),
});

const explainExport = (report: ExportReport): string[] => {
  const { receipts, origin, checkpoint, first, end, gapless } = report;
  const between = `entries ${first} to ${end - 1} of the log`;
  return [
    `  ${receipts} receipts of the log ${origin}, each proven under its head of ${checkpoint.size} entries`,
    `  the node's own receipt of the export (${report.export.id}) names exactly these`,
    report.extends === undefined
      ? '  - not compared with an earlier head: give one with --since'
      : `  + the log extends the head of ${report.extends} entries that you gave: nothing before it was changed`,
    gapless
      ? `  + they are all ${between}: none can be missing`
      : `  - ${between} hold others, too, of other accounts or not asked for: that none of yours is missing is the node's signed word`,
  ];
};

/** What a receipt says, in a few lines. */
const summary = (receipt: VerifiedReceipt): string => {
  const said = (...path: string[]): string => {
    let at: unknown = receipt.predicate;
    for (const name of path) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : '';
    return String(at);
  };
  const behalf = said('principal', 'onBehalfOf');
  const by = `  by       ${said('principal', 'id')} (${said('principal', 'role')})${behalf === 'undefined' ? '' : ` for ${behalf}`}`;
  const about =
    receipt.kind === 'call'
      ? [
          `  call     ${said('call')}: ${said('account')}/${said('service')}.${said('operation')}, ${said('outcome')}, ${said('isolation')}`,
          `  version  ${said('version')}`,
          `${by}, finished ${said('finished')}`,
          `  charge   ${said('charge', 'total')} ${said('charge', 'currency')}`,
          ...egressOf(receipt.predicate['egress']),
          ...linksOf(receipt.predicate),
        ]
      : [`  act      ${said('act')}: ${said('kind')}, ${said('time')}`, by];
  return [...about, `  log      ${receipt.origin}, entry ${receipt.index} of ${receipt.checkpoint.size}`].join('\n');
};

/** A line for the call that asked for this one, and one for each that it asked for. */
const linksOf = ({ parent, calls }: VerifiedReceipt['predicate']): string[] => [
  ...(parent === undefined ? [] : [`  within   ${parent}`]),
  ...(Array.isArray(calls) ? calls : []).map((one) => {
    const { call, outcome } = Object(one) as { call?: unknown; outcome?: unknown };
    return `  calls    ${call}: ${outcome}`;
  }),
];

/** A line for each destination that the call had connections to. */
const egressOf = (egress: unknown): string[] => {
  const { destinations } = Object(egress) as { destinations?: unknown };
  return (Array.isArray(destinations) ? destinations : []).map(
    (flow: Record<string, unknown>) =>
      `  egress   ${flow['destination']}: ${flow['sentBytes']} bytes sent, ${flow['receivedBytes']} received`,
  );
};

const policyIn = async (path: string): Promise<TrustPolicy> => {
  try {
    return await parsePolicy(Buffer.from(await readInput(path)).toString());
  } catch (error) {
    if (error instanceof PolicyError) throw new CrankError('invalid-input', `${path}: ${error.message}`);
    throw error;
  }
};

interface VerifierKeys {
  vkeys: readonly string[];
  /** Receipts of hand-overs, one a line; nothing is trusted for standing there. */
  handovers: string;
  source: string;
}

/** Keys given win; then the one that the node on this machine keeps in its data folder; at last the node is asked, and the text says so. */
const verifierKeys = async (
  context: Context,
  given: { vkeys: readonly string[]; handovers: string | undefined },
  policy: TrustPolicy | undefined,
  dataFolder: () => string,
): Promise<VerifierKeys> => {
  const read = async (path: string): Promise<string> => Buffer.from(await readInput(path)).toString();
  const handovers = given.handovers === undefined ? '' : await read(given.handovers);
  if (given.vkeys.length > 0) return { vkeys: given.vkeys, handovers, source: 'given' };
  if ((policy?.logs.length ?? 0) > 0) {
    const vkeys = handovers === '' ? [] : policy!.logs.map(({ text }) => text);
    return { vkeys, handovers, source: 'policy' };
  }
  const vkeyFile = join(dataFolder(), 'keys', 'log.vkey');
  if (existsSync(vkeyFile)) {
    const own = join(dataFolder(), 'log', 'handovers');
    return {
      vkeys: [(await read(vkeyFile)).trim()],
      handovers: handovers === '' && existsSync(own) ? await read(own) : handovers,
      source: 'local data folder',
    };
  }
  const asked = async (path: string): Promise<string> => (await context.client.send(path)).text();
  return {
    vkeys: [(await asked('/log/vkey')).trim()],
    handovers: handovers === '' ? await asked('/log/handovers') : handovers,
    source: `asked of ${context.client.url}, not pinned`,
  };
};
