import { generateKeyPairSync } from 'node:crypto';
import {
  formatVkey,
  KEY_TYPES,
  type KeyType,
  keyId,
  PolicyError,
  parsePolicy,
  parseVkey,
  quorumMet,
} from 'crank-verify';
import { describe, expect, it } from 'vitest';

const vkey = async (name: string, type: KeyType = KEY_TYPES.cosignature): Promise<string> => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return formatVkey({ name, id: await keyId(name, raw, type), type, publicKey: raw });
};

/** The example of C2SP tlog-policy, with keys. */
const keys: Record<string, string> = {};
for (const name of ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']) keys[name] = await vkey(`witness.example/${name}`);
const log = await vkey('log.example', KEY_TYPES.ed25519);
const EXAMPLE = `log ${log}

witness X1 ${keys['X1']}
witness X2 ${keys['X2']}
witness X3 ${keys['X3']} https://x3.example/witness
group X-witnesses 2 X1 X2 X3

 # indented, with a tab\tin it
witness Y1 ${keys['Y1']}
witness\tY2   ${keys['Y2']}
witness Y3 ${keys['Y3']}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

describe('a trust policy (C2SP tlog-policy)', () => {
  it('is met by witnesses as its groups say, and by no fewer', async () => {
    const policy = await parsePolicy(EXAMPLE);
    expect(policy.logs.map(({ name }) => name)).toEqual(['log.example']);
    expect(policy.witnesses[2]).toMatchObject({ name: 'X3', url: 'https://x3.example/witness' });
    const met = async (...names: string[]) =>
      quorumMet(policy, await Promise.all(names.map((name) => parseVkey(keys[name]!))));
    expect(await met('X1', 'X3', 'Y2')).toBe(true);
    expect(await met('X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3')).toBe(true);
    expect(await met('X1', 'X2', 'X3')).toBe(false);
    expect(await met('X1', 'Y1', 'Y2', 'Y3')).toBe(false);
    expect(await met()).toBe(false);
    // A stranger of the same name does not count.
    expect(
      quorumMet(await parsePolicy(`witness a ${keys['X1']}\nquorum a\n`), [
        await parseVkey(await vkey('witness.example/X1')),
      ]),
    ).toBe(false);
    expect(quorumMet(await parsePolicy('quorum none\n'), [])).toBe(true);
  });

  it.each([
    ['without a quorum', `witness a ${keys['X1']}\n`],
    ['with two', 'quorum none\nquorum none\n'],
    ['whose quorum is not defined yet', `quorum a\nwitness a ${keys['X1']}\n`],
    ['that uses a name twice', `witness a ${keys['X1']}\nwitness a ${keys['X2']}\nquorum a\n`],
    ['that uses a key twice', `witness a ${keys['X1']}\nwitness b ${keys['X1']}\nquorum a\n`],
    ['that names a log twice', `log ${log}\nlog ${log}\nquorum none\n`],
    ['that counts a witness twice', `witness a ${keys['X1']}\ngroup g any a\ngroup h any a g\nquorum h\n`],
    ['that calls something none', `witness none ${keys['X1']}\nquorum none\n`],
    ['with a threshold above its members', `witness a ${keys['X1']}\ngroup g 2 a\nquorum g\n`],
    ['with a threshold of 0', `witness a ${keys['X1']}\ngroup g 0 a\nquorum g\n`],
    ['with an empty group', 'group g any\nquorum g\n'],
    ["with a log's key as a witness", `witness a ${log}\nquorum a\n`],
    ["with a witness' key as a log", `log ${keys['X1']}\nquorum none\n`],
    ['with a control character', 'quorum none\r\n'],
    ['with an unknown line', 'quorum none\nallow all\n'],
    ['with a mistyped key', `witness a ${keys['X1']}A\nquorum a\n`],
  ])('is refused: one %s', async (_what, text) => {
    await expect(parsePolicy(text)).rejects.toThrow(PolicyError);
  });
});
