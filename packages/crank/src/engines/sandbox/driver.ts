import type { Socket } from 'node:net';
import type { Limits } from '#src/core/service.ts';
import type { Mounts, SandboxUser } from './bubblewrap.ts';
import type { SandboxProcess } from './sandbox-process.ts';

/** What a sandbox is made with: the part that differs between bubblewrap and a container engine. */
export interface Driver {
  /** Such as `bubblewrap 0.8.0`. */
  readonly name: string;
  /** Who runs inside, where that is somebody else than we. */
  readonly foreign: SandboxUser | undefined;
  /** Whether slots can have namespaces of their own inside. Without them a sandbox runs one call at a time. */
  readonly namespaces: boolean;
  /** Whether its processes can be put in control groups of ours. */
  readonly grouped: boolean;
  /** Starts a zygote. @throws Error of the system when that cannot be started at all */
  launch(wanted: Wanted): Promise<SandboxProcess>;
  /** Runs an interpreter with `-S -c CODE` and returns what it printed; throws with the reason. */
  tryInside(interpreter: string, code: string, runtime: string): Promise<string>;
  /** Removes what others of our kind left that were killed. */
  sweep(): Promise<void>;
}

export interface Wanted {
  mounts: Pick<Mounts, 'runtime' | 'interpreter' | 'code' | 'libs' | 'parts' | 'calls' | 'tmpBytes'>;
  /** What `start.py` is told (runtime/crank_runtime/boot.py). */
  given: Readonly<Record<string, unknown>>;
  channels: number;
  /** The sandbox gets a way out: takes each connection that something inside makes to it. */
  onConnection?: ((socket: Socket) => void) | undefined;
  limits: Limits;
  /** Processes and threads of all inside. */
  processes: number;
}
