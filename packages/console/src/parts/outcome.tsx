const REFUSED = new Set([
  'policy-denied',
  'forbidden',
  'budget-exhausted',
  'payment-required',
  'rate-limited',
  'cancelled',
  'invalid-input',
]);

/** How a call ended: `ok` or an error code. */
export const Outcome = ({ of }: { of: string }) => (
  <span className={`tag ${of === 'ok' ? 'good' : REFUSED.has(of) ? 'warn' : 'bad'}`}>{of}</span>
);

/** A digest, short; whole where one points at it. */
export const Digest = ({ of }: { of: string }) => <code title={of}>{of.replace('sha256:', '').slice(0, 12)}</code>;
