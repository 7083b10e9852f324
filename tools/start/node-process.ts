import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../repository.ts';

/** What already answers at an address: nothing, a Crank node, or another program. */
export const whoServes = async (url: string): Promise<'nobody' | 'crank' | 'another'> => {
  try {
    const answer = await fetch(new URL('/log/vkey', url), { signal: AbortSignal.timeout(3000) });
    // A log's verifier key: NAME+KEYID+KEY (C2SP signed-note).
    return /^[^+\s]+\+[0-9a-f]{8}\+\S+$/.test((await answer.text()).trim()) ? 'crank' : 'another';
  } catch (error) {
    const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
    return code === 'ECONNREFUSED' ? 'nobody' : 'another';
  }
};

export interface NodeProcess {
  /** Resolves when GET /readyz answers 200. @throws Error where the node ends before that. */
  ready(): Promise<void>;
  /** Asks for a clean stop; a second call, a while later, ends the node at once. */
  stop(): void;
  /** The exit status, when it has ended; null after a signal. */
  ended: Promise<number | null>;
}

/** Milliseconds within which a second signal is an echo of the first: a terminal and npm each send their own. */
const ECHO_MS = 1500;

const crank = resolve(root, 'packages/crank/bin/crank');

/** Starts `crank up` of this checkout; what it says goes to our own output. */
export const startNode = (url: string, data: string, env: NodeJS.ProcessEnv, program = crank): NodeProcess => {
  const { hostname, port } = new URL(url);
  const up = [program, 'up', '--host', hostname, '--port', port || '80', '--data', data];
  // A process group of its own, so that Ctrl-C reaches it once, through us; and where we are killed, it stops too.
  const guard = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM', '--'] : [];
  const [command, ...args] = [...guard, ...up] as [string, ...string[]];
  const child: ChildProcess = spawn(command, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'], env });
  let over = false;
  const ended = new Promise<number | null>((done) => {
    const end = (status: number | null): void => {
      over = true;
      done(status);
    };
    child.once('exit', end);
    child.once('error', (error) => {
      console.error(error.message);
      end(127);
    });
  });
  let asked = 0;
  return {
    ended,
    ready: async () => {
      for (;;) {
        if (over) throw new Error('The node ended before it was ready; its own words stand above.');
        try {
          const answer = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(2000) });
          await answer.body?.cancel();
          if (answer.status === 200) return;
        } catch {
          // Not listening yet.
        }
        await pause(50);
      }
    },
    stop: () => {
      const now = Date.now();
      if (asked === 0) {
        asked = now;
        child.kill('SIGTERM');
      } else if (now - asked > ECHO_MS) child.kill('SIGKILL');
    },
  };
};
