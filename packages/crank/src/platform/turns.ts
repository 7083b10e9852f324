import { CrankError } from '#src/core/error.ts';

/**
 * Lets so many pieces of work run at one time, and so many more wait, first come, first served.
 *
 * @param what the work is, in the words of whoever is refused: `deployments`
 * @throws CrankError `overloaded` from the returned function where too many wait
 */
export const createTurns = (
  most: number,
  waiting: number,
  what: string,
): (<T>(work: () => Promise<T>) => Promise<T>) => {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) {
      if (queue.length >= waiting)
        throw new CrankError('overloaded', `Too many ${what} are under way: try again soon.`, { retryAfter: 5 });
      await new Promise<void>((turn) => queue.push(turn)); // whoever ends hands its place over
    } else running++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
};
