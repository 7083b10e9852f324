import { decodeBase64 } from './base64.ts';
import { utf8 } from './bytes.ts';
import { isObject, type Json } from './canonical-json.ts';
import { parseEnvelope } from './dsse.ts';
import { parseReceiptFile } from './receipt-text.ts';
import { VerificationError } from './verification-error.ts';
import { verifyReceipt } from './verify-receipt.ts';
import { KEY_TYPES, parseVkey, type Vkey, verifySignature } from './vkey.ts';

/** First line of what a new key signs. It holds spaces, so it is no origin, and no checkpoint begins like this. */
export const ACCEPTANCE = 'Crank key hand-over v1';

/**
 * What the new key of a log signs to say that it takes over.
 *
 * @param index of the hand-over in the log: the last entry that the old key signs
 */
export const acceptanceMessage = (from: string, to: string, index: number): Uint8Array =>
  utf8(`${ACCEPTANCE}\n${from}\n${to}\n${index}\n`);

interface Handover {
  from: Vkey;
  to: Vkey;
  /** The last entry of the old key. */
  index: number;
}

const wrong = (why: string): VerificationError =>
  new VerificationError('handover', `A hand-over does not hold: ${why}.`);

const isText = (value: Json | undefined): value is string => typeof value === 'string';

/** Verifies one hand-over under its old key, and that the new key agreed to it. */
const verifyHandover = async (line: string): Promise<Handover> => {
  const { payload } = parseEnvelope(parseReceiptFile(line)['envelope']);
  let said: Json;
  try {
    said =
      (JSON.parse(new TextDecoder().decode(payload)) as { predicate?: { object?: Json } }).predicate?.object ?? null;
  } catch {
    throw wrong('its statement is no JSON');
  }
  if (!isObject(said) || !isText(said['from']) || !isText(said['to']) || !isText(said['acceptance']))
    throw wrong('it does not name an old and a new key');
  const { from: old, to: next, acceptance } = said;
  const from = await parseVkey(old);
  const to = await parseVkey(next);
  if (from.name !== to.name || from.type !== KEY_TYPES.ed25519 || to.type !== KEY_TYPES.ed25519)
    throw wrong(`${to.text} is not a key of the log ${from.name}`);
  // The head in the file is the last one that the old key signed.
  const receipt = await verifyReceipt(line, { vkeys: [from], unknownSignatures: 'ignore' });
  if (receipt.kind !== 'act' || receipt.predicate['kind'] !== 'log.rotate-key')
    throw wrong(`${receipt.id} is the receipt of something else`);
  const signature = decodeBase64(acceptance) ?? new Uint8Array();
  if (!(await verifySignature(to, acceptanceMessage(from.text, to.text, receipt.index), signature)))
    throw wrong(`the new key ${to.text} did not sign that it takes over behind entry ${receipt.index}`);
  return { from, to, index: receipt.index };
};

/**
 * The keys of a log that pinned keys vouch for: forwards, since the old key signed the hand-over; backwards, since the
 * new key signed it, too. Each is bound to the entries of its time, so that an old key that somebody stole later signs
 * nothing that verifies.
 *
 * @param text receipts of hand-overs, one a line, as `GET /log/handovers` gives them
 * @param vkeys pinned keys; those of witnesses and other logs come back as they are
 * @throws VerificationError (part `handover`) where one does not hold, or two contradict one another
 */
export const followHandovers = async (text: string, vkeys: readonly string[]): Promise<Vkey[]> => {
  const handovers: Handover[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) handovers.push(await verifyHandover(`${line}\n`));
  const keys = new Map<string, Vkey>();
  for (const vkey of vkeys) keys.set(vkey, await parseVkey(vkey));
  for (let known = -1; known !== keys.size; ) {
    known = keys.size;
    for (const { from, to } of handovers) {
      if (keys.has(from.text)) keys.set(to.text, keys.get(to.text) ?? to);
      else if (keys.has(to.text)) keys.set(from.text, from);
    }
  }
  return [...keys.values()].map((key) => {
    const begun = handovers.filter(({ to }) => to.text === key.text);
    const ended = handovers.filter(({ from }) => from.text === key.text);
    if (begun.length > 1 || ended.length > 1)
      throw wrong(
        `${key.text} ${begun.length > 1 ? 'took over' : 'was handed over'} twice: keep the file, it proves that`,
      );
    if (begun.length + ended.length === 0) return key;
    return { ...key, term: { first: (begun[0]?.index ?? -1) + 1, last: ended[0]?.index ?? Number.MAX_SAFE_INTEGER } };
  });
};
