import type { TrustPolicy, VerifiedReceipt } from 'crank-verify';
import { NotVerified } from './errors.ts';

export type { TrustPolicy, VerifiedReceipt } from 'crank-verify';

/** What receipts are held against: pinned or given, never asked of the node that is to be checked. */
export interface Trust {
  /** Verifier keys of logs and witnesses, `NAME+ID+KEY`. */
  vkeys?: readonly string[];
  /** Logs, witnesses, and how many of these must have cosigned; text is in the form of C2SP tlog-policy. */
  policy?: TrustPolicy | string;
  /** What becomes of a receipt with signatures of witnesses whose keys are not given: by default it does not hold. */
  unknownSignatures?: 'refuse' | 'ignore';
}

/** What a receipt must say. */
export interface Expected {
  /** Its id. */
  id?: string;
  /** Members of what it states, such as `operation`. */
  stated?: Readonly<Record<string, string>>;
  /** The bytes that were answered. */
  output?: Uint8Array;
  /** The bytes that were sent. */
  input?: Uint8Array;
}

/** Verifies a receipt file; the verifier is loaded when it is first needed. @throws NotVerified */
export const verifyWith = async (trust: Trust, file: Uint8Array, expected: Expected = {}): Promise<VerifiedReceipt> => {
  const { parsePolicy, VerificationError, verifyReceipt } = await import('crank-verify');
  const { vkeys = [], policy, unknownSignatures = 'refuse' } = trust;
  const { id, stated = {}, output, input } = expected;
  let receipt: VerifiedReceipt;
  try {
    receipt = await verifyReceipt(file, {
      vkeys,
      unknownSignatures,
      ...(policy !== undefined && { policy: typeof policy === 'string' ? await parsePolicy(policy) : policy }),
      ...(output && { output }),
      ...(input && { input }),
    });
  } catch (error) {
    if (error instanceof VerificationError) throw new NotVerified(error.part, error.message, error);
    throw error;
  }
  const said = { ...(id !== undefined && { id: [id, receipt.id] }) } as Record<string, [string, unknown]>;
  for (const [name, value] of Object.entries(stated)) said[name] = [value, receipt.predicate[name]];
  for (const [name, [wanted, found]] of Object.entries(said))
    if (wanted !== found)
      throw new NotVerified(
        'statement',
        `The receipt holds, but its ${name} is ${JSON.stringify(found)}, not ${wanted}.`,
      );
  for (const [name, bytes] of [
    ['subject', output],
    ['input', input],
  ] as const)
    if (bytes !== undefined && receipt.opened[name] !== 'bytes')
      throw new NotVerified(
        'openings',
        `The receipt has no salt by which the ${name === 'subject' ? 'answer' : 'input'} could be compared.`,
      );
  return receipt;
};
