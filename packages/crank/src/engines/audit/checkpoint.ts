import { formatCheckpoint, formatNote } from 'crank-verify';
import type { KeyName, Signer } from './keys.ts';
import { type Frontier, rootOf } from './merkle.ts';

/** What the log signs for its head: its origin is the key's name. */
export const checkpointText = (key: Pick<KeyName, 'name'>, frontier: Frontier): string =>
  formatCheckpoint({ origin: key.name, size: frontier.size, root: rootOf(frontier) });

/** A signed head. */
export const checkpointNote = (key: Pick<KeyName, 'name' | 'id'>, text: string, signature: Uint8Array): string =>
  formatNote({ text, signatures: [{ name: key.name, id: key.id, signature }] });

/**
 * The signed head of the log (C2SP tlog-checkpoint). Never sign one for a tree that does not extend the last one signed,
 * and let none out before what it covers is durable.
 */
export const signCheckpoint = (signer: Signer, frontier: Frontier): string => {
  const text = checkpointText(signer, frontier);
  return checkpointNote(signer, text, signer.sign(Buffer.from(text)));
};
