import { CrankError } from '#src/core/error.ts';
import type { SandboxUser } from './bubblewrap.ts';
import { type Chosen, gatherFacts } from './machine-facts.ts';
import { type MachineFacts, trapsOf } from './traps.ts';

/** What this machine offers to make sandboxes with. */
export interface Host {
  bwrap: string;
  version: readonly number[];
  /** Who runs inside. */
  user: SandboxUser;
  /** Whether that is somebody else than we: so when we are root, which never runs user code. */
  foreign: boolean;
}

/** @throws CrankError `isolation-unavailable` with what to do about it */
export const findHost = async (chosen: Chosen): Promise<Host> => hostOf(await gatherFacts(chosen));

/** The same from facts that are known already. */
export const hostOf = (facts: MachineFacts): Host => {
  const obstacle = trapsOf(facts).find(({ blocks }) => blocks === 'bubblewrap');
  const { bwrap, user, root } = facts;
  if (obstacle !== undefined || bwrap.path === undefined || bwrap.version === undefined) {
    throw new CrankError(
      'isolation-unavailable',
      `${sentence(obstacle?.what ?? 'no bubblewrap')} ${sentence(obstacle?.fix ?? '')}`,
    );
  }
  return { bwrap: bwrap.path, version: bwrap.version, user: { uid: user.uid, gid: user.gid }, foreign: root };
};

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
