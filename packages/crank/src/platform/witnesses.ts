import { KEY_TYPES, parseVkey, type Vkey, VkeyError } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import { act } from './act.ts';
import { identify } from './admit.ts';
import { alarmsOf } from './log-alarms.ts';
import { permit } from './permit.ts';
import type { Platform } from './platform.ts';

/** Who watches whom, as far as this node goes. */
export interface WitnessReport {
  /** Verifier key of this node as a witness. */
  vkey: string;
  /** Size of the node's log, and of its newest head that witnesses cosigned. */
  size: number;
  cosigned: number;
  /** Witnesses of the node's log. */
  asked: { vkey: string; url: string; size: number | null; cosigned: string | null; error: string | null }[];
  /** Logs that this node is a witness of. */
  served: { origin: string; vkeys: string[]; size: number }[];
  alarms: { log: string; what: string; raised: string; evidence: string }[];
}

/** @throws CrankError `forbidden` */
export const witnessReport = async (platform: Platform, authorization: string | undefined): Promise<WitnessReport> => {
  const principal = await identify(platform, authorization);
  const { account, cosigning, witness, logFiles } = platform;
  await permit(platform, principal, 'log.read', { type: 'log', account });
  const asked = (await cosigning.witnesses()).map(({ vkey, url }) => {
    const { size, time, error } = cosigning.state(vkey);
    const cosigned = time === undefined ? null : new Date(time * 1000).toISOString();
    return { vkey, url, size: size ?? null, cosigned, error: error ?? null };
  });
  const served = (await witness.logs()).map(({ origin, vkeys, size }) => ({
    origin,
    vkeys: vkeys.split('\n').filter((vkey) => vkey !== ''),
    size,
  }));
  const newest = await cosignedNote(platform, platform.node);
  return {
    vkey: witness.vkey,
    size: logFiles.size,
    cosigned: newest?.size ?? 0,
    asked,
    served,
    alarms: await alarmsOf(platform),
  };
};

/** The newest checkpoint of a log that witnesses cosigned. */
export const cosignedNote = (
  { store }: Pick<Platform, 'store'>,
  log: string,
): Promise<{ size: number; note: string } | undefined> =>
  store.db.selectFrom('cosigned').select(['size', 'note']).where('log', '=', log).executeTakeFirst();

const keyOf = async (vkey: string, type: number): Promise<Vkey> => {
  try {
    const key = await parseVkey(vkey);
    if (key.type === type) return key;
  } catch (error) {
    if (!(error instanceof VkeyError)) throw error;
    throw new CrankError('invalid-input', error.message);
  }
  const [wanted, other] = type === KEY_TYPES.cosignature ? ['witness', 'log'] : ['log', 'witness'];
  throw new CrankError('invalid-input', `${vkey} is the key of a ${other}, not of a ${wanted}.`);
};

/** Has a witness cosign the node's log from now on. */
export const askWitness = async (
  platform: Platform,
  authorization: string | undefined,
  wanted: { vkey: string; url: string },
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account, store, node } = platform;
  await permit(platform, principal, 'key.witness', { type: 'log', account });
  const { text: vkey } = await keyOf(wanted.vkey, KEY_TYPES.cosignature);
  const url = URL.canParse(wanted.url) ? new URL(wanted.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new CrankError('invalid-input', `"${wanted.url}" is no http URL: give the witness' submission prefix.`);
  const prefix = url.href.replace(/\/+$/, '');
  const query = store.db
    .insertInto('witnesses')
    .values({ log: node, vkey, url: prefix, added_at: Date.now() })
    .onConflict((c) => c.columns(['log', 'vkey']).doUpdateSet({ url: prefix }));
  return { receipt: await act(platform, principal, 'log.witness', { ask: vkey, url: prefix }, [query.compile()]) };
};

/** Asks a witness no more. @throws CrankError `not-found` */
export const dropWitness = async (
  platform: Platform,
  authorization: string | undefined,
  vkey: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  const { account, store, node } = platform;
  await permit(platform, principal, 'key.witness', { type: 'log', account });
  if (!(await platform.cosigning.witnesses()).some((witness) => witness.vkey === vkey))
    throw new CrankError('not-found', 'No such witness is asked: `crank log witness list` shows them.');
  const query = store.db.deleteFrom('witnesses').where('log', '=', node).where('vkey', '=', vkey).compile();
  return { receipt: await act(platform, principal, 'log.witness', { drop: vkey }, [query]) };
};

/** Makes this node a witness of a log, or tells it another key of one. */
export const serveLog = async (
  platform: Platform,
  authorization: string | undefined,
  wanted: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'key.witness', { type: 'log', account: platform.account });
  const { text: vkey } = await keyOf(wanted, KEY_TYPES.ed25519);
  const query = await platform.witness.serve(vkey);
  return { receipt: await act(platform, principal, 'log.witness', { serve: vkey }, [query]) };
};

/** Ends that. @throws CrankError `not-found` */
export const leaveLog = async (
  platform: Platform,
  authorization: string | undefined,
  origin: string,
): Promise<{ receipt: string }> => {
  const principal = await identify(platform, authorization);
  await permit(platform, principal, 'key.witness', { type: 'log', account: platform.account });
  if (!(await platform.witness.logs()).some((log) => log.origin === origin))
    throw new CrankError('not-found', `This node is no witness of ${origin.slice(0, 80)}.`);
  const query = platform.witness.leave(origin);
  return { receipt: await act(platform, principal, 'log.witness', { leave: origin }, [query]) };
};
