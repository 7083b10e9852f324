import { type FormEvent, useState } from 'react';
import icon from '../icon.svg';
import { Problem } from '../parts/problem.tsx';
import { useGate } from './session.tsx';

export const SignIn = () => {
  const { signIn } = useGate();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get('key');
    setBusy(true);
    try {
      await signIn(String(key).trim());
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <main className="signin">
      <form onSubmit={submit}>
        <div className="row">
          <img src={icon} alt="" width="36" height="36" />
          <h1>Crank</h1>
        </div>
        <p className="soft">
          Services you can trust: every call decided by policy, sandboxed, measured, and answered with a signed receipt.
        </p>
        <div className="stack tight">
          <label htmlFor="key">API key</label>
          <input
            id="key"
            name="key"
            type="password"
            className="input mono"
            placeholder="crk_…"
            autoComplete="off"
            spellCheck={false}
            required
            aria-describedby="key-help"
          />
          <p id="key-help" className="small soft">
            The owner’s key is in <code>owner.key</code> in the node’s data folder. It stays in this tab and is
            forgotten with it.
          </p>
        </div>
        {error !== undefined && <Problem error={error} />}
        <div className="row spread">
          <button type="submit" className="button main" disabled={busy}>
            {busy ? 'Signing in …' : 'Sign in'}
          </button>
          <a href="/docs" className="small">
            Documentation
          </a>
        </div>
      </form>
    </main>
  );
};
