import { sha256 } from '#src/core/digest.ts';
import { defaultLimits, type Limits } from '#src/core/service.ts';
import { signerFrom } from '#src/engines/audit/keys.ts';
import type { ReceiptDraft } from '#src/engines/audit/receipt-statement.ts';
import type { ActPredicate, CallPredicate } from '#src/engines/audit/statement.ts';

/** Keys and salts of the vectors: known to everybody, for tests only. */
export const signer = signerFrom('vectors.crank.example/log', sha256('crank vectors: signing key'));
export const stranger = signerFrom('vectors.crank.example/other', sha256('crank vectors: another key'));

export const output = '[["a",3],["b",2]]';
export const input = '{"text":"a b a c a b","n":2}';

const salts = { subject: sha256('crank vectors: output salt'), input: sha256('crank vectors: input salt') };
const commitment = (salt: Uint8Array, text: string): string => `sha256:${sha256(salt, text).toString('hex')}`;

const saltDigest = (bytes: Uint8Array): string =>
  `sha256:${sha256(Buffer.concat([Buffer.from('crank-salt-v1\0'), bytes])).toString('hex')}`;

const bundle = `sha256:${sha256('a bundle').toString('hex')}`;

export const call: CallPredicate = {
  account: 'acme',
  call: 'call_01jd8z4m3cq5v7w9x1y2z3a4b5',
  carbon: { grams: 0.0000012, gridGramsPerKwh: 344, source: 'country average 2024' },
  charge: {
    currency: 'USD',
    lines: [
      { amount: '0.00001', kind: 'platform' },
      { amount: '0.0000003', kind: 'cpu' },
    ],
    total: '0.0000103',
  },
  decisions: [
    { allow: true, bundles: { default: bundle }, id: 'dec_1', obligations: [], point: 'authorise', reasons: [] },
    {
      allow: true,
      bundles: { default: bundle },
      id: 'dec_2',
      obligations: ['tag:größe'],
      point: 'input',
      reasons: [],
    },
  ],
  energy: { grade: 'D', joules: 0.0123, uncertainty: 'factor 3' },
  finished: '2026-07-01T10:00:00.003Z',
  input: commitment(salts.input, input),
  isolation: 'fresh',
  limits: Object.fromEntries(Object.entries(defaultLimits).sort()) as unknown as Limits,
  node: 'vectors.crank.example/log',
  operation: 'top_words',
  outcome: 'ok',
  principal: { account: 'acme', id: 'key_01jd8z4m3cq5v7w9x1y2z3a4b6', kind: 'user', role: 'owner' },
  received: '2026-07-01T10:00:00.000Z',
  salts: { input: saltDigest(salts.input), subject: saltDigest(salts.subject) },
  service: 'acme/words',
  stage: 'complete',
  usage: { cpuNs: 1_234_567, cpuSource: 'cgroup', peakMemoryBytes: 9_437_184, wallNs: 2_345_678 },
  version: `sha256:${sha256('a version').toString('hex')}`,
};

const act: ActPredicate = {
  act: 'act_01jd8z4m3cq5v7w9x1y2z3a4b7',
  kind: 'service.deploy',
  time: '2026-07-01T09:59:00.000Z',
  node: 'vectors.crank.example/log',
  account: 'acme',
  principal: { id: 'key_01jd8z4m3cq5v7w9x1y2z3a4b6', kind: 'user', role: 'owner', account: 'acme' },
  object: { service: 'words', operations: 1, replaced: null },
  salts: { subject: saltDigest(salts.subject) },
};

/** What stands behind `egress` in canonical order. */
const afterEgress = ({ account, call: id, carbon, charge, decisions, ...rest }: CallPredicate) => rest;

export const callDraft = {
  id: call.call,
  predicate: call,
  subject: commitment(salts.subject, output),
  openings: { subject: salts.subject.toString('base64'), input: salts.input.toString('base64') },
} satisfies ReceiptDraft & { openings: object };

/** A call that had a network. */
export const egressDraft = {
  ...callDraft,
  predicate: {
    account: call.account,
    call: call.call,
    carbon: call.carbon,
    charge: call.charge,
    decisions: call.decisions,
    egress: {
      destinations: [{ connections: 2, destination: 'api.example.org:443', receivedBytes: 51_234, sentBytes: 1_234 }],
      refused: 1,
    },
    ...afterEgress(call),
    usage: {
      cpuNs: 1_234_567,
      cpuSource: 'cgroup',
      egressBytes: 52_468,
      peakMemoryBytes: 9_437_184,
      wallNs: 2_345_678,
    },
    version: call.version,
  },
} satisfies ReceiptDraft & { openings: object };

/** A call whose input was labelled, and whose answer was searched for personal data. */
export const searchedDraft = {
  ...callDraft,
  predicate: Object.fromEntries(
    Object.entries({ ...call, classification: 'confidential', redacted: [{ count: 2, type: 'email' }] }).sort(
      ([a], [b]) => (a < b ? -1 : 1),
    ),
  ) as unknown as CallPredicate,
} satisfies ReceiptDraft & { openings: object };

export const actDraft = {
  id: act.act,
  predicate: act,
  subject: commitment(salts.subject, '{}'),
  openings: { subject: salts.subject.toString('base64') },
} satisfies ReceiptDraft & { openings: object };

/** Entry i of the tile vectors: SHA-256 of i as 8 bytes, big-endian. */
export const numberedEntry = (i: number): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(i));
  return sha256(bytes);
};

/** A log in memory: the entries given, or numbered ones. */
export const sourceOf = (entries: readonly Uint8Array[]) => ({
  read: async (from: number, to: number) => entries.slice(from, to),
});
