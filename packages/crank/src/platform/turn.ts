/** What only one can do at a time. */
export interface Turn {
  /**
   * Waits for the turn. @returns what gives it on
   * @throws what `signal` was aborted with
   */
  take(signal?: AbortSignal): Promise<() => void>;
  /** How many wait. */
  readonly waiting: number;
}

/** First come, first served. */
export const createTurn = (): Turn => {
  const queue: (() => void)[] = [];
  let isTaken = false;

  const pass = (): void => {
    const next = queue.shift();
    if (next === undefined) isTaken = false;
    else next();
  };
  const once = (): (() => void) => {
    let isHeld = true;
    return () => {
      if (isHeld) pass();
      isHeld = false;
    };
  };

  return {
    get waiting() {
      return queue.length;
    },
    take: async (signal) => {
      signal?.throwIfAborted();
      if (!isTaken) {
        isTaken = true;
        return once();
      }
      await new Promise<void>((resolve, reject) => {
        const go = (): void => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        };
        const giveUp = (): void => {
          queue.splice(queue.indexOf(go), 1);
          reject(signal!.reason);
        };
        signal?.addEventListener('abort', giveUp, { once: true });
        queue.push(go);
      });
      return once();
    },
  };
};
