import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { allServices } from '../pages/services-query.ts';
import { useSession } from '../session/session.tsx';
import { places } from './pages.ts';

interface Goal {
  name: string;
  what: string;
  path: string;
}

const MOST = 40;

/** Pages, services, operations, and a call by its id: what is typed is found anywhere in their names. */
export const Palette = ({ onClose }: { onClose: () => void }) => {
  const { client, may } = useSession();
  const [, go] = useLocation();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const services = useQuery({ ...allServices(client), enabled: may('service.read') });
  useEffect(() => dialog.current?.showModal(), []);

  const words = text.toLowerCase().split(/\s+/);
  const goals: Goal[] = [
    ...places.filter(({ action }) => may(action)).map(({ name, path }) => ({ name, what: 'page', path })),
    ...(services.data ?? []).flatMap(({ name, operations }) => [
      { name, what: 'service', path: `/services/${name}` },
      ...operations.map((one) => ({
        name: `${name}.${one.name}`,
        what: 'operation',
        path: `/services/${name}/${one.name}`,
      })),
    ]),
    ...(/^call_\w{10,}$/.test(text.trim()) ? [{ name: text.trim(), what: 'call', path: `/calls/${text.trim()}` }] : []),
  ];
  const found = goals.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word))).slice(0, MOST);
  const chosen = Math.min(at, found.length - 1);

  const open = (goal: Goal | undefined): void => {
    if (goal === undefined) return;
    go(goal.path);
    onClose();
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') open(found[chosen]);
    if (step === undefined) return;
    event.preventDefault();
    setAt((chosen + step + found.length) % Math.max(1, found.length));
  };
  return (
    <dialog ref={dialog} className="palette" aria-label="Find" onClose={onClose}>
      <input
        className="input"
        role="combobox"
        aria-expanded="true"
        aria-controls="found"
        aria-activedescendant={found.length > 0 ? `found-${chosen}` : undefined}
        aria-label="Find pages, services, operations or a call’s id"
        placeholder="Pages, services, operations, a call’s id"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      {found.length === 0 && <p className="soft">Nothing has that name. A call is found by its whole id.</p>}
      <ul id="found" role="listbox" aria-label="Found">
        {found.map((goal, index) => (
          <li
            key={`${goal.what} ${goal.name}`}
            id={`found-${index}`}
            role="option"
            aria-selected={index === chosen}
            ref={index === chosen ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
            onClick={() => open(goal)}
          >
            {goal.name} <span className="soft">{goal.what}</span>
          </li>
        ))}
      </ul>
    </dialog>
  );
};
