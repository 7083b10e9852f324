import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import icon from '../icon.svg';
import { useSession } from '../session/session.tsx';
import { placeOf, places } from './pages.ts';
import { applyTheme, currentTheme, type Theme, themes } from './theme.ts';

/** Where one can go, and who one is. */
export const Side = ({ onFind, onGo }: { onFind: () => void; onGo?: () => void }) => {
  const { me, may, signOut } = useSession();
  const [path] = useLocation();
  const here = placeOf(path);
  const [theme, setTheme] = useState(currentTheme);
  return (
    <div className="side">
      <Link href="/" className="brand" onClick={onGo}>
        <img src={icon} alt="" />
        Crank
      </Link>
      <button type="button" className="button find" onClick={onFind}>
        Find <kbd>Ctrl K</kbd>
      </button>
      <nav aria-label="Pages">
        {(['', 'Account'] as const).map((group) => {
          const shown = places.filter((place) => place.group === group && may(place.action));
          return (
            shown.length > 0 && (
              <div key={group}>
                {group !== '' && <h2>{group}</h2>}
                {shown.map((place) => (
                  <Link
                    key={place.path}
                    href={place.path}
                    aria-current={place === here ? 'page' : undefined}
                    onClick={onGo}
                  >
                    {place.name}
                  </Link>
                ))}
              </div>
            )
          );
        })}
      </nav>
      <footer>
        <div>
          <strong>{me.name}</strong>
          <div className="soft">
            {me.role} of {me.account}
          </div>
        </div>
        <label className="row spread">
          Theme
          <select
            className="input slim"
            value={theme}
            onChange={({ target }) => {
              applyTheme(target.value as Theme);
              setTheme(target.value as Theme);
            }}
          >
            {themes.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <div className="row spread">
          <a href="/docs">API docs</a>
          <button type="button" className="button small" onClick={signOut}>
            Sign out
          </button>
        </div>
      </footer>
    </div>
  );
};
