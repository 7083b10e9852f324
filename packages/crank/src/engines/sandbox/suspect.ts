import { isStopped } from './host-pid.ts';

/** Milliseconds that a zygote which is merely slow gets to end what it was told to end. */
const patience = 20_000;

/**
 * For a zygote that should have obeyed by now. A busy machine is no reason to end it with all its calls; that somebody
 * stopped it is, and so is that nothing happens for long.
 *
 * @param pid of bubblewrap; its pid 1 and the zygote are below it
 * @returns told how long it takes, milliseconds, may be called again and again
 */
export const suspecting = (pid: number, killZygote: (why: string) => void): ((took: number) => void) => {
  let looking = false;
  return (took) => {
    if (took > patience) killZygote('it did not end a process when told to');
    if (looking) return;
    looking = true;
    isStopped(pid, 2).then(
      (stopped) => {
        looking = false;
        if (stopped) killZygote('it was stopped');
      },
      (error: Error) => killZygote(error.message),
    );
  };
};
