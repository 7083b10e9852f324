import { useQueryClient } from '@tanstack/react-query';
import { CrankClient, type Me } from 'crank-sdk';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { type Pinned, pinnedTrust } from './pinned-key.ts';

const KEY = 'crank.key';

export interface Session {
  client: CrankClient;
  me: Me;
  /** What receipts are verified against. */
  trust: Pinned;
  may(action: string): boolean;
  signOut(): void;
}

interface Gate {
  session: Session | undefined;
  /** A key of an earlier page of this tab is being tried. */
  trying: boolean;
  /** @throws CrankError where the key is none */
  signIn(key: string): Promise<void>;
}

const Context = createContext<Gate | undefined>(undefined);

/** Who uses the console. The key is kept for as long as the tab is, and never leaves it but in requests to this node. */
export const SessionProvider = ({ children }: { children: ReactNode }) => {
  const queries = useQueryClient();
  const [known, setKnown] = useState<Omit<Session, 'may' | 'signOut'>>();
  const [trying, setTrying] = useState(() => sessionStorage.getItem(KEY) !== null);

  const gate = useMemo<Gate>(() => {
    const signIn = async (key: string): Promise<void> => {
      const client = new CrankClient({ key });
      const me = await client.me();
      const trust = await pinnedTrust(client, me.node);
      sessionStorage.setItem(KEY, key);
      setKnown({ client, me, trust });
    };
    const signOut = (): void => {
      sessionStorage.removeItem(KEY);
      queries.clear();
      setKnown(undefined);
    };
    const session = known && { ...known, may: (action: string) => known.me.may.includes(action), signOut };
    return { session, trying, signIn };
  }, [known, trying, queries]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page is loaded
  useEffect(() => {
    const kept = sessionStorage.getItem(KEY);
    if (kept === null) return;
    gate
      .signIn(kept)
      .catch(() => sessionStorage.removeItem(KEY))
      .finally(() => setTrying(false));
  }, []);

  return <Context value={gate}>{children}</Context>;
};

export const useGate = (): Gate => useContext(Context)!;

/** Of somebody who has signed in: pages are shown to nobody else. */
export const useSession = (): Session => useGate().session!;
