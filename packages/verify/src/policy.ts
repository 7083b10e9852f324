import { VerificationError } from './verification-error.ts';
import { KEY_TYPES, parseVkey, type Vkey, VkeyError } from './vkey.ts';

/** A policy file is not in its form. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

interface Witness {
  name: string;
  vkey: Vkey;
  /** Submission prefix (C2SP tlog-witness). */
  url?: string;
}

/** So many of these must have cosigned: witnesses, or groups that stand before this one. */
interface Group {
  name: string;
  threshold: number;
  members: readonly string[];
}

/** Whom to trust (C2SP tlog-policy): logs, witnesses, and which of the witnesses are enough. */
export interface TrustPolicy {
  logs: readonly Vkey[];
  witnesses: readonly Witness[];
  groups: readonly Group[];
  /** Name of a witness or group, or `none`. */
  quorum: string;
}

/** The specification asks for at least 32 of each. */
const MAX_LINES = 1024;

/**
 * Reads a trust policy (C2SP tlog-policy).
 *
 * @throws PolicyError that names the line
 */
export const parsePolicy = async (text: string): Promise<TrustPolicy> => {
  const logs: Vkey[] = [];
  const witnesses: Witness[] = [];
  const groups: Group[] = [];
  let quorum: string | undefined;
  const names = new Set<string>();
  const grouped = new Set<string>();
  const lines = text.split('\n');
  if (lines.length > MAX_LINES) throw new PolicyError(`The policy has more than ${MAX_LINES} lines.`);

  const define = (name: string | undefined): string => {
    if (name === undefined) throw new PolicyError('a name is missing');
    if (name === 'none') throw new PolicyError('"none" names the empty quorum and nothing else');
    if (names.has(name)) throw new PolicyError(`"${name}" stands for something already`);
    names.add(name);
    return name;
  };
  const key = async (vkey: string | undefined, type: number, others: readonly Vkey[]): Promise<Vkey> => {
    const parsed = await parseVkey(vkey ?? '');
    if (parsed.type !== type)
      throw new PolicyError(`${parsed.text} is the key of a ${type === KEY_TYPES.ed25519 ? 'witness' : 'log'}`);
    if (others.some(({ publicKey }) => String(publicKey) === String(parsed.publicKey)))
      throw new PolicyError('this key stands here already');
    return parsed;
  };
  const read = async ([keyword, ...rest]: readonly string[]): Promise<void> => {
    switch (keyword) {
      case 'log': {
        if (rest.length > 2) throw new PolicyError('a log has a key and perhaps a URL');
        logs.push(await key(rest[0], KEY_TYPES.ed25519, logs));
        return;
      }
      case 'witness': {
        const [name, vkey, url, ...more] = rest;
        if (more.length > 0) throw new PolicyError('a witness has a name, a key and perhaps a URL');
        const others = witnesses.map((witness) => witness.vkey);
        const parsed = await key(vkey, KEY_TYPES.cosignature, others);
        witnesses.push({ name: define(name), vkey: parsed, ...(url !== undefined && { url }) });
        return;
      }
      case 'group': {
        const [name, rule, ...members] = rest;
        if (members.length === 0) throw new PolicyError('a group has a name, a rule and members');
        for (const member of members) {
          if (!names.has(member)) throw new PolicyError(`"${member}" is not defined above`);
          if (grouped.has(member)) throw new PolicyError(`"${member}" is in a group already`);
          grouped.add(member);
        }
        const count = /^[1-9][0-9]{0,3}$/.test(rule!) ? Number(rule) : 0;
        const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : count;
        if (threshold < 1 || threshold > members.length)
          throw new PolicyError(`the rule is "all", "any" or a number from 1 to ${members.length}`);
        groups.push({ name: define(name), threshold, members });
        return;
      }
      case 'quorum': {
        if (quorum !== undefined) throw new PolicyError('there is a quorum above already');
        const [name, ...more] = rest;
        if (name === undefined || more.length > 0 || !(name === 'none' || names.has(name)))
          throw new PolicyError('a quorum is "none", or the name of a witness or group above');
        quorum = name;
        return;
      }
      default:
        throw new PolicyError('a line begins with log, witness, group or quorum');
    }
  };

  for (const [at, line] of lines.entries()) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification names them.
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line))
      throw new PolicyError(`Line ${at + 1} of the policy holds a control character.`);
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0]!.startsWith('#')) continue;
    try {
      await read(words);
    } catch (error) {
      if (!(error instanceof PolicyError || error instanceof VkeyError)) throw error;
      throw new PolicyError(`Line ${at + 1} of the policy is wrong: ${error.message}.`);
    }
  }
  if (quorum === undefined) throw new PolicyError('The policy has no quorum line.');
  return { logs, witnesses, groups, quorum };
};

/** Whether cosignatures by these keys are enough. */
export const quorumMet = ({ witnesses, groups, quorum }: TrustPolicy, cosigned: readonly Vkey[]): boolean => {
  const met = new Set(
    witnesses.filter(({ vkey }) => cosigned.some(({ text }) => text === vkey.text)).map((w) => w.name),
  );
  // A group names only what stands above it.
  for (const { name, threshold, members } of groups)
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name);
  return quorum === 'none' || met.has(quorum);
};

/** @throws VerificationError (part `checkpoint`) where cosignatures by these keys are not enough */
export const demandQuorum = (policy: TrustPolicy, cosigned: readonly Vkey[]): void => {
  if (quorumMet(policy, cosigned)) return;
  const there = policy.witnesses.filter(({ vkey }) => cosigned.some(({ text }) => text === vkey.text));
  throw new VerificationError(
    'checkpoint',
    `The policy asks for the quorum "${policy.quorum}", but of its ${policy.witnesses.length} witnesses ${there.length === 0 ? 'none' : there.map(({ name }) => name).join(', ')} cosigned this head. Right after a call that is normal: fetch the receipt again in a minute.`,
  );
};
