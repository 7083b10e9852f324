import { setTimeout as wait } from 'node:timers/promises';
import type { Problem } from '#src/core/problem.ts';
import type { Client } from '../client.ts';

const EVERY_MS = 300;
/** Calls that take longer are not shown. */
const LONGEST_MS = 600_000;
/** Ids that are remembered: more than a page holds. */
const REMEMBERED = 1_000;

export interface FollowedCall {
  id: string;
  version: string;
  operation: string;
  received: string;
  outcome: string;
  problem: (Problem & { exception?: { type: string; message: string; traceback?: string } }) | null;
  stdout: string;
  stderr: string;
  usage: { wallNs: number };
}

/**
 * Gives each call of a service once it has ended, until the signal is aborted. A node that does not answer is asked again.
 *
 * @param isWanted by the version's digest
 */
export const followCalls = async (
  client: Client,
  service: string,
  isWanted: (version: string) => boolean,
  show: (call: FollowedCall) => void,
  signal: AbortSignal,
): Promise<void> => {
  // Clocks of two machines differ a little.
  const began = Date.now() - 30_000;
  const seen = new Set<string>();
  while (!signal.aborted) {
    try {
      // Calls that came before and end now, within bounds: what is asked for stays small, however much is called.
      const query = { service, since: new Date(Math.max(began, Date.now() - LONGEST_MS)).toISOString() };
      const page = await client.json<{ calls: { id: string; version: string }[] }>('/v1/calls', {
        query,
        signal,
      });
      for (const { id, version } of page.calls.reverse()) {
        if (seen.has(id) || !isWanted(version)) continue;
        seen.add(id);
        if (seen.size > REMEMBERED) seen.delete(seen.values().next().value!);
        show(await client.json<FollowedCall>(`/v1/calls/${id}`, { signal }));
      }
    } catch {
      // Whatever is wrong with the node shows where something is deployed to it.
    }
    await wait(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
};
