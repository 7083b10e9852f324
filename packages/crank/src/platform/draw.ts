import { createHash } from 'node:crypto';

/** What the draw between a canary and the latest version is made by. */
export type ChosenBy = 'call' | 'principal' | 'session';
export const choices: readonly ChosenBy[] = ['call', 'principal', 'session'];

/** Whole of a share: ten-thousandths. */
export const WHOLE = 10_000;

/** Who asks. `session`: the header Crank-Session, where the caller sends one. */
export interface Caller {
  call: string;
  principal: string;
  session: string | undefined;
}

export interface Canary {
  digest: string;
  /** In ten-thousandths. */
  share: number;
  chosenBy: ChosenBy;
  salt: string;
  autoAbort: boolean;
}

/**
 * Whether a call goes to the canary: the first 48 bits of SHA-256 over salt and key, as a fraction, are below the share.
 * The same on every node; and who was with the canary stays with it when its share grows.
 */
export const isDrawn = ({ share, chosenBy, salt }: Canary, caller: Caller): boolean => {
  const key =
    chosenBy === 'call'
      ? caller.call
      : chosenBy === 'session' && caller.session !== undefined
        ? `session ${caller.session}`
        : `principal ${caller.principal}`;
  const drawn = createHash('sha256').update(`${salt}\0${key}`).digest().readUIntBE(0, 6);
  return drawn < (share / WHOLE) * 2 ** 48;
};
