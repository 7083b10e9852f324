import type { CrankClient, Trust } from 'crank-sdk';

/** What receipts of a node are held against in this browser. */
export interface Pinned extends Required<Pick<Trust, 'vkeys' | 'unknownSignatures'>> {
  /** The log's key, `NAME+ID+KEY`. */
  vkey: string;
  /** When this browser first saw it, RFC 3339. */
  since: string;
  /** A key that the node shows now, where it is another one. */
  changed: string | undefined;
}

const at = (node: string): string => `crank.log-key.${node}`;

/**
 * The key of a node's log as this browser first saw it: a node that shows another one later is noticed, and believed only when
 * somebody says so. Whoever wants more compares it with one from elsewhere.
 */
export const pinnedTrust = async (client: CrankClient, node: string): Promise<Pinned> => {
  const shown = await client.log.vkey();
  const kept = localStorage.getItem(at(node));
  const [since, vkey] = kept?.split(' ') ?? [];
  if (since === undefined || vkey === undefined) return pin(node, shown);
  return trust(vkey, since, vkey === shown ? undefined : shown);
};

/** Trusts a key from now on. */
export const pin = (node: string, vkey: string): Pinned => {
  const since = new Date().toISOString();
  localStorage.setItem(at(node), `${since} ${vkey}`);
  return trust(vkey, since, undefined);
};

const trust = (vkey: string, since: string, changed: string | undefined): Pinned => ({
  ...{ vkey, since, changed },
  vkeys: [vkey],
  // Witnesses sign heads too, and their keys are not known here.
  unknownSignatures: 'ignore',
});
