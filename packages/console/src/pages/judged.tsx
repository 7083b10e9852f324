import { useQuery } from '@tanstack/react-query';
import { explainReceipt, type ReceiptPart, VerificationError, type VerifiedReceipt, verifyReceipt } from 'crank-verify';
import { dollars, duration, grams, joules } from '../format/numbers.ts';
import { Waiting } from '../parts/loaded.tsx';

const PARTS: Readonly<Partial<Record<ReceiptPart, string>>> = {
  file: 'The file is not as it was issued',
  envelope: 'The envelope has not the form that it must have',
  signature: 'The signature does not hold',
  statement: 'What was signed is no receipt',
  proof: 'The proof has not the form that it must have',
  checkpoint: 'The head of the log does not hold',
  inclusion: 'The receipt is not in the log as it claims',
  openings: 'The salts do not fit the commitments',
};

/** A receipt file, verified in this browser. */
export const Judged = ({ name, bytes, vkey }: { name: string; bytes: Uint8Array<ArrayBuffer>; vkey: string }) => {
  const verdict = useQuery({
    queryKey: ['verdict', name, bytes, vkey],
    queryFn: async () => {
      try {
        return { receipt: await verifyReceipt(bytes, { vkeys: [vkey], unknownSignatures: 'ignore' }) };
      } catch (error) {
        return { error };
      }
    },
    gcTime: 0,
    retry: false,
  });
  if (verdict.data === undefined) return <Waiting what="Verifying …" />;
  if ('error' in verdict.data) return <Refused name={name} error={verdict.data.error} />;
  return <Holds receipt={verdict.data.receipt} />;
};

const Refused = ({ name, error }: { name: string; error: unknown }) => (
  <section className="note bad" role="alert">
    <h2>
      {error instanceof VerificationError ? (PARTS[error.part] ?? 'It does not hold') : 'It cannot be verified'}{' '}
      {error instanceof VerificationError && <span className="tag bad">{error.part}</span>}
    </h2>
    <p>
      <code>{name}</code> proves nothing as it is. {(error as Error).message}
    </p>
  </section>
);

type Plain = Record<string, unknown>;
const plain = (value: unknown): Plain => (typeof value === 'object' && value !== null ? (value as Plain) : {});
const word = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const Holds = ({ receipt }: { receipt: VerifiedReceipt }) => {
  const { proven, notProven } = explainReceipt(receipt, Date.now());
  return (
    <section className="note good" aria-label="Verdict">
      <h2>
        <span aria-hidden="true">✓ </span>This receipt holds
      </h2>
      <p>{inWords(receipt)}</p>
      <div className="two">
        <div>
          <h3>What it proves</h3>
          <ul className="said">
            {proven.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </div>
        <div>
          <h3>What it does not prove</h3>
          <ul className="said soft">
            {notProven.map((one) => (
              <li key={one}>{one.replace(/ \(--(?:output|input|subject) FILE\)/, '')}</li>
            ))}
          </ul>
        </div>
      </div>
    </section>
  );
};

/** What was stated, as a sentence. */
const inWords = ({ predicate, kind }: VerifiedReceipt): string => {
  const principal = plain(predicate['principal']);
  const who = `${word(principal['id'])} of ${word(predicate['account'])}`;
  if (kind === 'act')
    return `${word(predicate['node'])} states that ${who} did ${word(predicate['kind'])} at ${word(predicate['time'])}.`;
  const usage = plain(predicate['usage']);
  const charge = plain(predicate['charge']);
  const energy = plain(predicate['energy']);
  const carbon = plain(predicate['carbon']);
  const took = typeof usage['cpuNs'] === 'number' ? ` It took ${duration(usage['cpuNs'] / 1e6)} of CPU` : '';
  const burnt =
    typeof energy['joules'] === 'number' && typeof carbon['grams'] === 'number'
      ? `, ${joules(energy['joules'])} and ${grams(carbon['grams'])} of CO₂e`
      : '';
  const cost = typeof charge['total'] === 'string' ? `, and cost ${dollars(charge['total'])}` : '';
  return `${word(predicate['node'])} states that ${who} called ${word(predicate['service'])}.${word(predicate['operation'])} at ${word(predicate['received'])}, and that it ended with “${word(predicate['outcome'])}”.${took}${took && burnt}${took && cost}${took && '.'}`;
};
