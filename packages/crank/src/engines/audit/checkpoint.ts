import { formatCheckpoint, formatNote } from 'crank-verify';
import type { Signer } from './keys.ts';
import { type Frontier, rootOf } from './merkle.ts';

/**
 * The signed head of the log (C2SP tlog-checkpoint): its origin is the signer's name. Never sign one for a tree that
 * does not extend the last one signed, and let none out before what it covers is durable.
 */
export const signCheckpoint = (signer: Signer, frontier: Frontier): string => {
  const text = formatCheckpoint({ origin: signer.name, size: frontier.size, root: rootOf(frontier) });
  const signature = signer.sign(Buffer.from(text));
  return formatNote({ text, signatures: [{ name: signer.name, id: signer.id, signature }] });
};
