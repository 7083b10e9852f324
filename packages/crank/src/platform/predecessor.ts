import { existsSync, readFileSync } from 'node:fs';
import { encodeBase64 } from 'crank-verify';
import { headOf } from '#src/engines/audit/log-fork.ts';
import { readLog } from '#src/store/log-store.ts';
import { act, nodePrincipal } from './act.ts';
import type { Platform } from './platform.ts';

/** The log that a restored node's own follows on: it ends where the backup did, or later, and nobody carries it on. */
export interface Predecessor {
  origin: string;
  vkey: string;
  /** Its last head that is known, signed; null where it was empty. */
  checkpoint: string | null;
  /** Its last head that witnesses cosigned, with their signatures. */
  witnessed: string | null;
  /** When the backup was made, RFC 3339. */
  backup: string;
}

/** Names the predecessor in the first entry of a restored node's log. @param file where `crank restore` wrote it down */
export const namePredecessor = async (
  platform: Pick<Platform, 'node' | 'account' | 'store' | 'recorder'>,
  file: string,
): Promise<void> => {
  if (!existsSync(file) || (await readLog(platform.store.db, platform.node)) !== undefined) return;
  const { origin, vkey, checkpoint, witnessed, backup } = JSON.parse(readFileSync(file, 'utf8')) as Predecessor;
  const head = checkpoint === null ? undefined : headOf(checkpoint);
  const object = {
    origin,
    vkey,
    size: head?.size ?? 0,
    root: head === undefined ? null : encodeBase64(head.root),
    checkpoint,
    witnessed,
    backup,
  };
  await act(platform, nodePrincipal(platform, platform.account), 'log.predecessor', object, []);
};
