import type { Progress as Far } from 'crank-sdk';

/** How far something is, as it says itself. */
export const Progress = ({ of: { fraction, message } }: { of: Far }) => (
  <div className="stack tight">
    <div className="row spread small">
      <span>{message || 'Under way'}</span>
      {fraction !== null && <span className="num">{Math.round(fraction * 100)}%</span>}
    </div>
    <progress max={1} {...(fraction !== null && { value: fraction })} aria-label={message || 'Progress'} />
  </div>
);
