/** Port: the time of day, and waiting by it. The system's is `systemClock`; tests have one that they set. */
export interface Clock {
  /** Milliseconds since 1970 UTC. It may jump. */
  now(): number;
  /** Calls once, after so many milliseconds that pass; the function returned takes that back. */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
