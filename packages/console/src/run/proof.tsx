import type { VerifiedReceipt } from 'crank-sdk';
import { explainReceipt } from 'crank-verify';

/** What a verified receipt proves, and what it does not, in words. */
export const Proof = ({ receipt, open = false }: { receipt: VerifiedReceipt; open?: boolean }) => {
  const { proven, notProven } = explainReceipt(receipt, Date.now());
  const { size } = receipt.checkpoint;
  return (
    <section className="note good">
      <h3>
        <span aria-hidden="true">✓ </span>Receipt verified in this browser
      </h3>
      <p className="small soft">
        Signed by {receipt.origin}; entry {receipt.index} of a log of {size}.
      </p>
      <details open={open}>
        <summary>What it proves, and what it does not</summary>
        <h4>It proves</h4>
        <ul className="said">
          {proven.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
        <h4>It does not prove</h4>
        <ul className="said soft">
          {notProven.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </details>
    </section>
  );
};
