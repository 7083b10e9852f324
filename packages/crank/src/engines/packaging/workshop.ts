import type { Destination } from '#src/core/destination.ts';

/** Where packaging has work done on what is anybody's: in sandboxes. The platform provides it. */
export interface Workshop {
  /**
   * Reads a source without running it.
   *
   * @throws CrankError `not-deployable` where the work ended without an answer, `isolation-unavailable`
   */
  scan(work: Work): Promise<Uint8Array>;
  /** Looks for programs, and asks them for their version. @throws the same */
  tools(work: Work): Promise<Uint8Array>;
  /** Runs builds, with a way out to the destinations and nothing else. @throws the same */
  build(work: BuildWork): Promise<Uint8Array>;
}

export interface Work {
  /** Whose it is. */
  account: string;
  /** Absolute path. */
  interpreter: string;
  request: Uint8Array;
  /** Somebody works on it: the next scan is likely to come soon. */
  another?: boolean | undefined;
}

export interface BuildWork extends Omit<Work, 'request' | 'another'> {
  /** Folders that it reads, at /libs/0, /libs/1, ... */
  folders: readonly string[];
  destinations: readonly Destination[];
  wallMs: number;
  /** The request, once it is known by which URL the proxy is reached. */
  request: (proxy: string) => Uint8Array;
}
