import { isObject, type Json, type JsonObject, parseCanonicalJson, wrongMembers } from './canonical-json.ts';
import { VerificationError } from './verification-error.ts';

export const STATEMENT = 'https://in-toto.io/Statement/v1';
export const CALL_PREDICATE = 'https://crank.dev/receipt/call/v1';
export const ACT_PREDICATE = 'https://crank.dev/receipt/act/v1';

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = string;

/** What a receipt states (in-toto Statement v1), with what every receipt has in common taken out of it. */
export interface ReceiptStatement {
  /** Id of the receipt. */
  id: string;
  kind: 'call' | 'act';
  /** Salted commitment to the bytes answered. */
  subject: Digest;
  /** Salted commitment to the input; of a call only. */
  input?: Digest;
  /** Digests of the salts behind the commitments, see `openings.ts`. */
  salts: { subject: Digest; input?: Digest };
  predicateType: string;
  /** As signed; vectors/receipt/*.schema.json describes it. */
  predicate: JsonObject;
}

const STRINGS = {
  call: ['call', 'stage', 'received', 'finished', 'node', 'account', 'service', 'version', 'operation', 'outcome'],
  act: ['act', 'kind', 'time', 'node', 'account'],
} as const;
const OBJECTS = { call: ['principal', 'usage', 'charge'], act: ['principal', 'object'] } as const;

const isDigest = (value: Json | undefined): value is Digest =>
  typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);

const wrong = (why: string): VerificationError =>
  new VerificationError('statement', `The envelope is signed, but what it holds is no receipt: ${why}.`);

const parseSubject = (subjects: Json | undefined): { id: string; digest: Digest } => {
  if (!Array.isArray(subjects) || subjects.length !== 1) throw wrong('it does not have exactly one subject');
  const subject = subjects[0] as Json;
  if (!isObject(subject)) throw wrong('the subject is no object');
  const members = wrongMembers(subject, ['digest', 'name']);
  if (members !== undefined) throw wrong(`in the subject, ${members}`);
  const { name, digest } = subject;
  if (typeof name !== 'string' || name === '') throw wrong('the subject has no name');
  if (!isObject(digest) || wrongMembers(digest, ['sha256']) !== undefined) throw wrong('the subject has no SHA-256');
  const value = `sha256:${String(digest['sha256'])}`;
  if (!isDigest(value)) throw wrong("the subject's digest is not 64 hexadecimal digits");
  return { id: name, digest: value };
};

const parseSalts = (salts: Json | undefined): ReceiptStatement['salts'] => {
  if (!isObject(salts) || wrongMembers(salts, ['subject'], ['input']) !== undefined) throw wrong('"salts" is missing');
  const { subject, input } = salts;
  if (!isDigest(subject) || !(input === undefined || isDigest(input))) throw wrong('"salts" are no digests');
  return { subject, ...(input === undefined ? {} : { input }) };
};

const DIGITS = 30;

/** Decimal text as a whole number of 10^-30; undefined where it is not canonical. */
const amountIn = (value: Json | undefined): bigint | undefined => {
  const parts = typeof value === 'string' ? /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]{0,29}[1-9]))?$/.exec(value) : null;
  if (parts === null || value === '-0') return undefined;
  return BigInt(`${parts[1]}${parts[2]}${(parts[3] ?? '').padEnd(DIGITS, '0')}`);
};

/** A charge's lines have to add up to its total, to the last digit. */
const demandSum = (charge: JsonObject): void => {
  const { lines, total } = charge;
  if (!Array.isArray(lines)) throw wrong('the charge has no lines');
  const amounts = lines.map((line) => (isObject(line as Json) ? amountIn((line as JsonObject)['amount']) : undefined));
  const said = amountIn(total);
  if (said === undefined || amounts.includes(undefined))
    throw wrong('the charge has amounts that are no decimal numbers');
  if (amounts.reduce<bigint>((sum, amount) => sum + amount!, 0n) !== said)
    throw wrong('the lines of the charge do not add up to its total');
};

/**
 * Reads the payload of a receipt's envelope: canonical JSON (RFC 8785) of an in-toto Statement v1 with one subject and
 * one of the two predicate types. Further members of a predicate are passed on, they are signed.
 *
 * @throws VerificationError (part `statement`)
 */
export const parseStatement = (payload: string): ReceiptStatement => {
  let json: Json;
  try {
    json = parseCanonicalJson(payload);
  } catch (error) {
    throw wrong((error as SyntaxError).message);
  }
  if (!isObject(json)) throw wrong('it is no object');
  const members = wrongMembers(json, ['_type', 'predicate', 'predicateType', 'subject']);
  if (members !== undefined) throw wrong(members);
  const { _type, predicate, predicateType } = json;
  if (_type !== STATEMENT) throw wrong(`its type is not ${STATEMENT}`);
  if (predicateType !== CALL_PREDICATE && predicateType !== ACT_PREDICATE) {
    throw wrong(
      `its predicate type ${JSON.stringify(predicateType)} is not known to this verifier; a newer one may know it`,
    );
  }
  if (!isObject(predicate)) throw wrong('the predicate is no object');
  const kind = predicateType === CALL_PREDICATE ? 'call' : 'act';
  const absent =
    STRINGS[kind].find((name) => typeof predicate[name] !== 'string') ??
    OBJECTS[kind].find((name) => !isObject(predicate[name]));
  if (absent !== undefined) throw wrong(`the predicate has no "${absent}"`);
  const { id, digest } = parseSubject(json['subject']);
  // A stream's opening has an id of its own; any other receipt goes by the id of what it is about.
  if (predicate['stage'] !== 'opening' && predicate[kind] !== id)
    throw wrong('subject and predicate name different ids');
  const salts = parseSalts(predicate['salts']);
  if (kind === 'act') return { id, kind, subject: digest, salts, predicateType, predicate };
  demandSum(predicate['charge'] as JsonObject);
  const { input } = predicate;
  if (!isDigest(input)) throw wrong('the predicate has no commitment to the input');
  return { id, kind, subject: digest, input, salts, predicateType, predicate };
};
