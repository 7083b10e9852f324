import { useId } from 'react';
import { Time } from '../format/time.tsx';
import { pin } from '../session/pinned-key.ts';
import { useSession } from '../session/session.tsx';

/** What is trusted is read when one signs in. */
const take = (node: string, vkey: string): void => {
  pin(node, vkey);
  location.reload();
};

/** What receipts are held against, and where it is from. */
export const TrustedKey = ({ vkey, onChange }: { vkey: string; onChange(vkey: string): void }) => {
  const { me, trust } = useSession();
  const id = useId();
  return (
    <section className="stack tight">
      <h2>
        <label htmlFor={id}>Key that receipts are held against</label>
      </h2>
      <input
        id={id}
        className="input mono"
        value={vkey}
        spellCheck={false}
        autoComplete="off"
        aria-describedby={`${id}-about`}
        onChange={({ target }) => onChange(target.value.trim())}
      />
      <p id={`${id}-about`} className="small soft">
        {vkey === trust.vkey ? (
          <>
            This browser saw it first from this node, <Time at={trust.since} />, and has kept it since. To trust more
            than the node’s word, compare it with one that you got another way, or put that one here.
          </>
        ) : (
          <>
            Another key than the one that this browser keeps for this node.{' '}
            <button type="button" className="button small" onClick={() => onChange(trust.vkey)}>
              Take the kept one
            </button>
          </>
        )}
      </p>
      {trust.changed !== undefined && (
        <div className="note warn" role="alert">
          <p>
            This node shows another key now than the one that this browser has kept: {trust.changed}. Its log may have
            handed over to a new key, which <code>crank log verify</code> follows; or somebody stands between.
          </p>
          <div>
            <button type="button" className="button small" onClick={() => take(me.node, trust.changed!)}>
              It is right: keep it from now on
            </button>
          </div>
        </div>
      )}
    </section>
  );
};
