const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** The node ends a call at its deadline and says so, with a receipt; it is waited for so much longer. */
const GRACE_MS = 2_000;

/** How long to wait, over all tries together. */
export interface Deadline {
  /** Milliseconds that are left; undefined: as long as it takes. */
  left(): number | undefined;
  /** Aborts when the caller does, or once it is over and the node has not said so. */
  signal: AbortSignal | undefined;
}

/** @param given milliseconds, or a duration such as `500ms`, `5s`, `2m` @throws TypeError for another form */
export const startDeadline = (given: number | string | undefined, signal: AbortSignal | undefined): Deadline => {
  if (given === undefined) return { left: () => undefined, signal };
  const ms = typeof given === 'number' ? given : durationMs(given);
  const end = performance.now() + ms;
  const over = AbortSignal.timeout(ms + GRACE_MS);
  return {
    left: () => Math.max(0, Math.ceil(end - performance.now())),
    signal: signal === undefined ? over : AbortSignal.any([signal, over]),
  };
};

const durationMs = (text: string): number => {
  const match = FORM.exec(text);
  if (match === null) throw new TypeError(`${JSON.stringify(text)} is no duration: write it like 500ms, 5s or 2m.`);
  return Math.ceil(Number(match[1]) * UNITS[match[2]!]!);
};

/** Resolves after a time. @throws the signal's reason where that aborts first */
export const sleep = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
