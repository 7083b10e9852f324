import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Palette } from './palette.tsx';
import { Side } from './side.tsx';

/** What stands around every page. */
export const Shell = ({ children }: { children: ReactNode }) => {
  const [finding, setFinding] = useState(false);
  const [path] = useLocation();
  const drawer = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setFinding(true);
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  // Where the page is another one, what reads it aloud begins there.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each path
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus();
    scrollTo(0, 0);
  }, [path]);

  const find = (): void => {
    drawer.current?.close();
    setFinding(true);
  };
  return (
    <div className="shell">
      <a href="#main" className="skip">
        Skip to the page
      </a>
      <header className="topbar">
        <button type="button" className="button small" onClick={() => drawer.current?.showModal()}>
          Menu
        </button>
        <strong>Crank</strong>
        <button type="button" className="button small" onClick={find}>
          Find
        </button>
      </header>
      <Side onFind={find} />
      <dialog ref={drawer} className="drawer" aria-label="Menu">
        <Side onFind={find} onGo={() => drawer.current?.close()} />
      </dialog>
      <main id="main" className="page" tabIndex={-1} ref={main}>
        {children}
      </main>
      {finding && <Palette onClose={() => setFinding(false)} />}
    </div>
  );
};
