import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { bubblewrapArguments, type Mounts, type SandboxUser } from './bubblewrap.ts';
import { receiveWayOut } from './way-out.ts';

/** A process inside bubblewrap, with its private channels. */
export interface SandboxProcess {
  /** Of bubblewrap on the host: killing it kills all inside. */
  readonly pid: number;
  /** Of pid 1 inside, on the host; `undefined` when it ended before it began. */
  readonly init: Promise<number | undefined>;
  /** Descriptor 3 inside. */
  readonly control: Socket;
  /** Descriptors from `firstChannel` on inside. */
  readonly channels: readonly Socket[];
  /** Settles when the process has ended: how, in words. */
  readonly ended: Promise<string>;
  /** What it wrote to stdout and stderr, the end of it: only import-time output and complaints of bubblewrap. */
  output(): string;
  kill(): void;
}

export interface Launch {
  bwrap: string;
  /** `undefined` where we are an ordinary user: then it is our own. */
  user: SandboxUser | undefined;
  mounts: Omit<Mounts, 'seccompFd' | 'infoFd'>;
  /** The outer filter's file. */
  filter: string;
  command: readonly string[];
  channels: number;
  /** The descriptor behind the channels is for the way out (`way-out.ts`): what takes its connections. */
  onConnection?: ((socket: Socket) => void) | undefined;
}

/** 3 is the control socket, 4 and 5 are bubblewrap's. */
export const firstChannel = 6;
const keptOutput = 64 * 1024;
const mostOutput = 8 * 2 ** 20;

/** Starts a command in a sandbox. @throws Error of the system when bubblewrap cannot be started. */
export const launch = async (options: Launch): Promise<SandboxProcess> => {
  const filter = openSync(options.filter, 'r');
  let child: ChildProcess;
  try {
    child = spawn(
      options.bwrap,
      [...bubblewrapArguments({ ...options.mounts, seccompFd: 4, infoFd: 5 }), ...options.command],
      {
        // Empty: bubblewrap's own process is visible inside as /proc/1, with its environment.
        env: {},
        cwd: '/',
        stdio: [
          ...(['ignore', 'pipe', 'pipe', 'pipe', filter, 'pipe'] as const),
          ...Array<'pipe'>(options.channels).fill('pipe'),
          ...(options.onConnection === undefined ? [] : (['ipc'] as const)),
        ],
        ...(options.user ?? {}),
      },
    );
  } finally {
    closeSync(filter);
  }
  const ended = endOf(child);
  if (child.pid === undefined) throw new Error(await ended);

  if (options.onConnection !== undefined) receiveWayOut(child, ended, options.onConnection);
  const output = keepOutput(child);
  let inner: number | undefined;
  const named = Promise.withResolvers<number | undefined>();
  let info = '';
  const infoPipe = (child.stdio as unknown[])[5] as Socket;
  infoPipe.setEncoding('utf8');
  infoPipe.on('error', () => {}); // its end shows in `ended`
  infoPipe.on('data', (more: string) => {
    info += more;
    const said = /"child-pid":\s*(\d+)\s*[,}]/.exec(info);
    if (said === null) return;
    inner = Number(said[1]);
    named.resolve(inner);
  });
  infoPipe.once('close', () => named.resolve(inner));
  const last = firstChannel + options.channels;
  const sockets = child.stdio.filter((_, i) => i === 3 || (i >= firstChannel && i < last)) as unknown as Socket[];
  for (const socket of sockets) socket.on('error', () => {}); // EPIPE and ECONNRESET: its end shows in `ended`
  const kill = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // When pid 1 inside is dead, all inside are, and only then bubblewrap ends. The other way round it ends first.
    if (inner === undefined || !isChildOf(inner, child.pid!)) child.kill('SIGKILL');
    else {
      killIfThere(inner);
      child.kill('SIGCONT'); // somebody may have stopped it: then it would not see that
    }
  };
  // Nothing is left to speak with: whatever keeps the rest is not waited for.
  sockets[0]!.once('close', kill);
  return {
    pid: child.pid,
    init: named.promise,
    control: sockets[0]!,
    channels: sockets.slice(1),
    ended,
    output,
    kill,
  };
};

/** How a process ends, in words. */
export const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit status ${code}` : `signal ${signal}`));
    child.once('error', (error) => resolve(error.message));
  });

/** Reads what a process prints; the function returned tells the end of it. */
export const keepOutput = (child: ChildProcess): (() => string) => {
  let text = '';
  let room = mostOutput;
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8');
    stream.on('data', (more: string) => {
      text = (text + more).slice(-keptOutput);
      room -= more.length;
      // What a module's threads go on to print would keep the gateway busy for nobody.
      if (room < 0) stream.destroy();
    });
    stream.on('error', () => {}); // its end shows in `ended`
  }
  return () => text;
};

const killIfThere = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended
  }
};

const isChildOf = (pid: number, parent: number): boolean => {
  try {
    // proc(5): field 4, behind the name in parentheses, which may contain anything
    return Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ')[1]) === parent;
  } catch {
    return false; // it has ended
  }
};
